// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
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
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// expectMissing waits until an absence counts, and fails unless the object is Missing then.
func (f *fixture) expectMissing(name string) {
	f.t.Helper()
	if result := f.reconcile(name); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		f.t.Errorf("the look-up is repeated after %s", result.RequeueAfter)
	}
	if ready := readyCondition(f.user(name)); ready != nil && ready.Reason == v1alpha1.ReasonMissing {
		f.t.Errorf("the absence counts at once: %+v", ready)
	}
	f.clock.advance(clerk.LagTime)
	f.expectReason(name, v1alpha1.ReasonMissing)
}

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
		"CreationLost":    {func(f *fixture) { loses(f); f.clock.advance(clerk.LagTime) }, v1alpha1.EventReleased, "no user that carries the owner mark"},
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
		}, v1alpha1.EventReleased, "no longer admits this namespace"},
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

// TestAbsenceContradictedByAListIsRetried answers reads by id with 404, while lists show the user or answer nothing that a list
// could.
func TestAbsenceContradictedByAListIsRetried(t *testing.T) {
	t.Parallel()
	everything := emulator.Fault{Path: "/users/**", Status: 404, Code: "resource_not_found", Times: -1}
	for name, fault := range map[string]emulator.Fault{
		"ListShowsIt":     {Method: "GET", Path: "/users/*", Status: 404, Code: "resource_not_found", Times: -1},
		"EverythingIsNot": everything,
		"ByAProxy":        {Path: "/users/**", Status: 404, Body: "<html>", Times: -1},
		"ByAGateway":      {Path: "/users/**", Status: 404, Body: `{"errors":[{"message":"no route"}]}`, Times: -1},
		"GoneByAGateway":  {Path: "/users/**", Status: 410, Body: `{"errors":[{"message":"gone"}]}`, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.discardEvents()
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.clock.advance(2 * clerk.LagTime)
			f.clerk.InjectFault(fault)
			f.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = "now"
				u.Spec.FirstName = ptr.To("Ann")
			})
			for range 3 {
				f.reconcile("ann")
				f.clock.advance(20 * time.Second)
			}
			if ready := readyCondition(f.user("ann")); ready.Reason == v1alpha1.ReasonMissing {
				t.Errorf("Ready is %+v", ready)
			}
			f.delete("ann")
			for range 3 {
				f.reconcile("ann")
				f.user("ann")
				f.clock.advance(20 * time.Second)
			}
			if n := len(f.clerk.Journal().Matching("POST", "/users")); n != 1 {
				t.Errorf("%d users were created", n)
			}
			f.clerk.ClearFaults()
			f.clock.advance(clerk.LagTime)
			f.expectGone("ann")
			f.expectEvent(v1alpha1.EventDeleted)
			if len(f.clerk.Users()) != 0 {
				t.Error("the user was left behind")
			}
		})
	}
}

// TestConfirmationRepeatsOnlyItsOwnCall has a budget in which every call waits for its token.
func TestConfirmationRepeatsOnlyItsOwnCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * clerk.LagTime)
	_ = f.clerk.Delete(f.onlyUser().ID)
	slow, err := clerk.New(clerk.Config{
		APIURL: f.url, Key: clerk.NewSecret(f.clerk.Key()), Now: f.clock.now, RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 1, Now: f.clock.now}),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.connect(slow, instanceName(newTestInstance()))
	f.clerk.ResetJournal()
	f.delete("ann")
	recordedEvents(f.Reconciler)
	for calls := 1; calls <= 2; calls++ {
		f.expectCalls(calls - 1)
		result := f.reconcile("ann")
		f.clock.advance(result.RequeueAfter)
	}
	f.expectCalls(2)
	f.expectEvent(v1alpha1.EventReleased)
}

// TestAnswerWithoutOwnMarkIsNotBound answers the creating call with the answer to another one.
func TestAnswerWithoutOwnMarkIsNotBound(t *testing.T) {
	t.Parallel()
	address := []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}
	former := markOf(newTestUser("ann"), v1alpha1.OriginCreated)
	former.UID = "former-uid"
	for name, tc := range map[string]struct {
		other   emulator.User
		applied bool
		event   string
	}{
		"Stranger":         {emulator.User{Username: ptr.To("stranger")}, true, v1alpha1.EventResumed},
		"StrangerUnmade":   {emulator.User{Username: ptr.To("stranger")}, false, v1alpha1.EventCreated},
		"OurMarkOnAnother": {emulator.User{Username: ptr.To("stranger"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: markOf(newTestUser("ann"), v1alpha1.OriginCreated).String()}}, true, v1alpha1.EventResumed},
		"PredecessorsMark": {emulator.User{Username: ptr.To("stranger"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: former.String()}}, true, v1alpha1.EventResumed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			other := f.clerk.Seed(tc.other)
			f.create(newTestUser("ann"))
			f.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: other.ID, AfterApplying: tc.applied})
			f.reconcile("ann")
			if id := f.user("ann").Status.UserID; id != "" {
				t.Fatalf("bound to %s", id)
			}
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectEvent(tc.event)
			if id := f.user("ann").Status.UserID; id == other.ID || f.clerk.User(id).EmailAddresses[0].EmailAddress != address[0].EmailAddress {
				t.Errorf("bound to %s", id)
			}
			if now := f.clerk.User(other.ID); now.UpdatedAt != other.UpdatedAt {
				t.Errorf("the other user was changed: %+v", now)
			}
		})
	}
}

// TestCreateAnswerMustCarryTheMark answers the creating call with a user that has the identifiers but not the mark.
func TestCreateAnswerMustCarryTheMark(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	other := f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	f.create(newTestUser("ann"))
	f.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: other.ID})
	f.reconcile("ann")
	f.expectReason("ann", v1alpha1.ReasonAlreadyExists)
	if now := f.clerk.User(other.ID); now.UpdatedAt != other.UpdatedAt {
		t.Errorf("the other user was changed: %+v", now)
	}
}
