// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// expectStays reconciles a deleted object until just before the given time is over, and fails if the finalizer is removed.
func (f *fixture) expectStays(name string, d time.Duration) {
	f.t.Helper()
	for end := f.clock.at.Add(d); ; {
		result := f.reconcile(name)
		f.user(name)
		if result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
			f.t.Fatalf("the look-up is repeated after %s", result.RequeueAfter)
		}
		if !f.clock.at.Add(result.RequeueAfter).Before(end) {
			f.clock.at = end
			return
		}
		f.clock.advance(result.RequeueAfter)
	}
}

// TestRemovalConfirmsAbsenceAfterLag answers every call of a removal with 404 right after the user was written.
func TestRemovalConfirmsAbsenceAfterLag(t *testing.T) {
	t.Parallel()
	missed := func(method, path string) emulator.Fault {
		return emulator.Fault{Method: method, Path: path, Status: 404, Code: "resource_not_found", Times: -1}
	}
	for name, tc := range map[string]struct {
		policy v1alpha1.DeletionPolicy
		fault  emulator.Fault
		event  string
		left   int
	}{
		"ByAGet":    {v1alpha1.DeletionDelete, missed("GET", "/users/*"), v1alpha1.EventDeleted, 0},
		"ByADelete": {v1alpha1.DeletionDelete, missed("DELETE", "/users/*"), v1alpha1.EventDeleted, 0},
		"ByABan":    {v1alpha1.DeletionBan, missed("POST", "/users/*/ban"), v1alpha1.EventBanned, 1},
		"ByTheMark": {v1alpha1.DeletionRetain, missed("PATCH", "/users/*/metadata"), v1alpha1.EventReleased, 1},
	} {
		for when, before := range map[string]func(*fixture){"": func(*fixture) {}, "AfterARestart": (*fixture).restart} {
			t.Run(name+when, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t)
				f.create(newTestUser("ann", withDeletionPolicy(tc.policy)))
				f.expectReason("ann", v1alpha1.ReasonInSync)
				f.clock.advance(2 * time.Second)
				before(f)
				f.delete("ann")
				f.clerk.InjectFault(tc.fault)
				f.expectStays("ann", clerk.LagTime-2*time.Second)
				f.clerk.ClearFaults()
				recordedEvents(f.Reconciler)
				f.expectGone("ann")
				f.expectEvent(tc.event)
				if n := len(f.clerk.Users()); n != tc.left {
					t.Errorf("%d users are at Clerk, want %d", n, tc.left)
				}
			})
		}
	}
}

// TestRemovalEndsThoughTheUserIsGone deletes objects whose users were just deleted by hand.
func TestRemovalEndsThoughTheUserIsGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	_ = f.clerk.Delete(f.onlyUser().ID)
	f.delete("ann")
	recordedEvents(f.Reconciler)
	f.expectStays("ann", clerk.LagTime)
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventReleased)
}

// A recorded time in the future must not delay the removal for ever.
func TestFutureRecordedTimeDoesNotDelayRemoval(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Status.LastWriteTime = ptr.To(metav1.NewTime(start.Add(1000 * time.Hour)))
	})
	f.clock.advance(clerk.LagTime)
	_ = f.clerk.Delete(f.onlyUser().ID)
	f.delete("ann")
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventReleased)
}

// TestConfirmedDeletionIsNotRepeated makes the API server refuse the patch that removes the finalizer, once.
func TestConfirmedDeletionIsNotRepeated(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	refused := false
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if !refused {
				refused = true
				return errors.New("no")
			}
			return c.Patch(ctx, o, p, opts...)
		},
	})
	f.reconcile("ann")
	f.expectEvent(v1alpha1.EventDeleted)
	f.clerk.ResetJournal()
	f.expectGone("ann")
	f.expectCalls(0)
}

// TestEveryReleaseRecordsAnEvent covers all ways in which a deleted object loses its finalizer, and the event of each.
func TestEveryReleaseRecordsAnEvent(t *testing.T) {
	t.Parallel()
	inSync := func(f *fixture) { f.expectReason("ann", v1alpha1.ReasonInSync) }
	edited := func(change func(*v1alpha1.ClerkUser)) func(*fixture) {
		return func(f *fixture) {
			inSync(f)
			f.edit("ann", change)
		}
	}
	marks := func(mark any) func(*fixture) {
		return func(f *fixture) {
			inSync(f)
			_, _ = f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{v1alpha1.OwnerKey: mark} })
		}
	}
	refuses := func(f *fixture) {
		// An object that is rejected for good counts as one for which nothing was tried.
		f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 429, Code: "too_many_requests"})
		f.reconcile("ann")
	}
	loses := func(f *fixture) {
		f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
		f.reconcile("ann")
	}
	isGone := func(f *fixture) {
		inSync(f)
		f.clock.advance(clerk.LagTime)
		_ = f.clerk.Delete(f.onlyUser().ID)
	}
	for name, tc := range map[string]struct {
		before      func(*fixture)
		event, says string
	}{
		"NothingTried": {func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} })
		}, v1alpha1.EventReleased, "no user was created"},
		"CreationRefused": {refuses, v1alpha1.EventReleased, "refused to create"},
		"CreationLost":    {func(f *fixture) { loses(f); f.clock.advance(clerk.LagTime) }, v1alpha1.EventReleased, "no user with the owner mark"},
		"Deleted":         {inSync, v1alpha1.EventDeleted, "deleted user"},
		"Banned":          {edited(withDeletionPolicy(v1alpha1.DeletionBan)), v1alpha1.EventBanned, "banned user"},
		"Retained":        {edited(withDeletionPolicy(v1alpha1.DeletionRetain)), v1alpha1.EventReleased, "deletionPolicy is Retain"},
		"Suspended":       {edited(func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }), v1alpha1.EventReleased, "suspended"},
		"Observed":        {edited(observeOnly), v1alpha1.EventReleased, "Observe"},
		"Gone":            {isGone, v1alpha1.EventReleased, "no longer at Clerk"},
		"MarkedByAnother": {marks("v1 cluster-1 team-a/bob bob-uid created"), v1alpha1.EventReleased, "does not carry the owner mark"},
		"MarkedBefore":    {marks("v1 cluster-1 team-a/ann former-uid created"), v1alpha1.EventReleased, "does not carry the owner mark"},
		"MarkUnreadable":  {marks("v9 whatever"), v1alpha1.EventReleased, "does not carry the owner mark"},
		"UnmarkedUnsigned": {func(f *fixture) {
			inSync(f)
			f.removeMark()
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Binding = "" })
		}, v1alpha1.EventReleased, "does not carry the owner mark"},
		"DeniedByTheInstance": {func(f *fixture) {
			inSync(f)
			f.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
		}, v1alpha1.EventReleased, "policy.deletion is Deny"},
		"InstanceGoneRetained": {func(f *fixture) {
			edited(withDeletionPolicy(v1alpha1.DeletionRetain))(f)
			_ = f.cluster.Delete(t.Context(), newTestInstance())
		}, v1alpha1.EventReleased, "the ClerkInstance cannot be used"},
		"AccessRevoked": {func(f *fixture) {
			inSync(f)
			elsewhere := newTestInstance()
			elsewhere.Namespace = "platform"
			_ = f.cluster.Create(t.Context(), elsewhere)
			f.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: ptr.To("platform")}
				u.Status.Instance.Namespace = "platform"
			})
		}, v1alpha1.EventReleased, "no longer allows this namespace"},
		"Transferred": {func(f *fixture) {
			inSync(f)
			f.create(newTestUser("successor", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To(f.onlyUser().ID) }))
		}, v1alpha1.EventTransferred, "successor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			tc.before(f)
			recordedEvents(f.Reconciler)
			f.delete("ann")
			f.expectGone("ann")
			if all := recordedEvents(f.Reconciler); len(all) != 1 || strings.Fields(all[0])[1] != tc.event || !strings.Contains(all[0], tc.says) {
				t.Errorf("events are %q, want %s about %q", all, tc.event, tc.says)
			}
		})
	}
}

func TestRelease(t *testing.T) {
	t.Parallel()
	gone := func(f *fixture) { _ = f.cluster.Delete(f.t.Context(), newTestInstance()) }
	tests := map[string]struct {
		user  []func(*v1alpha1.ClerkUser)
		then  func(f *fixture)
		left  bool
		event string
		calls int
	}{
		"Deleted":   {nil, func(*fixture) {}, false, v1alpha1.EventDeleted, 2},
		"Banned":    {[]func(*v1alpha1.ClerkUser){withDeletionPolicy(v1alpha1.DeletionBan)}, func(*fixture) {}, true, v1alpha1.EventBanned, 3},
		"Retained":  {[]func(*v1alpha1.ClerkUser){withDeletionPolicy(v1alpha1.DeletionRetain)}, func(*fixture) {}, true, v1alpha1.EventReleased, 2},
		"Suspended": {nil, func(f *fixture) { f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }) }, true, v1alpha1.EventReleased, 0},
		"GoneAtClerkBefore": {nil, func(f *fixture) {
			f.clock.advance(clerk.LagTime)
			_ = f.clerk.Delete(f.onlyUser().ID)
		}, false, v1alpha1.EventReleased, 2},
		"GoneWhileDeleting": {nil, func(f *fixture) {
			f.clock.advance(clerk.LagTime)
			f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, AfterApplying: true, Status: 404, Code: "resource_not_found"})
		}, false, v1alpha1.EventReleased, 3},
		"MarkRemovedButSigned": {nil, func(f *fixture) { f.removeMark() }, false, v1alpha1.EventDeleted, 2},
		"MarkRemovedUnsigned": {nil, func(f *fixture) {
			f.removeMark()
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Binding = "" })
		}, true, v1alpha1.EventReleased, 1},
		"MarkedByAnother": {nil, func(f *fixture) {
			other := markOf(newTestUser("other"), v1alpha1.OriginCreated)
			_, _ = f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{v1alpha1.OwnerKey: other.String()} })
		}, true, v1alpha1.EventReleased, 1},
		"DenyIsRetain": {nil, func(f *fixture) {
			f.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
		}, true, v1alpha1.EventReleased, 2},
		"InstanceGoneAndRetained": {[]func(*v1alpha1.ClerkUser){withDeletionPolicy(v1alpha1.DeletionRetain)}, gone, true, v1alpha1.EventReleased, 0},
		"AccessRevoked": {nil, func(f *fixture) {
			gone(f)
			elsewhere := newTestInstance()
			elsewhere.Namespace = "platform"
			_ = f.cluster.Create(f.t.Context(), elsewhere)
			f.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: ptr.To("platform")}
			})
		}, true, v1alpha1.EventReleased, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann", tc.user...))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			recordedEvents(f.Reconciler)
			tc.then(f)
			f.delete("ann")
			f.clerk.ResetJournal()
			f.expectGone("ann")
			if left := len(f.clerk.Users()) == 1; left != tc.left {
				t.Errorf("the user is at Clerk: %t, want %t", left, tc.left)
			}
			f.expectEvent(tc.event)
			f.expectCalls(tc.calls)
		})
	}
}

func TestUndeletableUserIsReleasedWithoutClerk(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
	})
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
	f.delete("ann")
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventReleased)
	if len(f.clerk.Users()) != 1 {
		t.Error("a user that may not be deleted is gone")
	}
}

func TestBlockedDeletionNamesTheRemedy(t *testing.T) {
	t.Parallel()
	refuse := func(status int, code string) func(f *fixture) {
		return func(f *fixture) {
			f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: status, Code: code, Times: -1})
		}
	}
	tests := map[string]func(f *fixture){
		"ByADirectory": refuse(409, "user_managed_by_scim"),
		"ByThePlan":    refuse(402, "unsupported_subscription_plan_features"),
		"ByTheKey":     refuse(401, "authentication_invalid"),
		"ByNoInstance": func(f *fixture) { _ = f.cluster.Delete(f.t.Context(), newTestInstance()) },
		"ByBadInstance": func(f *fixture) {
			f.Pool.Set(instanceName(newTestInstance()), stateOf(newTestInstance(), connection.State{Problem: "no key"}))
		},
		"ByAnotherPlace": func(f *fixture) { f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Instance.ID = "ins_other" }) },
	}
	for name, block := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			block(f)
			f.delete("ann")
			if result := f.expectReason("ann", v1alpha1.ReasonDeletionBlocked); result.RequeueAfter != firstDelay {
				t.Errorf("it is tried again in %s, want %s", result.RequeueAfter, firstDelay)
			}
			if text := readyCondition(f.user("ann")).Message; !strings.Contains(text, "spec.deletionPolicy to Retain") {
				t.Errorf("the message names no remedy: %s", text)
			}
			f.clerk.ResetJournal()
			f.expectReason("ann", v1alpha1.ReasonDeletionBlocked)
			f.expectCalls(0)

			f.server.ClearFaults()
			f.clock.advance(time.Second)
			f.edit("ann", withDeletionPolicy(v1alpha1.DeletionRetain))
			if name == "ByTheKey" {
				f.clock.advance(time.Minute)
			}
			f.expectGone("ann")
			if len(f.clerk.Users()) != 1 {
				t.Error("the user that was to be left is gone")
			}
		})
	}
}

func TestDeletionDoesNotTrustAListThatLags(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", AfterApplying: true, Cut: true})
	f.expectReason("ann", v1alpha1.ReasonWaiting)
	f.restart()
	f.clerk.Configure(func(set *emulator.Settings) { set.ListLag = time.Hour })
	f.delete("ann")
	if result := f.reconcile("ann"); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		t.Errorf("it is requeued after %s, want at most %s", result.RequeueAfter, clerk.LagTime/6)
	}
	f.clerk.Configure(func(set *emulator.Settings) { set.ListLag = 0 })
	f.clock.advance(clerk.LagTime / 6)
	f.expectGone("ann")
	if len(f.clerk.Users()) != 0 {
		t.Error("the user of the lost answer was left behind")
	}
}

func TestNoLookUpWithoutACreateAttempt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} }))
	f.delete("ann")
	f.expectGone("ann")
	f.expectCalls(0)

	f.create(newTestUser("bob", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{"somebody/else"} }))
	f.delete("bob")
	f.reconcile("bob")
	if u := f.user("bob"); len(u.Finalizers) != 1 {
		t.Errorf("the finalizer of somebody else became %v", u.Finalizers)
	}
	f.expectCalls(0)
}

func TestDeletionIsThatOfTheLiveObject(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	stale := f.user("ann")
	stale.DeletionTimestamp = ptr.To(metav1.NewTime(start))
	stale.ResourceVersion = fmt.Sprint("9", stale.ResourceVersion)
	if result, err := f.Reconcile(t.Context(), stale); err != nil || result.RequeueAfter != reconcile.ConflictPause {
		t.Errorf("a copy that says deleted where the object is not: %+v, %v", result, err)
	}
	stale.UID = "earlier"
	if _, err := f.Reconcile(t.Context(), stale.DeepCopy()); err != nil {
		t.Error(err)
	}
	if len(f.clerk.Users()) != 1 {
		t.Error("the user of a living object was deleted")
	}
}

func TestBrakePausesDeletions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBrake(2))
	f.discardEvents()
	names := []string{"a", "b", "c", "d"}
	for _, name := range names {
		f.create(newTestUser(name))
		f.expectReason(name, v1alpha1.ReasonInSync)
	}
	for _, name := range names {
		f.delete(name)
	}
	f.expectGone("a")
	f.expectGone("b")
	if result := f.expectReason("c", v1alpha1.ReasonDeletionHeld); result.RequeueAfter != 10*time.Minute {
		t.Errorf("it is requeued after %s", result.RequeueAfter)
	}
	f.expectReason("d", v1alpha1.ReasonDeletionHeld)
	if n := len(f.clerk.Users()); n != 2 {
		t.Fatalf("%d users are left, want 2", n)
	}
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		if i.Status.Deletions == nil || i.Status.Deletions.Count != 2 {
			t.Errorf("counted were %+v, want 2", i.Status.Deletions)
		}
		asked := f.user("c").DeletionTimestamp
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: asked.Add(time.Second).UTC().Format(time.RFC3339)}
	})
	f.expectGone("c")
	f.editInstance(func(i *v1alpha1.ClerkInstance) { i.Annotations = nil })
	f.expectReason("d", v1alpha1.ReasonDeletionHeld)
	f.clock.advance(10 * time.Minute)
	f.expectGone("d")
}

// Two concurrent counts must not both use the last allowed place. A deletion that fails must not count twice.
func TestBrakeCountsEachOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, withBrake(5))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	fail := true
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			if instance, ok := o.(*v1alpha1.ClerkInstance); ok && fail {
				fail = false
				newer := &v1alpha1.ClerkInstance{}
				if err := c.Get(ctx, instanceName(instance), newer); err != nil {
					return err
				}
				newer.Status.Deletions = &v1alpha1.DeletionCount{Since: metav1.NewTime(start), Count: 3}
				if err := c.Status().Update(ctx, newer); err != nil {
					return err
				}
			}
			return c.SubResource(sub).Patch(ctx, o, p, options...)
		},
	})
	if result := f.reconcile("ann"); result.RequeueAfter != reconcile.ConflictPause || len(f.clerk.Users()) != 1 {
		t.Errorf("after a conflict it is tried again in %s, and %d users are left", result.RequeueAfter, len(f.clerk.Users()))
	}
	f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: 503, Times: 2})
	f.reconcile("ann")
	f.reconcile("ann")
	f.expectGone("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		if i.Status.Deletions == nil || i.Status.Deletions.Count != 4 {
			t.Errorf("counted were %+v, want 4", i.Status.Deletions)
		}
	})
}

// The ClerkInstance records the users that were counted last. A user that is no longer among them is not counted again.
func TestBrakeCountsEachOnceAmongMany(t *testing.T) {
	t.Parallel()
	const most = v1alpha1.MaxCountedUsers + 2
	f := newFixture(t, withBrake(most))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: http.StatusServiceUnavailable})
	f.reconcile("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		for n := range v1alpha1.MaxCountedUsers {
			i.Status.Deletions.Count++
			i.Status.Deletions.Users = append(i.Status.Deletions.Users, fmt.Sprint("user_", n))
		}
		i.Status.Deletions.Users = i.Status.Deletions.Users[1:]
		f.storeStatus(i)
	})
	f.expectGone("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		if got := i.Status.Deletions.Count; got != v1alpha1.MaxCountedUsers+1 {
			t.Errorf("counted were %d, want %d", got, v1alpha1.MaxCountedUsers+1)
		}
	})
}
