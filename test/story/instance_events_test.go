// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// instanceEvents returns the events about the ClerkInstance, as "reason: note".
func (env *environment) instanceEvents() (all []string) {
	env.t.Helper()
	for _, e := range env.eventsOf("default") {
		all = append(all, e.Reason+": "+e.Note)
	}
	slices.Sort(all)
	return all
}

// eventsOf returns the events about an object.
func (env *environment) eventsOf(name string) (all []eventsv1.Event) {
	env.t.Helper()
	events := &eventsv1.EventList{}
	if err := env.client.List(env.t.Context(), events, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	for i := range events.Items {
		if events.Items[i].Regarding.Name == name {
			all = append(all, events.Items[i])
		}
	}
	return all
}

// expectInstanceEvents waits until the events about the ClerkInstance are these and no others. Each of want is a reason and a part
// of the note, as "reason: part", in the order of the reasons.
func (env *environment) expectInstanceEvents(want ...string) {
	env.t.Helper()
	env.eventually("the events about the ClerkInstance", func() error {
		got := env.instanceEvents()
		for i, text := range got {
			reason, part, _ := strings.Cut(text, ": ")
			if i >= len(want) {
				return fmt.Errorf("there is one more event: %s", text)
			}
			wantReason, wantPart, _ := strings.Cut(want[i], ": ")
			if reason != wantReason || !strings.Contains(part, wantPart) {
				return fmt.Errorf("event %q, want %q", text, want[i])
			}
		}
		if len(got) < len(want) {
			return fmt.Errorf("events are %q, want also %q", got, want[len(got):])
		}
		return nil
	})
}

// expectNoMoreInstanceEvents restarts the operator and expects that it repeats no event.
func (env *environment) expectNoMoreInstanceEvents() {
	env.t.Helper()
	env.waitForRest()
	before := env.instanceEvents()
	env.restart()
	env.settle()
	env.waitForRest()
	if after := env.instanceEvents(); !slices.Equal(before, after) {
		env.t.Errorf("a restart made the events about the ClerkInstance\n%s\nout of\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}

// TestInstanceTellsHowManyUsersARejectedKeyStops revokes the key and makes it good again.
func TestInstanceTellsHowManyUsersARejectedKeyStops(t *testing.T) {
	env := newRunningEnvironment(t)
	names := []string{"ann", "bob", "cat"}
	for _, name := range names {
		env.create(env.user(name))
	}
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.expectInstanceEvents("KeyAccepted: belongs to instance")
	env.clerk.RevokeKey(env.clerk.Key())
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectInstanceReason(v1alpha1.ReasonKeyRejected)
	env.expectInstanceEvents("KeyAccepted: belongs to instance", "KeyRejected: until then 3 ClerkUsers are not reconciled")
	env.expectNoMoreInstanceEvents()
	next := env.anotherKey("next")
	env.clerk.AddKey(next)
	env.setKey(next)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectInstanceEvents("KeyAccepted: belongs to instance", "KeyAccepted: 3 ClerkUsers are reconciled again",
		"KeyRejected: until then 3 ClerkUsers are not reconciled")
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.expectNoMoreInstanceEvents()
}

// TestInstanceTellsWhenItsMirrorIsStale lets no list of users be read for a while.
func TestInstanceTellsWhenItsMirrorIsStale(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 503, Times: -1})
	const failing = "reading Clerk's list of users failed; it is retried"
	env.eventually("a line about the failing syncs", func() error {
		if len(env.logged(0, failing)) == 0 {
			return errors.New("there is none")
		}
		return nil
	})
	env.expectInstanceReason(v1alpha1.ReasonMirrorStale)
	env.expectInstanceEvents("KeyAccepted: belongs to instance", "MirrorStale: this concerns 1 ClerkUser")
	env.clerk.ClearFaults()
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	if ended := env.logged(0, "failure ended"); len(ended) == 0 || !strings.Contains(ended[0].Of, "sync of "+env.clerk.ID()) {
		t.Errorf("the end is told by %+v", ended)
	}
	env.expectInstanceEvents("KeyAccepted: belongs to instance", "KeyAccepted: reads Clerk's list of users again", "MirrorStale: this concerns 1 ClerkUser")
}

// TestInstanceTellsWhatTheBrakeHolds deletes more users than the brake allows, and releases them.
func TestInstanceTellsWhatTheBrakeHolds(t *testing.T) {
	env := newEnvironment(t, brakesAfterOne)
	// The counts are made once all are held.
	env.tune = func(c *controller.Config) { c.CountInterval = 2 * time.Second }
	env.start()
	names := []string{"ann", "bob", "cat", "dan"}
	for _, name := range names {
		env.create(env.user(name))
	}
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	for _, name := range names {
		env.delete(env.read(name))
	}
	const held = "DeletionsHeld: if what they wait for is intended, release it with: kubectl annotate clerkinstance -n "
	// The event has the number that the brake held at first.
	env.expectInstanceEvents(held, "KeyAccepted: belongs to instance")
	env.eventually("3 deletions to be held", func() error {
		instance := &v1alpha1.ClerkInstance{}
		if env.get(instance, "default"); instance.Status.HeldDeletions != 3 {
			return fmt.Errorf("status says %d", instance.Status.HeldDeletions)
		}
		return nil
	})
	env.expectNoWrites()
	env.expectNoMoreInstanceEvents()
	env.releaseDeletions(env.server.Clock().Now().Add(time.Hour))
	for _, name := range names {
		env.expectGone(name)
	}
	env.expectInstanceEvents(held, "DeletionsResumed: holds no ClerkUser any more", "KeyAccepted: belongs to instance")
	env.expectNoMoreInstanceEvents()
	env.expectNoWrites()
}

// TestInstanceTellsOfAMassAbsence deletes most users at Clerk, restarts the operator, and restores the users or releases them.
func TestInstanceTellsOfAMassAbsence(t *testing.T) {
	t.Parallel()
	const absence = "MassAbsence: no longer show the users of 7 ClerkUsers"
	t.Run("ThatPasses", func(t *testing.T) {
		env := newEnvironment(t)
		env.tune = func(c *controller.Config) { c.CountInterval = 2 * time.Second }
		env.start()
		names, ids := env.deleteMostAtClerk()
		env.expectInstanceEvents("KeyAccepted: belongs to instance", absence)
		env.expectNoMoreInstanceEvents()
		env.restoreAtClerk(names, ids)
		env.expectInstanceEvents("KeyAccepted: belongs to instance", absence, "MassAbsenceEnded: ")
		env.expectNoMoreInstanceEvents()
	})
	t.Run("ThatIsReleased", func(t *testing.T) {
		env := newEnvironment(t)
		env.tune = func(c *controller.Config) { c.CountInterval = 2 * time.Second }
		env.start()
		env.deleteMostAtClerk()
		env.expectInstanceEvents("KeyAccepted: belongs to instance", absence)
		env.releaseDeletions(env.server.Clock().Now().Add(time.Second))
		env.expectInstanceEvents("KeyAccepted: belongs to instance", absence, "MassAbsenceEnded: ")
		env.expectNoWrites()
	})
}

// TestFlappingInstanceMakesFewEvents has a key be good and bad 10 times within a minute.
func TestFlappingInstanceMakesFewEvents(t *testing.T) {
	env := newEnvironment(t)
	env.tune = func(c *controller.Config) { c.SecretInterval = 50 * time.Millisecond }
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	for range 10 {
		env.setKey("not a key")
		env.expectInstanceReason(v1alpha1.ReasonInvalidKey)
		env.setKey(env.clerk.Key())
		env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	}
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectInstanceEvents("InvalidKey: 1 ClerkUser is not reconciled", "KeyAccepted: belongs to instance", "KeyAccepted: 1 ClerkUser is reconciled again")
	for _, e := range env.eventsOf("default") {
		// client-go writes the count of a series when it begins, and later on.
		if again := e.Series != nil; again == (e.Action == "CheckKey" && e.Reason == v1alpha1.ReasonKeyAccepted) {
			t.Errorf("event %s (%s) says that it happened again: %t", e.Reason, e.Note, again)
		}
	}
}
