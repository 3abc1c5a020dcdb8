// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
)

// inSync is closed when the caches are in sync.
type inSync chan struct{}

// Start closes the channel: a manager starts its runnables when its caches are in sync.
func (s inSync) Start(context.Context) error {
	close(s)
	return nil
}

// NeedLeaderElection returns false, because the caches of a standby are filled, too.
func (s inSync) NeedLeaderElection() bool { return false }

// runManager runs a manager until the context ends. A manager of controller-runtime that is told to end before its caches are in
// sync never does, so the process ends without it. Before that, there is no lease and no call to Clerk.
func runManager(ctx context.Context, mgr ctrl.Manager) error {
	filled, ended := make(inSync), make(chan error, 1)
	if err := mgr.Add(filled); err != nil {
		return fmt.Errorf("adding what waits for the caches: %w", err)
	}
	go func() { ended <- mgr.Start(ctx) }()
	select {
	case err := <-ended:
		return err
	case <-filled:
		return <-ended
	case <-ctx.Done():
		return nil
	}
}
