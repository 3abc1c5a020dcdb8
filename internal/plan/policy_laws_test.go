// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"slices"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// drawPolicy withholds some fields of a plan, and has some of its parts refused.
func drawPolicy(t *rapid.T, todo []plan.Change) plan.Policy {
	policy := plan.Policy{Withheld: map[string]bool{}, Refused: map[plan.Part]bool{}}
	for _, field := range plan.Fields(todo) {
		if rapid.Bool().Draw(t, "withheld "+field) {
			policy.Withheld[field] = true
		}
	}
	for _, c := range todo {
		for _, part := range plan.Parts(c) {
			if rapid.Bool().Draw(t, "refused "+part.String()) {
				policy.Refused[part] = true
			}
		}
	}
	policy.Single = rapid.Bool().Draw(t, "single")
	return policy
}

func blocked(p plan.Policy, part plan.Part) bool { return p.Withheld[part.Field] || p.Refused[part] }

// obedient: a policy withholds what it names, loses nothing, and removes no last way to sign in.
func obedient(t *rapid.T, p pair) {
	todo := plan.For(p.desired(), p.user)
	do, withheld := plan.Allow(plan.Policy{Observe: true}, todo, p.desired(), p.user)
	if diff := cmp.Diff(plan.Fields(todo), withheld); len(do) > 0 || diff != "" {
		t.Fatalf("observing carries out %q and withholds (-want +got):\n%s", render(do), diff)
	}
	policy := drawPolicy(t, todo)
	do, withheld = plan.Allow(policy, todo, p.desired(), p.user)
	if p.user == nil {
		if len(do) != 1 || len(withheld) != 0 {
			t.Fatalf("creation was split: %q without %q", render(do), withheld)
		}
		return
	}
	for _, c := range do {
		if len(c.Fields()) == 0 {
			t.Fatalf("%s says nothing, of %q", c, render(todo))
		}
		for _, part := range plan.Parts(c) {
			if blocked(policy, part) {
				t.Fatalf("%s is blocked, and carried out in %q", part, render(do))
			}
		}
	}
	if slices.Contains(withheld, plan.FieldOwnerMark) {
		t.Fatalf("the mark is withheld from %q", render(todo))
	}
	for _, field := range withheld {
		if !slices.Contains(plan.Fields(todo), field) {
			t.Fatalf("%s is withheld, and not in %q", field, render(todo))
		}
	}
	for _, field := range plan.Fields(todo) {
		if !slices.Contains(withheld, field) && !slices.Contains(plan.Fields(do), field) {
			t.Fatalf("%s is neither carried out nor withheld: %q of %q", field, render(do), render(todo))
		}
	}
	mustCarryOut(t, p.user, do)
}

// independent says that what a policy blocks holds back nothing but what rests on it: ways to sign in, and access that is
// given back. And access is given back only to a user whose rights are as they shall be.
func independent(t *rapid.T, p pair) {
	if p.user == nil {
		return
	}
	todo := plan.For(p.desired(), p.user)
	policy := drawPolicy(t, todo)
	do, withheld := plan.Allow(policy, todo, p.desired(), p.user)
	resting := []string{
		plan.FieldEmailAddresses, plan.FieldPhoneNumbers, plan.FieldUsername, plan.FieldBanned, plan.FieldLocked,
	}
	unrestricted := slices.ContainsFunc(todo, func(c plan.Change) bool { return (c == plan.Ban{} || c == plan.Lock{}) && !carriedOut(do, c) })
	if unrestricted {
		resting = append(resting, plan.FieldPassword)
	}
	for _, c := range todo {
		for _, part := range plan.Parts(c) {
			if slices.Contains(withheld, part.Field) && !policy.Withheld[part.Field] && !policy.Refused[plan.Part{Field: part.Field}] &&
				!slices.Contains(resting, part.Field) {
				t.Fatalf("%s is withheld without reason: %q of %q", part, render(do), render(todo))
			}
		}
	}
	for _, c := range todo {
		if add, ok := c.(plan.AddEmailAddress); ok && !unrestricted && !blocked(policy, plan.Parts(c)[0]) && !addsAddress(do, add.Params.Address) {
			t.Fatalf("%s is not added because of another: %q of %q", c, render(do), render(todo))
		}
	}
	if unrestricted && slices.ContainsFunc(do, func(c plan.Change) bool { _, adds := c.(plan.AddEmailAddress); return adds }) {
		t.Fatalf("access is given although it was to be taken: %q of %q", render(do), render(todo))
	}
	final, goal := mustCarryOut(t, p.user, do), mustCarryOut(t, p.user, todo)
	if p.user.Banned && !final.Banned || p.user.Locked && !final.Locked {
		wantRightsOf(t, final, goal)
	}
}

func carriedOut(do []plan.Change, c plan.Change) bool {
	return slices.ContainsFunc(do, func(other plan.Change) bool { return other == c })
}

func addsAddress(do []plan.Change, address string) bool {
	return slices.ContainsFunc(do, func(c plan.Change) bool {
		add, ok := c.(plan.AddEmailAddress)
		return ok && add.Params.Address == address
	})
}

// wantRightsOf fails if a user has metadata, or a way to sign in, that it must not have.
func wantRightsOf(t *rapid.T, u, goal *clerk.User) {
	for _, field := range []string{plan.FieldPublicMetadata, plan.FieldPrivateMetadata, plan.FieldUnsafeMetadata} {
		if diff := cmp.Diff(asJSON(metadataAt(goal, field)), asJSON(metadataAt(u, field))); diff != "" {
			t.Fatalf("access is given back with other %s (-goal +now):\n%s", field, diff)
		}
	}
	for _, e := range u.EmailAddresses {
		if !slices.ContainsFunc(goal.EmailAddresses, func(g clerk.EmailAddress) bool { return g.Address == e.Address }) {
			t.Fatalf("access is given back with address %s", e.Address)
		}
	}
	for _, n := range u.PhoneNumbers {
		if !slices.ContainsFunc(goal.PhoneNumbers, func(g clerk.PhoneNumber) bool { return g.Number == n.Number }) {
			t.Fatalf("access is given back with number %s", n.Number)
		}
	}
}

// divisible says that a plan of one field a call leads to where the plan leads.
func divisible(t *rapid.T, p pair) {
	if p.user == nil {
		return
	}
	todo := plan.For(p.desired(), p.user)
	single, withheld := plan.Allow(plan.Policy{Single: true}, todo, p.desired(), p.user)
	if len(withheld) > 0 {
		t.Fatalf("withheld: %q", withheld)
	}
	for _, c := range single {
		if len(plan.Parts(c)) > 1 {
			t.Fatalf("%s is still of several fields", c)
		}
	}
	want := mustCarryOut(t, p.user, todo)
	if diff := cmp.Diff(want, mustCarryOut(t, p.user, single)); diff != "" {
		t.Fatalf("divided, the plan leads elsewhere (-want +got):\n%s\n%q", diff, render(single))
	}
}
