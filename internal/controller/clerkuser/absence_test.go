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

// becomesMissing waits out the time in which an absence is not believed, and fails unless ann is Missing then.
func (s *stage) becomesMissing(name string) {
	s.t.Helper()
	if result := s.pass(name); result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
		s.t.Errorf("the user is looked for again in %s", result.RequeueAfter)
	}
	if ready := readyCondition(s.user(name)); ready != nil && ready.Reason == v1alpha1.ReasonMissing {
		s.t.Errorf("the absence is believed at once: %+v", ready)
	}
	s.clock.advance(clerk.LagTime)
	s.becomes(name, v1alpha1.ReasonMissing)
}

// staysThough makes passes over a deleted object until just before the given time is over, and fails if one lets it go.
func (s *stage) staysThough(name string, d time.Duration) {
	s.t.Helper()
	for end := s.clock.at.Add(d); ; {
		result := s.pass(name)
		s.user(name)
		if result.RequeueAfter <= 0 || result.RequeueAfter > clerk.LagTime/6 {
			s.t.Fatalf("it is looked for again in %s", result.RequeueAfter)
		}
		if !s.clock.at.Add(result.RequeueAfter).Before(end) {
			s.clock.at = end
			return
		}
		s.clock.advance(result.RequeueAfter)
	}
}

// TestRemovalDoesNotBelieveAnAbsenceTooEarly has every call of a removal answered with 404 right after the user was written.
func TestRemovalDoesNotBelieveAnAbsenceTooEarly(t *testing.T) {
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
		for when, before := range map[string]func(*stage){"": func(*stage) {}, "AfterARestart": (*stage).restart} {
			t.Run(name+when, func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				s.create(newTestUser("ann", deletes(tc.policy)))
				s.becomes("ann", v1alpha1.ReasonInSync)
				s.clock.advance(2 * time.Second)
				before(s)
				s.delete("ann")
				s.clerk.InjectFault(tc.fault)
				s.staysThough("ann", clerk.LagTime-2*time.Second)
				s.clerk.ClearFaults()
				told(s.Reconciler)
				s.vanishes("ann")
				s.tells(tc.event)
				if n := len(s.clerk.Users()); n != tc.left {
					t.Errorf("%d users are at Clerk, want %d", n, tc.left)
				}
			})
		}
	}
}

// TestRemovalEndsThoughTheUserIsGone deletes objects whose user was deleted by hand a moment before.
func TestRemovalEndsThoughTheUserIsGone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	_ = s.clerk.Delete(s.atClerk().ID)
	s.delete("ann")
	told(s.Reconciler)
	s.staysThough("ann", clerk.LagTime)
	s.vanishes("ann")
	s.tells(v1alpha1.EventReleased)
}

// A time that nobody can have written must not hold an object for ever.
func TestTimeToComeOnRecordDoesNotHoldARemoval(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Status.LastWriteTime = ptr.To(metav1.NewTime(start.Add(1000 * time.Hour)))
	})
	s.clock.advance(clerk.LagTime)
	_ = s.clerk.Delete(s.atClerk().ID)
	s.delete("ann")
	s.vanishes("ann")
	s.tells(v1alpha1.EventReleased)
}

// TestDeletionThatClerkConfirmedIsNotAskedForAgain has the API server refuse the patch that lets the object go, once.
func TestDeletionThatClerkConfirmedIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.delete("ann")
	refused := false
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if !refused {
				refused = true
				return errors.New("no")
			}
			return c.Patch(ctx, o, p, opts...)
		},
	})
	s.pass("ann")
	s.tells(v1alpha1.EventDeleted)
	s.clerk.ResetJournal()
	s.vanishes("ann")
	s.wantCalls(0)
}

// TestEveryWayOfLettingGoIsTold walks all ways in which a deleted object loses its finalizer, and what is told of the user.
func TestEveryWayOfLettingGoIsTold(t *testing.T) {
	t.Parallel()
	inSync := func(s *stage) { s.becomes("ann", v1alpha1.ReasonInSync) }
	edited := func(change func(*v1alpha1.ClerkUser)) func(*stage) {
		return func(s *stage) {
			inSync(s)
			s.edit("ann", change)
		}
	}
	marks := func(mark any) func(*stage) {
		return func(s *stage) {
			inSync(s)
			_, _ = s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.PrivateMetadata = map[string]any{v1alpha1.OwnerKey: mark} })
		}
	}
	refuses := func(s *stage) {
		// An object that is rejected for good counts as one for which nothing was tried.
		s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 429, Code: "too_many_requests"})
		s.pass("ann")
	}
	loses := func(s *stage) {
		s.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
		s.pass("ann")
	}
	isGone := func(s *stage) {
		inSync(s)
		s.clock.advance(clerk.LagTime)
		_ = s.clerk.Delete(s.atClerk().ID)
	}
	for name, tc := range map[string]struct {
		before      func(*stage)
		event, says string
	}{
		"NothingTried": {func(s *stage) {
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} })
		}, v1alpha1.EventReleased, "no user was created"},
		"CreationRefused": {refuses, v1alpha1.EventReleased, "refused to create"},
		"CreationLost":    {func(s *stage) { loses(s); s.clock.advance(clerk.LagTime) }, v1alpha1.EventReleased, "no user that carries the owner mark"},
		"Deleted":         {inSync, v1alpha1.EventDeleted, "deleted user"},
		"Banned":          {edited(deletes(v1alpha1.DeletionBan)), v1alpha1.EventBanned, "banned user"},
		"Retained":        {edited(deletes(v1alpha1.DeletionRetain)), v1alpha1.EventReleased, "deletionPolicy is Retain"},
		"Suspended":       {edited(func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }), v1alpha1.EventReleased, "suspended"},
		"Observed":        {edited(observes), v1alpha1.EventReleased, "Observe"},
		"Gone":            {isGone, v1alpha1.EventReleased, "no longer at Clerk"},
		"MarkedByAnother": {marks("v1 cluster-1 team-a/bob bob-uid created"), v1alpha1.EventReleased, "does not carry the owner mark"},
		"MarkedBefore":    {marks("v1 cluster-1 team-a/ann former-uid created"), v1alpha1.EventReleased, "does not carry the owner mark"},
		"MarkUnreadable":  {marks("v9 whatever"), v1alpha1.EventReleased, "does not carry the owner mark"},
		"UnmarkedUnsigned": {func(s *stage) {
			inSync(s)
			s.unmark()
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Status.Binding = "" })
		}, v1alpha1.EventReleased, "does not carry the owner mark"},
		"DeniedByTheInstance": {func(s *stage) {
			inSync(s)
			s.editInstance(func(i *v1alpha1.ClerkInstance) {
				i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
			})
		}, v1alpha1.EventReleased, "policy.deletion is Deny"},
		"InstanceGoneRetained": {func(s *stage) {
			edited(deletes(v1alpha1.DeletionRetain))(s)
			_ = s.cluster.Delete(t.Context(), newTestInstance())
		}, v1alpha1.EventReleased, "the ClerkInstance cannot be used"},
		"AccessRevoked": {func(s *stage) {
			inSync(s)
			elsewhere := newTestInstance()
			elsewhere.Namespace = "platform"
			_ = s.cluster.Create(t.Context(), elsewhere)
			s.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: ptr.To("platform")}
				u.Status.Instance.Namespace = "platform"
			})
		}, v1alpha1.EventReleased, "no longer admits this namespace"},
		"Transferred": {func(s *stage) {
			inSync(s)
			s.create(newTestUser("heir", func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To(s.atClerk().ID) }))
		}, v1alpha1.EventTransferred, "heir"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			tc.before(s)
			told(s.Reconciler)
			s.delete("ann")
			s.vanishes("ann")
			if all := told(s.Reconciler); len(all) != 1 || strings.Fields(all[0])[1] != tc.event || !strings.Contains(all[0], tc.says) {
				t.Errorf("told is %q, want %s about %q", all, tc.event, tc.says)
			}
		})
	}
}

// TestAbsenceThatAListContradictsIsNotBelieved has reads by id answered with 404 while lists show the user, or answer nothing
// that a list could.
func TestAbsenceThatAListContradictsIsNotBelieved(t *testing.T) {
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
			s := newStage(t)
			s.quiet()
			s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
			s.becomes("ann", v1alpha1.ReasonInSync)
			s.clock.advance(2 * clerk.LagTime)
			s.clerk.InjectFault(fault)
			s.edit("ann", func(u *v1alpha1.ClerkUser) {
				u.Annotations[v1alpha1.AnnotationReconcileRequestedAt] = "now"
				u.Spec.FirstName = ptr.To("Ann")
			})
			for range 3 {
				s.pass("ann")
				s.clock.advance(20 * time.Second)
			}
			if ready := readyCondition(s.user("ann")); ready.Reason == v1alpha1.ReasonMissing {
				t.Errorf("Ready is %+v", ready)
			}
			s.delete("ann")
			for range 3 {
				s.pass("ann")
				s.user("ann")
				s.clock.advance(20 * time.Second)
			}
			if n := len(s.clerk.Journal().Matching("POST", "/users")); n != 1 {
				t.Errorf("%d users were created", n)
			}
			s.clerk.ClearFaults()
			s.clock.advance(clerk.LagTime)
			s.vanishes("ann")
			s.tells(v1alpha1.EventDeleted)
			if len(s.clerk.Users()) != 0 {
				t.Error("the user was left behind")
			}
		})
	}
}

// TestConfirmationWaitsForItsTicketOnly has a budget in which every call waits for its ticket.
func TestConfirmationWaitsForItsTicketOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(2 * clerk.LagTime)
	_ = s.clerk.Delete(s.atClerk().ID)
	slow, err := clerk.New(clerk.Config{
		APIURL: s.url, Key: clerk.NewSecret(s.clerk.Key()), Now: s.clock.now, RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 1, Now: s.clock.now}),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.connect(slow, instanceName(newTestInstance()))
	s.clerk.ResetJournal()
	s.delete("ann")
	told(s.Reconciler)
	for calls := 1; calls <= 2; calls++ {
		s.wantCalls(calls - 1)
		result := s.pass("ann")
		s.clock.advance(result.RequeueAfter)
	}
	s.wantCalls(2)
	s.tells(v1alpha1.EventReleased)
}

// TestAnswerAboutSomebodyElseIsNoUserOfOurs has the answer to the creating call mixed up with the answer to another one.
func TestAnswerAboutSomebodyElseIsNoUserOfOurs(t *testing.T) {
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
			s := newStage(t)
			other := s.clerk.Seed(tc.other)
			s.create(newTestUser("ann"))
			s.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: other.ID, AfterApplying: tc.applied})
			s.pass("ann")
			if id := s.user("ann").Status.UserID; id != "" {
				t.Fatalf("bound to %s", id)
			}
			s.becomes("ann", v1alpha1.ReasonInSync)
			s.tells(tc.event)
			if id := s.user("ann").Status.UserID; id == other.ID || s.clerk.User(id).EmailAddresses[0].EmailAddress != address[0].EmailAddress {
				t.Errorf("bound to %s", id)
			}
			if now := s.clerk.User(other.ID); now.UpdatedAt != other.UpdatedAt {
				t.Errorf("the other user was changed: %+v", now)
			}
		})
	}
}

// TestMarkIsLookedForInTheAnswer has somebody answered with who has the identifiers that were sent, but not the mark.
func TestMarkIsLookedForInTheAnswer(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	other := s.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}})
	s.create(newTestUser("ann"))
	s.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: other.ID})
	s.pass("ann")
	s.becomes("ann", v1alpha1.ReasonAlreadyExists)
	if now := s.clerk.User(other.ID); now.UpdatedAt != other.UpdatedAt {
		t.Errorf("the other user was changed: %+v", now)
	}
}
