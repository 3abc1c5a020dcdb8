// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestUserDeletedWhileReadsLagIsDeletedAtClerk deletes an object before Clerk shows the user that was created for it.
func TestUserDeletedWhileReadsLagIsDeletedAtClerk(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ restarts bool }{
		"SameProcess":   {},
		"AfterARestart": {restarts: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			w.clerk.Configure(func(s *emulator.Settings) { s.GetLag = 6 * time.Second })
			w.create(w.user("ann"))
			id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
			// Times of deletions have whole seconds: a copy from right before one counts as read since.
			w.settle()
			if tc.restarts {
				w.halt()
			}
			w.delete(w.read("ann"))
			if tc.restarts {
				w.start()
			}
			w.vanishes("ann")
			w.wantCalls(1, "DELETE", "/users/*")
			if w.clerk.User(id) != nil {
				t.Errorf("user %s is still at Clerk\n%s", id, w.describe())
			}
			w.tells("ann", v1alpha1.EventDeleted)
			w.rests()
		})
	}
}

// TestUserDeletedByHandIsLetGoWithAnEvent deletes an object whose user somebody deleted in Clerk's dashboard just before.
func TestUserDeletedByHandIsLetGoWithAnEvent(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.settle()
	w.removeAtClerk(id)
	w.delete(w.read("ann"))
	w.tells("ann", v1alpha1.EventReleased)
	w.vanishes("ann")
	w.rests()
}

// TestObjectWithoutAUserIsLetGoWithAnEvent deletes an object whose user Clerk refused to create.
func TestObjectWithoutAUserIsLetGoWithAnEvent(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Configure(func(s *emulator.Settings) { s.Blocked = []string{"@example.com"} })
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.tells("ann", v1alpha1.EventReleased)
	w.rests()
}

// TestUserNamedRightAfterItsCreationIsAdopted names a user that somebody created a moment ago, before Clerk shows it.
func TestUserNamedRightAfterItsCreationIsAdopted(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Configure(func(s *emulator.Settings) { s.GetLag = 3 * time.Second })
	seeded := w.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(address("ann"))}})
	w.create(w.user("ann", func(s *spec) { s.UserID = ptr.To(seeded.ID) }))
	if id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID; id != seeded.ID {
		t.Errorf("bound to %s, want %s", id, seeded.ID)
	}
	w.rests()
	if told := w.told("ann"); slices.Contains(told, v1alpha1.ReasonMissing) {
		t.Errorf("told were %v", told)
	}
}

// TestAnswersThatAreNoVerdictUndoNothing has every call about users answered with 404, as at a wrong URL or behind a proxy, while
// objects are looked at, edited and deleted.
func TestAnswersThatAreNoVerdictUndoNothing(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"InClerksForm": {Status: 404, Code: "resource_not_found"},
		"ByAProxy":     {Status: 404, Body: "<html>not found</html>"},
		"ByAGateway":   {Status: 410, Body: `{"errors":[{"message":"gone"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			w.create(w.user("ann", cannotLeave))
			w.create(w.user("bob"))
			id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
			other := w.becomes("bob", v1alpha1.ReasonInSync).Status.UserID
			w.server.Clock().Advance(2 * lagTime)
			w.clerk.ResetJournal()
			fault.Path, fault.Times = "/users/**", -1
			w.clerk.InjectFault(fault)
			w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
			w.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
			w.delete(w.read("bob"))
			w.eventually("both users to be read", func() error {
				if w.calls("GET", "/users/"+id) == 0 || w.calls("GET", "/users/"+other) == 0 {
					return errNotYet
				}
				return nil
			})
			w.server.Clock().Advance(v1alpha1.DefaultFullInterval)
			w.becomes("ann", v1alpha1.ReasonRetrying)
			w.becomes("bob", v1alpha1.ReasonRetrying)
			w.clerk.ClearFaults()
			w.server.Clock().Advance(2 * lagTime)
			w.vanishes("bob")
			w.tells("bob", v1alpha1.EventDeleted)
			w.becomes("ann", v1alpha1.ReasonInSync)
			if u := w.atClerk("ann"); u.ID != id || u.FirstName == nil {
				t.Errorf("ann has user %+v, and had %s", u, id)
			}
			w.wantUsers(1)
			w.rests()
		})
	}
}

// TestMixedUpAnswerBindsNobody has the creating call answered with the body of a stranger.
func TestMixedUpAnswerBindsNobody(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"Created": true, "NotCreated": false} {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			stranger := w.clerk.Seed(emulator.User{
				EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("stranger@example.com")},
				PublicMetadata: map[string]any{"plan": "gold"},
			})
			w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: stranger.ID, AfterApplying: applied})
			w.create(w.user("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) }))
			if id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID; id == stranger.ID {
				t.Errorf("ann is bound to the stranger")
			}
			w.rests()
			w.delete(w.read("ann"))
			w.vanishes("ann")
			if now := w.clerk.User(stranger.ID); now == nil || now.UpdatedAt != stranger.UpdatedAt {
				t.Errorf("the stranger is %+v", now)
			}
			w.wantUsers(1)
			w.rests()
		})
	}
}
