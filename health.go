// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"

	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// cacheCheckLimit is how long a check waits for the caches. The answer is known at once, unless the caches have not started.
const cacheCheckLimit = 200 * time.Millisecond

// addHealthChecks adds the checks of /healthz and /readyz. Neither depends on Clerk: a restart would not help, and no other
// replica would do better. A standby is healthy, and is ready when its caches are in sync.
func addHealthChecks(mgr ctrl.Manager, guard *lease.Guard, state *watches.Watches) error {
	healthy := map[string]healthz.Checker{"ping": healthz.Ping}
	if guard != nil {
		healthy["lease"] = func(*http.Request) error { return guard.Alive() }
	}
	for name, check := range healthy {
		if err := mgr.AddHealthzCheck(name, check); err != nil {
			return fmt.Errorf("adding the liveness check %s: %w", name, err)
		}
	}
	for name, check := range map[string]healthz.Checker{
		"caches":  cachesCheck(mgr.GetCache()),
		"watches": func(*http.Request) error { return state.Check() },
	} {
		if err := mgr.AddReadyzCheck(name, check); err != nil {
			return fmt.Errorf("adding the readiness check %s: %w", name, err)
		}
	}
	return nil
}

// syncWaiter waits until caches are in sync, and returns false if the context ends before that.
type syncWaiter interface {
	WaitForCacheSync(ctx context.Context) bool
}

func cachesCheck(caches syncWaiter) healthz.Checker {
	return func(r *http.Request) error {
		ctx, cancel := context.WithTimeout(r.Context(), cacheCheckLimit)
		defer cancel()
		if !caches.WaitForCacheSync(ctx) {
			return errors.New("the caches are not in sync: the operator has not listed all objects yet")
		}
		return nil
	}
}
