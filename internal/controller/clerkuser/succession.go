// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// successionTime is how long an object waits for another one of its namespace to be deleted before it reports a conflict. The
// deletionDelay is added.
const successionTime = 30 * time.Second

// conflictWith returns the problem of an object that declares the user of another object of its namespace. For a bounded time it
// waits for the deletion of that object: a commit that renames an object creates one and deletes the other. owner is that
// object; nil if it is unknown.
func (l locate) conflictWith(ctx context.Context, name string, owner *v1alpha1.ClerkUser, user *clerk.User) error {
	if owner != nil && !owner.DeletionTimestamp.IsZero() {
		l.enqueues = append(l.enqueues, client.ObjectKeyFromObject(owner))
	}
	left, err := l.successionLeft(ctx)
	switch {
	case err != nil:
		return err
	case left > 0:
		return waitingForDeletion(name, left, l.fieldsThatName(user)...)
	default:
		return conflict(name, l.fieldsThatName(user)...)
	}
}

// fieldsThatName are the fields by which the object declares a user.
func (l locate) fieldsThatName(user *clerk.User) []string {
	spec := &l.user.Spec
	if spec.UserID != nil && *spec.UserID == user.ID {
		return []string{"spec.userID"}
	}
	var fields []string
	for _, identifier := range plan.IdentifiersOf(spec) {
		if field := plan.PathOf(identifier.Kind); plan.Holds(user, identifier) && !slices.Contains(fields, field) {
			fields = append(fields, field)
		}
	}
	return fields
}

// orphanOf returns the problem of an object that declares the user of another object which is gone. While the removal of that user is
// on record, the object waits: the operator transfers the user instead.
func (l locate) orphanOf(ctx context.Context, mark plan.Mark, user *clerk.User) error {
	instance := &v1alpha1.ClerkInstance{}
	if err := client.IgnoreNotFound(l.apiReader.Get(ctx, instanceName(l.instance), instance)); err != nil {
		return fmt.Errorf("reading ClerkInstance %s from the API server: %w", instanceName(l.instance), err)
	}
	pending := slices.ContainsFunc(instance.Status.PendingDeletions, func(p v1alpha1.PendingDeletion) bool {
		return p.UID == mark.UID && p.UserID == user.ID
	})
	if !pending {
		return orphaned(mark.Name, user.ID)
	}
	left, err := l.successionLeft(ctx)
	if err != nil {
		return err
	}
	if left == 0 {
		return orphaned(mark.Name, user.ID)
	}
	l.enqueues = append(l.enqueues, types.NamespacedName{Namespace: mark.Namespace, Name: mark.Name})
	return waitingForDeletion(mark.Name, left, l.fieldsThatName(user)...)
}

// successionLeft is how long the object may still wait for the deletion of another one. It is 0 if a conflict was reported already,
// and for an object that would not get the user.
func (l locate) successionLeft(ctx context.Context) (time.Duration, error) {
	if l.userID != "" || l.user.Spec.Observes() {
		return 0, nil
	}
	ready := readyCondition(l.user)
	if ready != nil && ready.ObservedGeneration == l.user.Generation && endsSuccession(ready.Reason) {
		return 0, nil
	}
	delay, err := l.delays.Delay(ctx, brake.Request{Instance: l.instance, InstanceID: l.instanceID, Environment: l.environment})
	return max(successionTime+delay-l.now.Sub(l.firstSeen), 0), err
}

func endsSuccession(reason string) bool {
	return reason == v1alpha1.ReasonConflict || reason == v1alpha1.ReasonAlreadyExists
}
