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
	// maxTransitions is how often Ready may change: from Unknown to True, and once there and back for what passes.
	maxTransitions = 4
)

// TestLeaderThatWakesDoesNothing freezes the leader while it is at work, time and again, has people change everything
// meanwhile and as it wakes, and looks at what is left.
func TestLeaderThatWakesDoesNothing(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	people := []string{"ann", "bob", "cat", "dan"}
	env.add(people...)
	env.expectInSync(people...)
	for i := range rounds {
		thing := func(kind string) string { return fmt.Sprintf("%s%d", kind, i) }
		leader := env.leader()
		env.grant(thing("before"), people...)
		env.add(thing("old"), thing("leaving"))
		env.expectInSync(append(people, thing("old"), thing("leaving"))...)

		env.grant(thing("hasty"), "ann", "bob")
		env.withdraw(thing("before"), "bob")
		froze := env.freeze(leader)
		env.withdraw(thing("before"), "ann", "cat")
		env.remove(thing("old"))
		env.add(thing("new"))
		env.leader(leader)
		env.expectInSync(people...)

		env.grant(thing("after"), people...)
		env.expectInSync(append(people, thing("new"))...)
		asItWakes := func() {
			env.withdraw(thing("after"), people...)
			env.withdraw(thing("hasty"), "ann", "bob")
			env.remove(thing("leaving"))
			env.add(thing("late"))
		}
		if !froze {
			asItWakes()
			continue
		}
		env.resume(leader, asItWakes)
	}
	if env.frozen < rounds/2 {
		t.Errorf("in %d rounds the leader was frozen %d times", rounds, env.frozen)
	}
	env.expectDeclared()
	env.expectInSync(people...)
	env.transitions.expectAtMost(t, maxTransitions)
}

// TestLeaderFrozenInACall freezes the leader at the very moment in which a call of its arrives at Clerk, and has people take
// back what the call is about.
func TestLeaderFrozenInACall(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	env.add("ann", "bob", "cat")
	env.expectInSync("ann", "bob", "cat")
	for i, round := range []struct {
		name, method, path string
		cause, takeBack    func(thing string)
	}{
		// It comes first: that a user is gone who was created less than a minute ago is not believed at once.
		{"Deletion", "DELETE", "/users/*", func(string) { env.remove("cat") }, func(string) {}},
		{"Creation", "POST", "/users", func(thing string) { env.add(thing) }, func(thing string) { env.remove(thing) }},
		{"CreationThatStays", "POST", "/users", func(thing string) { env.add(thing) }, func(string) {}},
		{"Metadata", "PATCH", "/users/*/metadata", func(thing string) { env.grant(thing, "ann") }, func(thing string) { env.withdraw(thing, "ann") }},
		{"Address", "POST", "/email_addresses", func(thing string) { env.grant(thing, "bob") }, func(thing string) { env.withdraw(thing, "bob") }},
		{"AddressThatStays", "POST", "/email_addresses", func(thing string) { env.grant(thing, "ann") }, func(string) {}},
		{
			"Removal", "DELETE", "/email_addresses/*",
			func(thing string) { env.grant(thing, "bob"); env.expectInSync("bob"); env.withdraw(thing, "bob") },
			func(thing string) { env.grant(thing, "bob") },
		},
	} {
		leader, froze := env.leader(), false
		frozen := make(chan struct{})
		env.clerk.InjectFault(emulator.Fault{
			Method: round.method, Path: round.path, Delay: 200 * time.Millisecond,
			Match: func(emulator.Entry) bool {
				select {
				case <-frozen:
					return false
				default:
				}
				froze = env.freeze(leader)
				close(frozen)
				return true
			},
		})
		thing := fmt.Sprintf("thing%d", i)
		round.cause(thing)
		select {
		case <-frozen:
		case <-time.After(patience):
			t.Fatalf("%s: no %s %s arrived\n%s", round.name, round.method, round.path, env.describe())
		}
		round.takeBack(thing)
		env.leader(leader)
		if froze {
			env.resume(leader)
		}
	}
	if env.frozen == 0 {
		t.Error("the leader was never frozen")
	}
	env.expectDeclared()
	env.expectInSync("ann", "bob")
	env.transitions.expectAtMost(t, maxTransitions)
	if writes := env.clerk.Journal().Matching(http.MethodPost, "/users"); len(writes) < 5 {
		t.Errorf("%d users were created, want at least the five that were declared", len(writes))
	}
}
