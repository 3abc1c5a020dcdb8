// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// TestMain checks the laws more often than rapid does by default. The flag -rapid.checks sets another number.
func TestMain(m *testing.M) {
	flag.Parse()
	chosen := false
	flag.Visit(func(f *flag.Flag) { chosen = chosen || f.Name == "rapid.checks" })
	for name, value := range map[string]string{"rapid.checks": "600", "rapid.nofailfile": "true"} {
		if name == "rapid.checks" && chosen {
			continue
		}
		if err := flag.Set(name, value); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

// laws hold for every pair. Each is a separate test below, and all together are a fuzz target.
var laws = map[string]func(*rapid.T, pair){
	"Deterministic":  deterministic,
	"Pure":           pure,
	"Satisfying":     satisfying,
	"AtRest":         atRest,
	"Discreet":       discreet,
	"CrashSafe":      crashSafe,
	"Cautious":       cautious,
	"Shrinking":      shrinking,
	"PolicyIsObeyed": obedient,
	"Independent":    independent,
	"Divisible":      divisible,
	"Reverting":      reverting,
	"Silent":         silent,
	"Fingerprinted":  fingerprinted,
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for name, law := range laws {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { law(t, pairs.Draw(t, "pair")) })
		})
	}
}

func FuzzFor(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		p := pairs.Draw(t, "pair")
		for _, law := range laws {
			law(t, p)
		}
	}))
}

func mustCarryOut(t *rapid.T, u *clerk.User, changes []plan.Change) *clerk.User {
	t.Helper()
	final, err := carryOut(u, changes)
	if err != nil {
		t.Fatalf("Clerk refuses: %v\nplan: %q", err, render(changes))
	}
	return final
}

// reach plans, records and carries out until the plan is empty, and returns the result.
func reach(t *rapid.T, p pair) (*clerk.User, v1alpha1.Applied) {
	t.Helper()
	u, applied := p.user, p.applied
	// A creating call cannot say everything, so a new user may need one more round.
	for range 3 {
		d := p.desiredWith(applied)
		todo := plan.For(d, u)
		if len(todo) == 0 {
			return u, plan.Prune(applied, d, u)
		}
		applied = plan.Intend(applied, d, todo)
		u = mustCarryOut(t, u, todo)
		applied = plan.Prune(plan.Confirm(applied, d, todo), d, u)
	}
	t.Fatalf("still to do: %q", render(plan.For(p.desiredWith(applied), u)))
	return nil, applied
}

func deterministic(t *rapid.T, p pair) {
	first, second := plan.For(p.desired(), p.user), plan.For(p.desired(), p.user)
	if diff := cmp.Diff(render(first), render(second)); diff != "" {
		t.Fatalf("two answers to one question (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(plan.Unreachable(p.desired(), p.user), plan.Unreachable(p.desired(), p.user)); diff != "" {
		t.Fatalf("two answers to one question (-first +second):\n%s", diff)
	}
	applied := plan.Intend(p.applied, p.desired(), first)
	if diff := cmp.Diff(applied, plan.Intend(p.applied, p.desired(), second)); diff != "" {
		t.Fatalf("two records of one plan (-first +second):\n%s", diff)
	}
}

func pure(t *rapid.T, p pair) {
	spec, applied, user := p.spec.DeepCopy(), p.applied.DeepCopy(), copyUser(p.user)
	d := p.desired()
	todo := plan.For(d, p.user)
	before := render(todo)
	plan.Unreachable(d, p.user)
	plan.Allow(plan.Policy{Withheld: map[string]bool{plan.FieldEmailAddresses: true}, Single: true}, todo, d, p.user)
	plan.Prune(plan.Intend(p.applied, d, todo), d, p.user)
	plan.Fields(todo)
	d.Identifiers()
	for _, policy := range []v1alpha1.DeletionPolicy{v1alpha1.DeletionBan, v1alpha1.DeletionRetain} {
		plan.Removal(policy, mark, p.user)
	}
	if p.user != nil {
		plan.Fingerprint(p.user, plan.FieldPrivateMetadata)
	}
	if diff := cmp.Diff(*spec, p.spec) + cmp.Diff(*applied, p.applied) + cmp.Diff(user, p.user) +
		cmp.Diff(before, render(todo)); diff != "" {
		t.Fatalf("planning changed what it was given (-before +after):\n%s", diff)
	}
}

func satisfying(t *rapid.T, p pair) {
	final, _ := reach(t, p)
	if broken := unmet(p, final); len(broken) > 0 {
		t.Fatalf("%s\nplan: %q", strings.Join(broken, "\n"), render(plan.For(p.desired(), p.user)))
	}
}

// atRest: one plan is enough for a user that exists, and two for one that does not.
func atRest(t *rapid.T, p pair) {
	first := plan.For(p.desired(), p.user)
	final, applied := mustCarryOut(t, p.user, first), plan.Confirm(p.applied, p.desired(), first)
	if p.user == nil {
		d := p.desiredWith(applied)
		second := plan.For(d, final)
		final, applied = mustCarryOut(t, final, second), plan.Confirm(applied, d, second)
	}
	if rest := plan.For(p.desiredWith(applied), final); len(rest) > 0 {
		t.Fatalf("still to do: %q\nafter: %q", render(rest), render(first))
	}
}

// crashSafe: after any prefix of the plan, whose record was written before it, the goal is still reached.
func crashSafe(t *rapid.T, p pair) {
	todo := plan.For(p.desired(), p.user)
	stop := rapid.IntRange(0, len(todo)).Draw(t, "crash after")
	q := p
	q.user = mustCarryOut(t, p.user, todo[:stop])
	q.applied = plan.Intend(p.applied, p.desired(), todo)
	if rapid.Bool().Draw(t, "confirmed") {
		q.applied = plan.Confirm(q.applied, p.desired(), todo[:stop])
	}
	if rapid.Bool().Draw(t, "settled") {
		q.applied = plan.Prune(q.applied, p.desired(), q.user)
	}
	final, _ := reach(t, q)
	if broken := unmet(p, final); len(broken) > 0 {
		t.Fatalf("%s\nafter %d of: %q", strings.Join(broken, "\n"), stop, render(todo))
	}
}

// cautious checks every intermediate state, and the order that the package documents.
func cautious(t *rapid.T, p pair) {
	todo := plan.For(p.desired(), p.user)
	if p.user == nil {
		if _, ok := todo[0].(plan.Create); !ok || len(todo) != 1 {
			t.Fatalf("an absent user is created by one call, not by %q", render(todo))
		}
		return
	}
	final := mustCarryOut(t, p.user, todo)
	u := p.user
	for i, c := range todo {
		before := u
		u = mustCarryOut(t, u, todo[i:i+1])
		var problem string
		switch {
		case p.user.Banned && final.Banned && !u.Banned:
			problem = "is unbanned for a moment"
		case shut(p.user) && shut(final) && !shut(u):
			problem = "is let in for a moment"
		case waysIn(before) > 0 && waysIn(u) == 0:
			problem = "has no way in"
		case !slices.IsSortedFunc(todo, func(a, b plan.Change) int { return rank(a) - rank(b) }):
			problem = "is changed in the wrong order"
		default:
			problem = stranger(p.user, u, final)
		}
		if problem != "" {
			t.Fatalf("the user %s after %s of %q", problem, c, render(todo))
		}
	}
}

func shut(u *clerk.User) bool { return u.Banned || u.Locked }

// rank is the position of a change in the order that the package documents.
func rank(c plan.Change) int {
	switch c := c.(type) {
	case plan.Ban:
		return 0
	case plan.Lock:
		return 1
	case plan.ReplaceMetadata, plan.MergeMetadata:
		return 2
	case plan.AddEmailAddress, plan.UpdateEmailAddress, plan.AddPhoneNumber:
		return 3
	case plan.UpdatePhoneNumber:
		if second := c.Params.ReservedForSecondFactor; second != nil && *second && c.Params.Verified == nil {
			return 5
		}
		return 3
	case plan.Update:
		return 4
	case plan.DeleteEmailAddress, plan.DeletePhoneNumber:
		return 5
	case plan.Unlock:
		return 6
	case plan.Unban:
		return 7
	case plan.SetProfileImage, plan.DeleteProfileImage:
		return 8
	default:
		return -1
	}
}

// stranger names an identifier, or its being verified, that belongs neither to the start nor to the goal.
func stranger(start, now, goal *clerk.User) string {
	known := map[string]bool{}
	list := func(u *clerk.User) (all []string) {
		all = append(all, "username "+u.Username, "external id "+u.ExternalID,
			"primary "+u.PrimaryEmailAddressID, "primary "+u.PrimaryPhoneNumberID)
		for _, e := range u.EmailAddresses {
			all = append(all, fmt.Sprint(e.Status, " ", e.Address))
		}
		for _, n := range u.PhoneNumbers {
			all = append(all, fmt.Sprint(n.Status, " ", n.Number))
		}
		return all
	}
	for _, name := range append(list(start), list(goal)...) {
		known[name] = true
	}
	for _, name := range list(now) {
		if !known[name] {
			return "has " + name
		}
	}
	return ""
}

// shrinking lets Clerk accept writes to one field without keeping them.
func shrinking(t *rapid.T, p pair) {
	if p.user == nil {
		return
	}
	todo := plan.For(p.desired(), p.user)
	all := plan.Fields(todo)
	if len(all) == 0 {
		return
	}
	futile := rapid.SampledFrom(all).Draw(t, "futile")
	kept, _ := plan.Allow(plan.Policy{Withheld: map[string]bool{futile: true}}, todo, p.desired(), p.user)
	applied := plan.Intend(p.applied, p.desired(), todo)
	rest := plan.Fields(plan.For(p.desiredWith(applied), mustCarryOut(t, p.user, kept)))
	for _, field := range rest {
		if !slices.Contains(all, field) {
			t.Fatalf("%s came up although only %s was not kept: %q", field, futile, render(todo))
		}
	}
	if futile != plan.FieldOwnerMark && !slices.Contains(rest, futile) {
		t.Fatalf("%s was not kept and is not planned again: %q", futile, render(todo))
	}
}

// discreet: what the spec omits and we did not add stays unchanged.
func discreet(t *rapid.T, p pair) {
	if p.user == nil {
		return
	}
	final, _ := reach(t, p)
	w := unrequested{pair: p, final: final}
	if touched := w.touched(); len(touched) > 0 {
		t.Fatalf("touched: %s\nplan: %q", strings.Join(touched, ", "), render(plan.For(p.desired(), p.user)))
	}
}

// reverting: a declaration that is removed again leaves nothing behind.
func reverting(t *rapid.T, p pair) {
	if p.user == nil {
		return
	}
	p.applied = v1alpha1.Applied{}
	p.spec.MetadataPolicy, p.spec.IdentifiersPolicy = nil, nil
	declared, applied := reach(t, p)
	q := pair{spec: v1alpha1.ClerkUserSpec{UserID: new("user_1")}, applied: applied, user: declared}
	final, left := reach(t, q)
	before, _ := plan.FindMark(p.user)
	if final.Banned && !p.user.Banned || p.user.Banned && !final.Banned && p.spec.Banned == nil && !before.BannedOnDelete {
		t.Fatalf("banned was %v and became %v", p.user.Banned, final.Banned)
	}
	if final.Locked && !p.user.Locked {
		t.Fatal("our lock stayed")
	}
	for _, e := range final.EmailAddresses {
		if !slices.ContainsFunc(p.user.EmailAddresses, func(b clerk.EmailAddress) bool { return b.Address == e.Address }) &&
			waysIn(final) > 1 {
			t.Fatalf("%s stayed", e.Address)
		}
	}
	for field := range metadataIn(p.spec) {
		have, had := metadataAt(final, field), metadataAt(p.user, field)
		for _, pointer := range leafPointers("", plain(have)) {
			value, _ := valueAt(plain(have), pointer[1:])
			_, isObject := value.(map[string]any)
			if _, was := valueAt(plain(had), pointer[1:]); !was && !isObject && !strings.Contains(pointer, "owner") {
				t.Fatalf("%s of %s stayed", pointer, field)
			}
		}
	}
	if final.HasImage && p.spec.ProfileImage != nil && p.spec.ProfileImage.SecretKeyRef != nil && !p.user.HasImage {
		t.Fatal("our image stayed")
	}
	if len(left.Metadata) > 0 || left.Banned || left.Locked || left.ProfileImage || left.PasswordDigest+left.ProfileImageDigest != "" {
		t.Fatalf("the record still holds %+v", left)
	}
}

// silent prints everything in every way that loggers use, and finds no value.
func silent(t *rapid.T, p pair) {
	d := p.desired()
	shown := []any{d, *d, p.inputs.of(p.spec), plan.InitialInputs{Password: clerk.NewSecret(leakMarker)}}
	for _, c := range plan.For(d, p.user) {
		shown = append(shown, c, &c, []plan.Change{c}, plan.Parts(c))
	}
	for _, value := range shown {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		all := string(text)
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			all += fmt.Sprintf(format, value)
		}
		for _, secret := range append([]string{leakMarker, "en-US", "user_1", "idn_"}, numbers...) {
			if strings.Contains(all, secret) {
				t.Fatalf("%T shows %q", value, secret)
			}
		}
	}
	for _, problem := range plan.Unreachable(d, p.user) {
		if strings.Contains(problem.Error(), leakMarker) || strings.Contains(problem.Error(), "+1555") {
			t.Fatalf("a problem shows a value: %s", problem.Error())
		}
	}
}

// fingerprinted: for everything that is planned a fingerprint shows whether Clerk kept it.
func fingerprinted(t *rapid.T, p pair) {
	if p.user == nil {
		return
	}
	for _, field := range plan.Fields(plan.For(p.desired(), p.user)) {
		if plan.Fingerprint(p.user, field) == "" {
			t.Fatalf("%s has no fingerprint", field)
		}
	}
}
