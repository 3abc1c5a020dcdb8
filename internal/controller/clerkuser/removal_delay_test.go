// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// withDelay gives the instance a deletionDelay.
func withDelay(delay time.Duration) func(*v1alpha1.ClerkInstance) {
	return func(i *v1alpha1.ClerkInstance) { i.Spec.DeletionDelay = &metav1.Duration{Duration: delay} }
}

// TestDelayIsMeasuredFromTheRequest has the operator's clock differ from the one of the API server, which wrote the deletion time.
func TestDelayIsMeasuredFromTheRequest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		// deletion is the deletion time by the API server's clock; seen is when this process saw the request, and first its first
		// reconciliation since then. All are relative to now.
		deletion, seen, first int
		want                  int
	}{
		"SameClock":                       {deletion: -10, seen: -10, first: -10, want: -10},
		"APIServerIsAnHourBehind":         {deletion: -3600, seen: -10, first: -10, want: -10},
		"APIServerIsAnHourAhead":          {deletion: +3600, seen: -10, first: -10, want: -10},
		"AfterARestart":                   {deletion: -20, first: -5, want: -20},
		"AfterARestartTheServerIsAhead":   {deletion: +3600, first: -5, want: -5},
		"FirstReconciliationIsAfterwards": {deletion: -20, want: -20},
		"ClockWasSetBackAtTheRestart":     {deletion: +30, want: 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann")
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), user)
			at := func(seconds int) time.Time { return rec.now.Add(time.Duration(seconds) * time.Second) }
			user.DeletionTimestamp = ptr.To(metav1.NewTime(at(tc.deletion)))
			if tc.seen != 0 {
				rec.state.removal().deletedAt = at(tc.seen)
			}
			if tc.first != 0 {
				rec.state.removal().since = at(tc.first)
			}
			if got := rec.deletionSeen(); !got.Equal(at(tc.want)) {
				t.Errorf("the delay begins %s from now, want %ds", got.Sub(rec.now), tc.want)
			}
		})
	}
}

// TestPendingRemovalMakesNoCalls reconciles an object that is being deleted until its delay is over. Only then does the removal count at
// the deletion brake: a rename must not use up what the brake allows.
func TestPendingRemovalMakesNoCalls(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withDelay(30*time.Second))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	f.objects.notify("ann-uid", func(m *notifications) { m.deletedAt = f.clock.at })
	f.clerk.ResetJournal()
	if got := f.expectReason("ann", v1alpha1.ReasonDeletionPending); got.RequeueAfter != 30*time.Second {
		t.Errorf("it is reconciled again after %s", got.RequeueAfter)
	}
	f.clock.advance(29 * time.Second)
	if got := f.expectReason("ann", v1alpha1.ReasonDeletionPending); got.RequeueAfter != time.Second {
		t.Errorf("it is reconciled again after %s", got.RequeueAfter)
	}
	f.expectCalls(0)
	if n := f.countedDeletions(); n != 0 {
		t.Errorf("%d removals are counted before the delay is over", n)
	}
	f.clock.advance(time.Second)
	f.expectGone("ann")
	if n := f.countedDeletions(); n != 1 {
		t.Errorf("%d removals are counted, want 1", n)
	}
}

// countedDeletions is how many removals the deletion brake has counted.
func (f *fixture) countedDeletions() int32 {
	f.t.Helper()
	if counted := f.instance().Status.Deletions; counted != nil {
		return counted.Count
	}
	return 0
}

// instance is the ClerkInstance as the API server has it.
func (f *fixture) instance() *v1alpha1.ClerkInstance {
	f.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	if err := f.cluster.Get(f.t.Context(), instanceName(newTestInstance()), instance); err != nil {
		f.t.Fatal(err)
	}
	return instance
}

// TestEditInTheLastMomentIsSeen has somebody suspend the object after its removal is on record and before the finalizer is gone.
func TestEditInTheLastMomentIsSeen(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withDelay(30*time.Second))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	f.expectReason("ann", v1alpha1.ReasonDeletionPending)
	f.clock.advance(30 * time.Second)
	var pending, edited int
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if edited++; edited == 1 {
				pending = f.pendingDeletions()
				f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) })
			}
			return c.Patch(ctx, o, p, opts...)
		},
	})
	f.reconcile("ann")
	if pending != 1 || f.pendingDeletions() != 0 {
		t.Errorf("%d removals were on record and %d are, want 1 and 0", pending, f.pendingDeletions())
	}
	f.expectGone("ann")
	f.reconcileFormer("ann")
	f.clock.advance(time.Hour)
	f.reconcileFormer("ann")
	f.onlyUser()
}

// TestHeldObjectIsLetGoOnce reconciles an old copy of an object that was let go and that another finalizer holds. Its removal stays on
// record, also if another process let it go, whose writes this one does not remember.
func TestHeldObjectIsLetGoOnce(t *testing.T) {
	t.Parallel()
	for name, another := range map[string]bool{"SameProcess": false, "AnotherProcess": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, withDelay(30*time.Second))
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Finalizers = append(u.Finalizers, "example.com/held") })
			f.delete("ann")
			f.expectReason("ann", v1alpha1.ReasonDeletionPending)
			f.clock.advance(30 * time.Second)
			old := f.user("ann")
			f.reconcile("ann")
			if got := f.user("ann").Finalizers; len(got) != 1 || f.pendingDeletions() != 1 {
				t.Fatalf("the finalizers are %v, and %d removals are on record", got, f.pendingDeletions())
			}
			if another {
				f.objects.Forget("ann-uid")
				if _, err := f.Reconcile(t.Context(), old.DeepCopy()); err != nil {
					t.Error(err)
				}
				f.clock.advance(30 * time.Second)
			}
			if _, err := f.Reconcile(t.Context(), old); err != nil {
				t.Error(err)
			}
			if f.pendingDeletions() != 1 {
				t.Error("the removal is not on record any more")
			}
		})
	}
}

// pendingDeletions is how many removals the ClerkInstance has on record.
func (f *fixture) pendingDeletions() int {
	f.t.Helper()
	return len(f.instance().Status.PendingDeletions)
}

// TestWhatNeedsNoDelay deletes objects whose users are not removed.
func TestWhatNeedsNoDelay(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*fixture){
		"Retain":    func(f *fixture) { f.edit("ann", withDeletionPolicy(v1alpha1.DeletionRetain)) },
		"Suspended": func(f *fixture) { f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }) },
		"Observes": func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) })
		},
		"Denied": func(f *fixture) {
			f.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, withDelay(time.Hour))
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.clock.advance(2 * time.Second)
			change(f)
			f.delete("ann")
			f.expectGone("ann")
			f.onlyUser()
		})
	}
}

// TestPolicyIsReadFromTheAPIServer has a cache that does not show yet that somebody set deletionPolicy: Retain.
func TestPolicyIsReadFromTheAPIServer(t *testing.T) {
	t.Parallel()
	for name, delay := range map[string]time.Duration{"WithADelay": 30 * time.Second, "Without": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, withDelay(delay))
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.delete("ann")
			if delay > 0 {
				f.expectReason("ann", v1alpha1.ReasonDeletionPending)
				f.clock.advance(delay)
			}
			cached := f.user("ann")
			f.edit("ann", withDeletionPolicy(v1alpha1.DeletionRetain))
			if _, err := f.Reconcile(t.Context(), cached); err != nil {
				t.Logf("the old copy: %v", err)
			}
			if f.pendingDeletions() != 0 {
				t.Error("the removal is on record")
			}
			f.expectGone("ann")
			f.onlyUser()
		})
	}
}
