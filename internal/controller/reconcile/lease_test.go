// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	crreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

func TestLostLeaseIsNeitherReportedNorRetried(t *testing.T) {
	t.Parallel()
	other := errors.New("any other")
	again := ctrl.Result{RequeueAfter: time.Minute}
	for name, tc := range map[string]struct {
		result ctrl.Result
		err    error
		want   ctrl.Result
		fails  error
	}{
		"None":  {again, nil, again, nil},
		"Other": {ctrl.Result{}, other, ctrl.Result{}, other},
		"Lost":  {ctrl.Result{}, fmt.Errorf("writing status: %w", lease.ErrLost), ctrl.Result{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := crreconcile.Func(func(context.Context, ctrl.Request) (ctrl.Result, error) { return tc.result, tc.err })
			got, err := UntilLost(inner).Reconcile(t.Context(), ctrl.Request{})
			if got != tc.want || !errors.Is(err, tc.fails) || tc.fails == nil && err != nil {
				t.Errorf("%+v, %v, want %+v, %v", got, err, tc.want, tc.fails)
			}
		})
	}
}
