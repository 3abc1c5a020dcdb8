// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	// Patience is how long what is missing may take to appear. After somebody applied the CustomResourceDefinitions and the
	// roles, it takes seconds until the API server uses them.
	Patience = 10 * time.Second
	// interval is the time between two checks.
	interval = time.Second
)

// Checker checks what the operator needs from an API server.
type Checker struct {
	config  Config
	cluster kubernetes.Interface
	logger  logr.Logger
}

// NewChecker returns a checker for the API server that a config leads to.
func NewChecker(api *rest.Config, c Config, logger logr.Logger) (*Checker, error) {
	cluster, err := kubernetes.NewForConfig(api)
	if err != nil {
		return nil, fmt.Errorf("building the client for the checks at the start: %w", err)
	}
	return &Checker{config: c, cluster: cluster, logger: logger}, nil
}

// Wait returns nil as soon as nothing is missing. If something is still missing when patience is over, the error names it and
// says how to get it.
func (c *Checker) Wait(ctx context.Context, patience time.Duration) error {
	waiting, end := context.WithTimeout(ctx, patience)
	defer end()
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for attempt := 0; ; attempt++ {
		last := waiting.Err() != nil
		err := c.check(ctx, last)
		if err == nil || last || ctx.Err() != nil {
			return err
		}
		if attempt == 0 {
			c.logger.Info("the operator waits for what it needs from the cluster", "missing", err.Error(), "for", patience.String())
		}
		select {
		case <-waiting.Done():
		case <-ticker.C:
		}
	}
}

// check returns an error that names everything that is missing. last is true for the last attempt.
func (c *Checker) check(ctx context.Context, last bool) error {
	definitions, rights := c.checkDefinitions(ctx, last), c.checkRights(ctx, last)
	switch {
	case definitions == nil:
		return rights
	case rights == nil:
		return definitions
	}
	return fmt.Errorf("%w; %w", definitions, rights)
}
