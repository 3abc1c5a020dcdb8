// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
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
			got, err := UntilEnd(inner).Reconcile(t.Context(), ctrl.Request{})
			if got != tc.want || !errors.Is(err, tc.fails) || tc.fails == nil && err != nil {
				t.Errorf("%+v, %v, want %+v, %v", got, err, tc.want, tc.fails)
			}
		})
	}
}

// TestObjectsAreGottenBeforeTheyAreReconciled has one object that is there and one that is gone.
func TestObjectsAreGottenBeforeTheyAreReconciled(t *testing.T) {
	t.Parallel()
	var got []string
	inner := crreconcile.ObjectReconciler[*corev1.ConfigMap](reconcilerFunc(func(_ context.Context, o *corev1.ConfigMap) (ctrl.Result, error) {
		got = append(got, o.Name)
		return ctrl.Result{}, fmt.Errorf("writing status: %w", lease.ErrLost)
	}))
	cluster := fake.NewClientBuilder().WithObjects(object("a", "")).Build()
	r := AsReconciler(cluster, inner)
	for _, name := range []string{"ann", "gone"} {
		request := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "team-a", Name: name}}
		if result, err := r.Reconcile(t.Context(), request); err != nil || !result.IsZero() {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
	if len(got) != 1 || got[0] != "ann" {
		t.Errorf("reconciled are %q, want the one that is there", got)
	}
}

// reconcilerFunc is a function that reconciles objects.
type reconcilerFunc func(ctx context.Context, o *corev1.ConfigMap) (ctrl.Result, error)

// Reconcile calls the function.
func (f reconcilerFunc) Reconcile(ctx context.Context, o *corev1.ConfigMap) (ctrl.Result, error) {
	return f(ctx, o)
}
