// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	crreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// stopped is a kind whose process is told to end while it runs.
type stopped struct {
	recorded

	stop func()
	// running and reporting are what the contexts of Run and Report say after that.
	running, reporting error
	// waits has Report wait for the end of its context, which is reportEnds after the stop.
	waits      bool
	reportEnds time.Duration
}

func (k *stopped) Run(ctx context.Context, o *corev1.ConfigMap) string {
	k.stop()
	k.running = ctx.Err()
	return k.recorded.Run(ctx, o)
}

func (k *stopped) Report(ctx context.Context, before, o *corev1.ConfigMap, outcome string, r Result) error {
	k.reporting = ctx.Err()
	if k.waits {
		began := time.Now()
		<-ctx.Done()
		k.reportEnds = time.Since(began)
	}
	return k.recorded.Report(ctx, before, o, outcome, r)
}

func TestReconciliationUnderWayIsReportedAtTheEnd(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limit, want time.Duration
	}{
		"Endless": {0, stopTime},
		"Limited": {time.Minute, stopTime},
		"Short":   {stopTime - time.Second, stopTime - time.Second},
	} {
		for _, waits := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					limited := ctx
					if tc.limit > 0 {
						var end context.CancelFunc
						limited, end = context.WithTimeout(ctx, tc.limit)
						defer end()
					}
					kind := &stopped{stop: func() { cancel(); synctest.Wait() }, waits: waits}
					r := Reconciler[*corev1.ConfigMap, string, Result]{Kind: kind, Objects: NewStore[struct{}]()}
					if _, err := r.Reconcile(limited, object("a", "1")); err != nil {
						t.Fatal(err)
					}
					if kind.running != nil || kind.reporting != nil || len(kind.calls) != 4 {
						t.Errorf("Run has %v and Report has %v; steps are %v", kind.running, kind.reporting, kind.calls)
					}
					if waits && kind.reportEnds != tc.want {
						t.Errorf("Report may last %s, want %s", kind.reportEnds, tc.want)
					}
				})
			})
		}
	}
}

func TestNoReconciliationBeginsAtTheEnd(t *testing.T) {
	t.Parallel()
	begun := 0
	r := UntilEnd(crreconcile.Func(func(context.Context, ctrl.Request) (ctrl.Result, error) { begun++; return ctrl.Result{}, nil }))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for range 2 {
		if result, err := r.Reconcile(ctx, ctrl.Request{}); err != nil || !result.IsZero() {
			t.Errorf("%+v, %v", result, err)
		}
		cancel()
	}
	if begun != 1 {
		t.Errorf("%d reconciliations began, want the one before the end", begun)
	}
}
