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

// told returns the reasons of the events about an object.
func (w *world) told(name string) []string {
	w.t.Helper()
	events := &eventsv1.EventList{}
	if err := w.client.List(w.t.Context(), events, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
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
func (w *world) outage(name string, change func(*spec)) {
	w.t.Helper()
	w.clerk.InjectFault(emulator.Fault{Path: "/users/**", Status: 503, Times: -1})
	before := len(w.clerk.Journal().Matching("", "/users/**"))
	w.edit(name, change)
	w.eventually("calls to fail", func() error {
		if n := len(w.clerk.Journal().Matching("", "/users/**")); n < before+2 {
			return fmt.Errorf("%d calls", n-before)
		}
		return nil
	})
	w.server.Clock().Advance(31 * time.Second)
	w.becomes(name, v1alpha1.ReasonRetrying)
	w.clerk.ClearFaults()
}

func TestStalledObjectKeepsItsUserBanned(t *testing.T) {
	t.Parallel()
	t.Run("WhenAFieldIsNotKept", func(t *testing.T) {
		w := newLiveWorld(t)
		w.create(w.user("ann", banned))
		w.becomes("ann", v1alpha1.ReasonInSync)
		unchanged, err := json.Marshal(w.atClerk("ann"))
		if err != nil {
			t.Fatal(err)
		}
		w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 200, Body: string(unchanged), Times: -1})
		w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		w.becomes("ann", v1alpha1.ReasonNotKept)
		w.liftedBanIsPutBack("ann")
		w.becomes("ann", v1alpha1.ReasonNotKept)
		w.wantCalls(1, "PATCH", "/users/*")
		w.rests()
	})
	t.Run("WhenTheSpecCannotBeReached", func(t *testing.T) {
		w := newLiveWorld(t)
		w.create(w.user("ann", banned))
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.edit("ann", func(s *spec) {
			s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{
				Address: "reserved@example.com", Status: ptr.To(v1alpha1.IdentifierReserved),
			})
		})
		w.becomes("ann", v1alpha1.ReasonInvalidSpec)
		w.liftedBanIsPutBack("ann")
		w.becomes("ann", v1alpha1.ReasonInvalidSpec)
		w.rests()
	})
}

// TestFailuresAreNoStrife lets the call that puts drift right fail as often as makes a field contended.
func TestFailuresAreNoStrife(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users/*/ban", Status: 503, Times: 3})
	w.liftedBanIsPutBack("ann")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

// lockedByClerk tells of a user that Clerk locked against guessing, which the operator shows.
func lockedByClerk(t *testing.T) *world {
	t.Helper()
	w := newLiveWorld(t)
	w.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = 100 * time.Hour })
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := w.clerk.Edit(id, func(u *emulator.User) { u.Locked = true }); err != nil {
		t.Fatal(err)
	}
	w.eventually("status to show the lock", func() error {
		if locked := w.read("ann").Status.Locked; locked == nil || !*locked {
			return errNotYet
		}
		return nil
	})
	return w
}

func TestUnlockIsNotLostInAnOutage(t *testing.T) {
	w := lockedByClerk(t)
	w.outage("ann", func(s *spec) { s.Locked = ptr.To(false) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	if w.atClerk("ann").Locked {
		t.Errorf("InSync, but the lock was not lifted\n%s", w.describe())
	}
	w.rests()
}

func TestEditInAnOutageIsNotToldAsDrift(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.outage("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.tells("ann", v1alpha1.EventUpdated)
	if told := w.told("ann"); slices.Contains(told, v1alpha1.EventDriftCorrected) {
		t.Errorf("what somebody declared was told as drift: %v", told)
	}
	w.rests()
}
