// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// brake counts this object's deletion, ban on deletion or re-creation in the ClerkInstance's status before it is done,
// and holds it if the window has seen enough of them.
func (p *pass) brake(ctx context.Context) error {
	maxCount, window := p.in.instance.Spec.Brake(p.in.connection.Environment)
	if maxCount == 0 {
		return nil
	}
	instance := &v1alpha1.ClerkInstance{}
	name := instanceName(p.in.instance)
	if err := p.Live.Get(ctx, name, instance); err != nil {
		return fmt.Errorf("reading ClerkInstance %s live: %w", name, err)
	}
	if p.releasedBy(instance) || p.memory.spent(p.user.UID) {
		return nil
	}
	count, full := nextCount(instance.Status.Deletions, p.now, maxCount, window)
	if full {
		p.memory.brakeHeld(p.user.UID, p.now)
		return deletionHeld(name, maxCount, window)
	}
	before := instance.DeepCopy()
	instance.Status.Deletions = &count
	// Two that count at once must not both count as the last one allowed: hence the optimistic lock.
	err := p.Client.Status().Patch(ctx, instance, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("counting a deletion in ClerkInstance %s: %w", name, err)
	}
	p.memory.spend(p.user.UID)
	return nil
}

// nextCount is the count with one more, in the window that now falls into; full if there is no room for it.
func nextCount(have *v1alpha1.DeletionCount, now time.Time, maxCount int32, window time.Duration) (next v1alpha1.DeletionCount, full bool) {
	if have == nil || now.Sub(have.Since.Time) >= window {
		return v1alpha1.DeletionCount{Since: metav1.NewTime(now), Count: 1}, false
	}
	if have.Count >= maxCount {
		return *have, true
	}
	return v1alpha1.DeletionCount{Since: have.Since, Count: have.Count + 1}, false
}

// releasedSince reports whether the instance's annotation, which has whole seconds, releases what was held back at the
// time given.
func releasedSince(instance *v1alpha1.ClerkInstance, at time.Time) bool {
	before, err := time.Parse(time.RFC3339, instance.Annotations[v1alpha1.AnnotationReleaseDeletions])
	return err == nil && !at.Truncate(time.Second).After(before)
}

// massAbsence says of a user that is missing together with many others that nothing is done about it, and which command
// has it done.
func massAbsence(instance types.NamespacedName) error {
	return &problem{
		reason: v1alpha1.ReasonDeletionHeld,
		message: fmt.Sprintf("Clerk's list of users no longer shows this user, nor more than a fifth of the others, which is more likely "+
			"a fault than meant; if it is meant, have each checked and treated as missing with: %s", releaseCommand(instance)),
	}
}

// releaseCommand releases what is held in an instance until now.
func releaseCommand(instance types.NamespacedName) string {
	return fmt.Sprintf("kubectl annotate clerkinstance -n %s %s --overwrite %s=$(date -u +%%Y-%%m-%%dT%%H:%%M:%%SZ)",
		instance.Namespace, instance.Name, v1alpha1.AnnotationReleaseDeletions)
}

// releasedBy reports whether the instance's annotation releases what was asked for when this was: for a deletion when the
// object was deleted, for a re-creation when it was held first.
func (p *pass) releasedBy(instance *v1alpha1.ClerkInstance) bool {
	if at := p.user.DeletionTimestamp; at != nil {
		return releasedSince(instance, at.Time)
	}
	at, held := p.memory.heldByBrake(p.user.UID)
	return held && releasedSince(instance, at)
}

// deletionHeld says which command lets the deletion go.
func deletionHeld(instance types.NamespacedName, maxCount int32, window time.Duration) error {
	return &problem{
		reason: v1alpha1.ReasonDeletionHeld,
		message: fmt.Sprintf("the deletion brake of ClerkInstance %s allows %d in %s; if this is meant, release it with: %s",
			instance, maxCount, window, releaseCommand(instance)),
		after: window,
	}
}
