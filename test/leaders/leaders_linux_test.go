// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	rounds = 6
	// maxTurns is how often Ready may turn: from Unknown to True, and once there and back for what passes.
	maxTurns = 4
)

// TestLeaderThatWakesDoesNothing freezes the leader while it is at work, time and again, has people change everything
// meanwhile and as it wakes, and looks at what is left.
func TestLeaderThatWakesDoesNothing(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	people := []string{"ann", "bob", "cat", "dan"}
	s.add(people...)
	s.inSync(people...)
	for i := range rounds {
		thing := func(kind string) string { return fmt.Sprintf("%s%d", kind, i) }
		leader := s.leader()
		s.grant(thing("before"), people...)
		s.add(thing("old"), thing("leaving"))
		s.inSync(append(people, thing("old"), thing("leaving"))...)

		s.grant(thing("hasty"), "ann", "bob")
		s.withdraw(thing("before"), "bob")
		froze := s.freeze(leader)
		s.withdraw(thing("before"), "ann", "cat")
		s.remove(thing("old"))
		s.add(thing("new"))
		s.leader(leader)
		s.inSync(people...)

		s.grant(thing("after"), people...)
		s.inSync(append(people, thing("new"))...)
		asItWakes := func() {
			s.withdraw(thing("after"), people...)
			s.withdraw(thing("hasty"), "ann", "bob")
			s.remove(thing("leaving"))
			s.add(thing("late"))
		}
		if !froze {
			asItWakes()
			continue
		}
		s.wake(leader, asItWakes)
	}
	if s.frozen < rounds/2 {
		t.Errorf("in %d rounds the leader was frozen %d times", rounds, s.frozen)
	}
	s.verify()
	s.inSync(people...)
	s.turns.wantAtMost(t, maxTurns)
}

// TestLeaderFrozenInACall freezes the leader at the very moment in which a call of its arrives at Clerk, and has people take
// back what the call is about.
func TestLeaderFrozenInACall(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.add("ann", "bob", "cat")
	s.inSync("ann", "bob", "cat")
	for i, round := range []struct {
		name, method, path string
		cause, takeBack    func(thing string)
	}{
		// It comes first: that a user is gone who was created less than a minute ago is not believed at once.
		{"Deletion", "DELETE", "/users/*", func(string) { s.remove("cat") }, func(string) {}},
		{"Creation", "POST", "/users", func(thing string) { s.add(thing) }, func(thing string) { s.remove(thing) }},
		{"CreationThatStays", "POST", "/users", func(thing string) { s.add(thing) }, func(string) {}},
		{"Metadata", "PATCH", "/users/*/metadata", func(thing string) { s.grant(thing, "ann") }, func(thing string) { s.withdraw(thing, "ann") }},
		{"Address", "POST", "/email_addresses", func(thing string) { s.grant(thing, "bob") }, func(thing string) { s.withdraw(thing, "bob") }},
		{"AddressThatStays", "POST", "/email_addresses", func(thing string) { s.grant(thing, "ann") }, func(string) {}},
		{
			"Removal", "DELETE", "/email_addresses/*",
			func(thing string) { s.grant(thing, "bob"); s.inSync("bob"); s.withdraw(thing, "bob") },
			func(thing string) { s.grant(thing, "bob") },
		},
	} {
		leader, froze := s.leader(), false
		frozen := make(chan struct{})
		s.clerk.InjectFault(emulator.Fault{
			Method: round.method, Path: round.path, Delay: 200 * time.Millisecond,
			Match: func(emulator.Entry) bool {
				select {
				case <-frozen:
					return false
				default:
				}
				froze = s.freeze(leader)
				close(frozen)
				return true
			},
		})
		thing := fmt.Sprintf("thing%d", i)
		round.cause(thing)
		select {
		case <-frozen:
		case <-time.After(patience):
			t.Fatalf("%s: no %s %s arrived\n%s", round.name, round.method, round.path, s.describe())
		}
		round.takeBack(thing)
		s.leader(leader)
		if froze {
			s.wake(leader)
		}
	}
	if s.frozen == 0 {
		t.Error("the leader was never frozen")
	}
	s.verify()
	s.inSync("ann", "bob")
	s.turns.wantAtMost(t, maxTurns)
	if writes := s.clerk.Journal().Matching(http.MethodPost, "/users"); len(writes) < 5 {
		t.Errorf("%d users were created, want at least the five that were declared", len(writes))
	}
}
