// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// formerRemoval is how the user of a former object is removed.
type formerRemoval struct {
	// namesake is the new object of the same name; nil if there is none.
	namesake *v1alpha1.ClerkUser
	// observer is that object if its mode is Observe; nil if it is not.
	observer *v1alpha1.ClerkUser
	// waits is how long the user still waits for a new object; until then it is only transferred.
	waits time.Duration
}

// observerIn returns the new object of the same name if its mode is Observe.
func observerIn(live *v1alpha1.ClerkUser) *v1alpha1.ClerkUser {
	if live == nil || !live.Spec.Observes() || !live.DeletionTimestamp.IsZero() {
		return nil
	}
	return live
}

// observed reports whether a new object of the same name observes the user. The replacement of an object by such a one counts as an
// edit of its mode, which leaves the user as it is.
func (f *formerRemoval) observed(user *clerk.User) bool {
	if f == nil || f.observer == nil {
		return false
	}
	if id := f.observer.Spec.UserID; id != nil {
		return *id == user.ID
	}
	return slices.ContainsFunc(plan.IdentifiersOf(&f.observer.Spec), func(id clerk.Identifier) bool { return plan.Holds(user, id) })
}

// errNamesakeMayCome: a new object of the name may still be created.
var errNamesakeMayCome = errors.New("a new ClerkUser of the same name may still be created")

// mayInherit reports whether a new object of the same name has no user yet and manages one.
func mayInherit(namesake *v1alpha1.ClerkUser) bool {
	return namesake.Status.UserID == "" && namesake.DeletionTimestamp.IsZero() && !namesake.Spec.Observes()
}

// withdrawIfEdited withdraws the pending deletion if the object exists and does not want it any more. Other finalizers may hold an
// object long after the operator let it go, and people can edit it until it is gone.
func (f former) withdrawIfEdited(ctx context.Context, live *v1alpha1.ClerkUser) error {
	policy := live.Spec.DeletionPolicy
	if !live.DeletionTimestamp.IsZero() && !live.Spec.Suspended() && !live.Spec.Observes() && (policy == nil || *policy == f.record.Policy) {
		return nil
	}
	withdrawn, err := f.brake().Withdraw(ctx, f.instance, f.record.UID)
	if err != nil {
		return err
	}
	f.formers.forget(f.record.UID)
	if withdrawn && !live.DeletionTimestamp.IsZero() && !controllerutil.ContainsFinalizer(live, v1alpha1.Finalizer) {
		f.Recorder.Eventf(live, nil, corev1.EventTypeNormal, v1alpha1.EventReleased, "Delete",
			"the object was edited before it was gone, so the user was left as it is, with its owner mark")
	}
	return nil
}
