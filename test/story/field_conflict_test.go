// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// eventReasons returns the reasons of the events about an object.
func (env *environment) eventReasons(name string) []string {
	env.t.Helper()
	events := &eventsv1.EventList{}
	if err := env.client.List(env.t.Context(), events, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	var reasons []string
	for _, e := range events.Items {
		if e.Regarding.Name == name {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}

// outage lets every call about users fail until it is over, and makes a change meanwhile that the operator despairs of.
func (env *environment) outage(name string, change func(*spec)) {
	env.t.Helper()
	env.clerk.InjectFault(emulator.Fault{Path: "/users/**", Status: 503, Times: -1})
	before := len(env.clerk.Journal().Matching("", "/users/**"))
	env.edit(name, change)
	env.eventually("calls to fail", func() error {
		if n := len(env.clerk.Journal().Matching("", "/users/**")); n < before+2 {
			return fmt.Errorf("%d calls", n-before)
		}
		return nil
	})
	env.server.Clock().Advance(31 * time.Second)
	env.expectReason(name, v1alpha1.ReasonRetrying)
	env.clerk.ClearFaults()
}

func TestStalledObjectKeepsItsUserBanned(t *testing.T) {
	t.Parallel()
	t.Run("WhenAFieldIsNotKept", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.create(env.user("ann", banned))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		unchanged, err := json.Marshal(env.atClerk("ann"))
		if err != nil {
			t.Fatal(err)
		}
		env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 200, Body: string(unchanged), Times: -1})
		env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		env.expectReason("ann", v1alpha1.ReasonNotKept)
		env.expectLiftedBanRestored("ann")
		env.expectReason("ann", v1alpha1.ReasonNotKept)
		env.expectCalls(1, "PATCH", "/users/*")
		env.expectNoWrites()
	})
	t.Run("WhenTheSpecCannotBeReached", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.create(env.user("ann", banned))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.edit("ann", func(s *spec) {
			s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{
				Address: "reserved@example.com", Status: ptr.To(v1alpha1.IdentifierReserved),
			})
		})
		env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
		env.expectLiftedBanRestored("ann")
		env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
		env.expectNoWrites()
	})
}

// TestFailuresAreNoFieldConflict lets the call that puts drift right fail as often as makes a field contended.
func TestFailuresAreNoFieldConflict(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users/*/ban", Status: 503, Times: 3})
	env.expectLiftedBanRestored("ann")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

// lockedByClerk makes an environment with a user that Clerk locked against guessing, as status shows.
func lockedByClerk(t *testing.T) *environment {
	t.Helper()
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = 100 * time.Hour })
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.Locked = true }); err != nil {
		t.Fatal(err)
	}
	env.eventually("status to show the lock", func() error {
		if locked := env.read("ann").Status.Locked; locked == nil || !*locked {
			return errNotYet
		}
		return nil
	})
	return env
}

func TestUnlockIsNotLostInAnOutage(t *testing.T) {
	env := lockedByClerk(t)
	env.outage("ann", func(s *spec) { s.Locked = ptr.To(false) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if env.atClerk("ann").Locked {
		t.Errorf("InSync, but the lock was not lifted\n%s", env.describe())
	}
	env.expectNoWrites()
}

func TestEditInAnOutageIsNotReportedAsDrift(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.outage("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectEvent("ann", v1alpha1.EventUpdated)
	if seen := env.eventReasons("ann"); slices.Contains(seen, v1alpha1.EventDriftCorrected) {
		t.Errorf("a declared change has an event about drift: %v", seen)
	}
	env.expectNoWrites()
}
