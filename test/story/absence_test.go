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
			env := newRunningEnvironment(t)
			env.clerk.Configure(func(s *emulator.Settings) { s.GetLag = 6 * time.Second })
			env.create(env.user("ann"))
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			// Times of deletions have whole seconds: a copy from right before one counts as read since.
			env.settle()
			if tc.restarts {
				env.halt()
			}
			env.delete(env.read("ann"))
			if tc.restarts {
				env.start()
			}
			env.expectGone("ann")
			env.expectCalls(1, "DELETE", "/users/*")
			if env.clerk.User(id) != nil {
				t.Errorf("user %s is still at Clerk\n%s", id, env.describe())
			}
			env.expectEvent("ann", v1alpha1.EventDeleted)
			env.expectNoWrites()
		})
	}
}

// TestUserDeletedByHandIsLetGoWithAnEvent deletes an object whose user somebody deleted in Clerk's dashboard just before.
func TestUserDeletedByHandIsLetGoWithAnEvent(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.settle()
	env.removeAtClerk(id)
	env.delete(env.read("ann"))
	env.expectEvent("ann", v1alpha1.EventReleased)
	env.expectGone("ann")
	env.expectNoWrites()
}

// TestObjectWithoutAUserIsLetGoWithAnEvent deletes an object whose user Clerk refused to create.
func TestObjectWithoutAUserIsLetGoWithAnEvent(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.Blocked = []string{"@example.com"} })
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventReleased)
	env.expectNoWrites()
}

// TestUserNamedRightAfterItsCreationIsAdopted names a user that somebody created a moment ago, before Clerk shows it.
func TestUserNamedRightAfterItsCreationIsAdopted(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.GetLag = 3 * time.Second })
	seeded := env.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail(address("ann"))}})
	env.create(env.user("ann", func(s *spec) { s.UserID = ptr.To(seeded.ID) }))
	if id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID; id != seeded.ID {
		t.Errorf("bound to %s, want %s", id, seeded.ID)
	}
	env.expectNoWrites()
	if seen := env.eventReasons("ann"); slices.Contains(seen, v1alpha1.ReasonMissing) {
		t.Errorf("the events are %v", seen)
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
			env := newRunningEnvironment(t)
			env.create(env.user("ann", cannotLeave))
			env.create(env.user("bob"))
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			other := env.expectReason("bob", v1alpha1.ReasonInSync).Status.UserID
			env.server.Clock().Advance(2 * lagTime)
			env.clerk.ResetJournal()
			fault.Path, fault.Times = "/users/**", -1
			env.clerk.InjectFault(fault)
			env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
			env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
			env.delete(env.read("bob"))
			env.eventually("both users to be read", func() error {
				if env.calls("GET", "/users/"+id) == 0 || env.calls("GET", "/users/"+other) == 0 {
					return errNotYet
				}
				return nil
			})
			env.server.Clock().Advance(v1alpha1.DefaultFullInterval)
			env.expectReason("ann", v1alpha1.ReasonRetrying)
			env.expectReason("bob", v1alpha1.ReasonRetrying)
			env.clerk.ClearFaults()
			env.server.Clock().Advance(2 * lagTime)
			env.expectGone("bob")
			env.expectEvent("bob", v1alpha1.EventDeleted)
			env.expectReason("ann", v1alpha1.ReasonInSync)
			if u := env.atClerk("ann"); u.ID != id || u.FirstName == nil {
				t.Errorf("ann has user %+v, and had %s", u, id)
			}
			env.expectUsers(1)
			env.expectNoWrites()
		})
	}
}

// TestMixedUpAnswerBindsNobody has the creating call answered with the body of a stranger.
func TestMixedUpAnswerBindsNobody(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"Created": true, "NotCreated": false} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			stranger := env.clerk.Seed(emulator.User{
				EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("stranger@example.com")},
				PublicMetadata: map[string]any{"plan": "gold"},
			})
			env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AnotherUser: stranger.ID, AfterApplying: applied})
			env.create(env.user("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) }))
			if id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID; id == stranger.ID {
				t.Errorf("ann is bound to the stranger")
			}
			env.expectNoWrites()
			env.delete(env.read("ann"))
			env.expectGone("ann")
			if now := env.clerk.User(stranger.ID); now == nil || now.UpdatedAt != stranger.UpdatedAt {
				t.Errorf("the stranger is %+v", now)
			}
			env.expectUsers(1)
			env.expectNoWrites()
		})
	}
}
