// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// brake counts the deletion, ban on deletion or re-creation of this object's user in its ClerkInstance's status before it
// is done, and holds it if the window has seen enough of them. All ClerkInstances that lead to the same Clerk instance
// share one window, and the strictest of their limits.
func (p *pass) brake(ctx context.Context, userID string) error {
	sharing, err := p.sharingInstance(ctx)
	if err != nil {
		return err
	}
	maxCount, window := strictestBrake(sharing, p.in.connection.Environment)
	if maxCount == 0 {
		return nil
	}
	defer p.counting.lock(p.in.connection.InstanceID)()
	own, records, err := p.deletionCounts(ctx, sharing)
	if err != nil {
		return err
	}
	if p.releasedBy(own) || p.memory.spent(p.user.UID) || countedBefore(records, userID) {
		return nil
	}
	count, full := nextCount(own.Status.Deletions, records, p.now, maxCount, window)
	name := instanceName(p.in.instance)
	if full {
		p.memory.brakeHeld(p.user.UID, p.now)
		return deletionHeld(name, maxCount, window)
	}
	count.Users = lastCounted(own.Status.Deletions, userID)
	before := own.DeepCopy()
	own.Status.Deletions = &count
	// The lock is for other processes: two that count at once must not both count as the last one allowed.
	err = p.Client.Status().Patch(ctx, own, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("counting a deletion in ClerkInstance %s: %w", name, err)
	}
	p.memory.spend(p.user.UID)
	return nil
}

// sharingInstance returns the ClerkInstances that lead to the Clerk instance of this pass, its own among them.
func (p *pass) sharingInstance(ctx context.Context) ([]v1alpha1.ClerkInstance, error) {
	all := &v1alpha1.ClerkInstanceList{}
	if err := p.Client.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing ClerkInstances: %w", err)
	}
	sharing := []v1alpha1.ClerkInstance{*p.in.instance}
	for i := range all.Items {
		name, id := instanceName(&all.Items[i]), all.Items[i].Status.InstanceID
		if state, known := p.Pool.State(name); known && state.Connection != nil {
			id = state.Connection.InstanceID
		}
		if id == p.in.connection.InstanceID && name != instanceName(p.in.instance) {
			sharing = append(sharing, all.Items[i])
		}
	}
	return sharing, nil
}

// deletionCounts reads what the ClerkInstances have counted from the API server, and the first of them whole.
func (p *pass) deletionCounts(
	ctx context.Context, sharing []v1alpha1.ClerkInstance,
) (own *v1alpha1.ClerkInstance, records []*v1alpha1.DeletionCount, err error) {
	for i := range sharing {
		live := &v1alpha1.ClerkInstance{}
		name := instanceName(&sharing[i])
		err := p.Live.Get(ctx, name, live)
		if i > 0 && apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading ClerkInstance %s live: %w", name, err)
		}
		if i == 0 {
			own = live
		}
		if live.Status.Deletions != nil {
			records = append(records, live.Status.Deletions)
		}
	}
	return own, records, nil
}

// strictestBrake is the smallest count and the longest window of the ClerkInstances that have a brake. 0: none has.
func strictestBrake(sharing []v1alpha1.ClerkInstance, environment v1alpha1.Environment) (maxCount int32, window time.Duration) {
	for i := range sharing {
		count, length := sharing[i].Spec.Brake(environment)
		if count == 0 {
			continue
		}
		window = max(window, length)
		if maxCount == 0 || count < maxCount {
			maxCount = count
		}
	}
	return maxCount, window
}

// nextCount is the count of one ClerkInstance with one more, in the window that now falls into; full if all records of the
// Clerk instance together leave no room for it.
func nextCount(
	own *v1alpha1.DeletionCount, records []*v1alpha1.DeletionCount, now time.Time, maxCount int32, window time.Duration,
) (next v1alpha1.DeletionCount, full bool) {
	next.Since = metav1.NewTime(now)
	total := int64(0)
	for _, record := range records {
		if now.Sub(record.Since.Time) >= window {
			continue
		}
		total += int64(record.Count)
		if total == int64(record.Count) || record.Since.Before(&next.Since) {
			next.Since = record.Since
		}
	}
	if own != nil && now.Sub(own.Since.Time) < window {
		next.Since, next.Count = own.Since, own.Count
	}
	if total >= int64(maxCount) {
		return next, true
	}
	next.Count++
	return next, false
}

// countedBefore reports whether what happens to a user is on record already, from a reconcile that was interrupted.
func countedBefore(records []*v1alpha1.DeletionCount, userID string) bool {
	return slices.ContainsFunc(records, func(c *v1alpha1.DeletionCount) bool { return slices.Contains(c.Users, userID) })
}

// lastCounted are the users on record with one more, of whom the newest are kept.
func lastCounted(have *v1alpha1.DeletionCount, userID string) []string {
	var users []string
	if have != nil {
		users = slices.Clone(have.Users)
	}
	users = append(users, userID)
	return users[max(0, len(users)-v1alpha1.MaxCountedUsers):]
}

// countLocks make one reconcile at a time count deletions of a Clerk instance.
type countLocks struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

// lock waits for its turn to count, and returns the function that ends it.
func (l *countLocks) lock(instanceID string) (unlock func()) {
	l.mu.Lock()
	one, found := l.locks[instanceID]
	if !found {
		one = &sync.Mutex{}
		l.locks[instanceID] = one
	}
	l.mu.Unlock()
	one.Lock()
	return one.Unlock
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
		message: fmt.Sprintf("the deletion brake allows %d in %s for the Clerk instance of ClerkInstance %s; if this is meant, release it with: %s",
			maxCount, window, instance, releaseCommand(instance)),
		after: window,
	}
}
