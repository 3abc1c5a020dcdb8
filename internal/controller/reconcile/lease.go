// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	crreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// AsReconciler returns the reconciler to register with a manager: it gets objects from c, skips those that are gone, and ends
// quietly when the process is about to end.
func AsReconciler[O client.Object](c client.Client, r crreconcile.ObjectReconciler[O]) crreconcile.Reconciler {
	return UntilEnd(crreconcile.AsReconciler(c, r))
}

// UntilEnd returns a reconciler that begins nothing after the process was told to end, and neither reports nor retries a write that
// was refused because the lease is lost. The next leader reconciles the object.
func UntilEnd(r crreconcile.Reconciler) crreconcile.Reconciler {
	return crreconcile.Func(func(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
		if errors.Is(ctx.Err(), context.Canceled) {
			return ctrl.Result{}, nil
		}
		result, err := r.Reconcile(ctx, request)
		if errors.Is(err, lease.ErrLost) {
			return ctrl.Result{}, nil
		}
		return result, err
	})
}
