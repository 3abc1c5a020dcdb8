// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package brake limits how many users are deleted in a time window.
package brake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Brake limits how many users of a Clerk instance are deleted, banned on deletion or created again in a time window. It
// is safe for concurrent use.
type Brake struct {
	// Client writes, and lists ClerkInstances from the cache.
	Client client.Client
	// APIReader reads from the API server what a cache may not show yet.
	APIReader client.Reader
	// Pool maps ClerkInstances to Clerk instances.
	Pool *connection.Pool
	// Locks are shared by all brakes of this process.
	Locks *Locks
}

// Request is an operation on a user that the brake counts.
type Request struct {
	// Instance is the ClerkInstance through which the operation is made. InstanceID and Environment are those of its Clerk
	// instance.
	Instance    *v1alpha1.ClerkInstance
	InstanceID  string
	Environment v1alpha1.Environment
	// UserID is the user's id.
	UserID string
	// Now is the current time.
	Now time.Time
	// Since is when the operation was requested. If the ClerkInstance was released after that, the operation is not
	// counted. Zero means that no release applies.
	Since time.Time
	// Pending is put on record in the status of the ClerkInstance with the count; nil puts nothing on record.
	Pending *v1alpha1.PendingDeletion
}

// Count counts an operation in the status of the ClerkInstance before it is made. All ClerkInstances of the same Clerk
// instance share one window, and the strictest of their limits applies. If the limit is reached, the error is a
// *reconcile.Problem with reason DeletionHeld. counted is false for an operation that is made without being counted. Status
// names only the users that were counted last, so the caller remembers for which user counted was true.
func (b Brake) Count(ctx context.Context, r Request) (counted bool, err error) {
	sharing, err := b.sharing(ctx, r)
	if err != nil {
		return false, err
	}
	var allowed allowance
	allowed.maxCount, allowed.window = strictest(sharing, r.Environment)
	if allowed.maxCount == 0 && r.Pending == nil {
		return false, nil
	}
	defer b.Locks.lock(r.InstanceID)()
	own, records, err := b.counts(ctx, sharing)
	if err != nil {
		return false, err
	}
	before := own.DeepCopy()
	if counted, err = allowed.count(own, records, r); err != nil {
		return false, err
	}
	if err := addPending(own, r.Pending); err != nil {
		return false, err
	}
	if equality.Semantic.DeepEqual(before.Status, own.Status) {
		return counted, nil
	}
	// The optimistic lock is for other processes: two that count at once must not both count as the last one allowed.
	err = b.Client.Status().Patch(ctx, own, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return false, fmt.Errorf("counting a deletion in ClerkInstance %s: %w", client.ObjectKeyFromObject(own), err)
	}
	return counted, nil
}

// allowance is the strictest limit of some ClerkInstances; maxCount 0 is none.
type allowance struct {
	maxCount int32
	window   time.Duration
}

// count counts an operation in the status of own, which is not written yet.
func (a allowance) count(own *v1alpha1.ClerkInstance, records []*v1alpha1.DeletionCount, r Request) (counted bool, err error) {
	switch {
	case a.maxCount == 0, !r.Since.IsZero() && ReleasedSince(own, r.Since):
		return false, nil
	case countedBefore(records, r.UserID):
		return true, nil
	}
	count, full := nextCount(own.Status.Deletions, records, r.Now, a.maxCount, a.window)
	if full {
		return false, held(client.ObjectKeyFromObject(own), a.maxCount, a.window)
	}
	count.Users = lastCounted(own.Status.Deletions, r.UserID)
	own.Status.Deletions = &count
	return true, nil
}

// sharing returns the ClerkInstances of the same Clerk instance, the requested one first.
func (b Brake) sharing(ctx context.Context, r Request) ([]*v1alpha1.ClerkInstance, error) {
	all := &v1alpha1.ClerkInstanceList{}
	if err := b.Client.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("listing ClerkInstances: %w", err)
	}
	sharing := []*v1alpha1.ClerkInstance{r.Instance}
	for i := range all.Items {
		name := client.ObjectKeyFromObject(&all.Items[i])
		id := b.Pool.InstanceID(name, all.Items[i].Status.InstanceID)
		if id == r.InstanceID && name != client.ObjectKeyFromObject(r.Instance) {
			sharing = append(sharing, &all.Items[i])
		}
	}
	return sharing, nil
}

// counts reads the counts of the ClerkInstances from the API server. own is the first of them.
func (b Brake) counts(
	ctx context.Context, sharing []*v1alpha1.ClerkInstance,
) (own *v1alpha1.ClerkInstance, records []*v1alpha1.DeletionCount, err error) {
	for i := range sharing {
		current := &v1alpha1.ClerkInstance{}
		name := client.ObjectKeyFromObject(sharing[i])
		err := b.APIReader.Get(ctx, name, current)
		if i > 0 && apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading ClerkInstance %s from the API server: %w", name, err)
		}
		if i == 0 {
			own = current
		}
		if current.Status.Deletions != nil {
			records = append(records, current.Status.Deletions)
		}
	}
	return own, records, nil
}

// strictest returns the smallest count and the longest window of the ClerkInstances that have a brake; 0 if none has.
func strictest(sharing []*v1alpha1.ClerkInstance, environment v1alpha1.Environment) (maxCount int32, window time.Duration) {
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

// nextCount returns the count of one ClerkInstance plus one, in the window of now. full is true if the records of the
// Clerk instance together have reached the limit.
func nextCount(
	own *v1alpha1.DeletionCount, records []*v1alpha1.DeletionCount, now time.Time, maxCount int32, window time.Duration,
) (next v1alpha1.DeletionCount, full bool) {
	next.Since = metav1.NewTime(now)
	total := int64(0)
	for _, record := range inWindow(records, now, window) {
		total += int64(record.Count)
		if total == int64(record.Count) || record.Since.Before(&next.Since) {
			next.Since = record.Since
		}
	}
	if own != nil && now.Sub(own.Since.Time) < window {
		next.Since, next.Count = own.Since, max(0, own.Count)
	}
	if total >= int64(maxCount) {
		return next, true
	}
	next.Count++
	return next, false
}

// inWindow returns the records whose window has not ended. One with a negative count, which the operator does not write, would allow
// more than the limit.
func inWindow(records []*v1alpha1.DeletionCount, now time.Time, window time.Duration) (current []*v1alpha1.DeletionCount) {
	for _, record := range records {
		if record.Count >= 0 && now.Sub(record.Since.Time) < window {
			current = append(current, record)
		}
	}
	return current
}

// Counted returns how many users were counted in the present window for ClerkInstances that share a Clerk instance, and how many
// may be; maxCount is 0 if none of them has a brake.
func Counted(sharing []*v1alpha1.ClerkInstance, now time.Time) (count int64, maxCount int32) {
	var environment v1alpha1.Environment
	var records []*v1alpha1.DeletionCount
	for _, instance := range sharing {
		environment = cmp.Or(environment, instance.Status.Environment)
		if instance.Status.Deletions != nil {
			records = append(records, instance.Status.Deletions)
		}
	}
	maxCount, window := strictest(sharing, environment)
	if maxCount == 0 {
		return 0, 0
	}
	for _, record := range inWindow(records, now, window) {
		count += int64(record.Count)
	}
	return count, maxCount
}

// countedBefore reports whether the operation on a user is recorded already, from a reconciliation that was
// interrupted.
func countedBefore(records []*v1alpha1.DeletionCount, userID string) bool {
	return slices.ContainsFunc(records, func(c *v1alpha1.DeletionCount) bool { return slices.Contains(c.Users, userID) })
}

// lastCounted returns the recorded users plus one, and keeps the newest.
func lastCounted(have *v1alpha1.DeletionCount, userID string) []string {
	var users []string
	if have != nil {
		users = slices.Clone(have.Users)
	}
	users = append(users, userID)
	return users[max(0, len(users)-v1alpha1.MaxCountedUsers):]
}

// Locks let one reconciliation at a time count deletions of a Clerk instance.
type Locks struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
}

// NewLocks returns locks that are free.
func NewLocks() *Locks { return &Locks{locks: map[string]*sync.Mutex{}} }

// lock waits for the lock of an instance, and returns the function that releases it.
func (l *Locks) lock(instanceID string) (unlock func()) {
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

// ReleasedSince reports whether the instance's annotation, which has whole seconds, releases operations requested at
// the given time.
func ReleasedSince(instance *v1alpha1.ClerkInstance, at time.Time) bool {
	before, err := time.Parse(time.RFC3339, instance.Annotations[v1alpha1.AnnotationReleaseDeletions])
	return err == nil && !at.Truncate(time.Second).After(before)
}

// ReleaseCommand returns the command that releases what the brake holds until now.
func ReleaseCommand(instance types.NamespacedName) string {
	return fmt.Sprintf("kubectl annotate clerkinstance -n %s %s --overwrite %s=$(date -u +%%Y-%%m-%%dT%%H:%%M:%%SZ)",
		instance.Namespace, instance.Name, v1alpha1.AnnotationReleaseDeletions)
}

// held returns the problem of an operation beyond the limit, with the command that releases it.
func held(instance types.NamespacedName, maxCount int32, window time.Duration) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonDeletionHeld,
		Message: fmt.Sprintf("the deletion brake allows %d in %s for the Clerk instance of ClerkInstance %s; if this is intended, release it with: %s",
			maxCount, window, instance, ReleaseCommand(instance)),
		RetryAfter: window,
	}
}
