// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package passes

import (
	"context"
	"errors"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// UntilLost returns a reconciler that neither reports nor retries a write that was refused because the lease is lost: the
// process is about to end, and the next leader reconciles the object.
func UntilLost(r reconcile.Reconciler) reconcile.Reconciler {
	return reconcile.Func(func(ctx context.Context, request reconcile.Request) (ctrl.Result, error) {
		result, err := r.Reconcile(ctx, request)
		if errors.Is(err, lease.ErrLost) {
			return ctrl.Result{}, nil
		}
		return result, err
	})
}
