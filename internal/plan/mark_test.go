// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestMarkText(t *testing.T) {
	t.Parallel()
	m := plan.Mark{Cluster: "k8s", Namespace: "team", Name: "ada", UID: "u-1", Origin: v1alpha1.OriginCreated}
	adopted := m
	adopted.Origin, adopted.BannedOnDelete = v1alpha1.OriginAdopted, true
	for text, want := range map[string]plan.Mark{
		"v1 k8s team/ada u-1 created":                  m,
		"v1 k8s team/ada u-1 adopted banned-on-delete": adopted,
	} {
		if got := want.String(); got != text {
			t.Errorf("String() = %q, want %q", got, text)
		}
		if got, ok := plan.ParseMark(text); !ok || got != want {
			t.Errorf("ParseMark(%q) = %+v, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "v1", "v2 k8s team/ada u-1 created", "v1 k8s team/ada u-1", "v1 k8s team/ada u-1 stolen",
		"v1  team/ada u-1 created", "v1 k8s team/ada  created", "v1 k8s ada u-1 created", "v1 k8s /ada u-1 created",
		"v1 k8s team/ u-1 created", "v1 k8s team/a/b u-1 created", "v1 k8s team/ada u-1 created more",
		" v1 k8s team/ada u-1 created", "v1 k8s team/ada u-1 created banned-on-delete banned-on-delete",
	} {
		if got, ok := plan.ParseMark(text); ok || got != (plan.Mark{}) {
			t.Errorf("ParseMark(%q) = %+v, want no mark", text, got)
		}
	}
}

func TestMarkIsWrittenAsItIsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`v1( [a-z/0]{0,4}){2,4}( created| adopted)( banned-on-delete)?`).Draw(t, "text")
		if m, ok := plan.ParseMark(text); ok && m.String() != text {
			t.Fatalf("%q is read as %q", text, m)
		}
	})
}

func TestAnUnknownOriginIsAdopted(t *testing.T) {
	t.Parallel()
	m := mark
	m.Origin = ""
	if got, _ := plan.ParseMark(m.String()); got.Origin != v1alpha1.OriginAdopted {
		t.Errorf("origin is %q", got.Origin)
	}
}

func TestOwnership(t *testing.T) {
	t.Parallel()
	with := func(edit func(*plan.Mark)) string {
		m := mark
		edit(&m)
		return m.String()
	}
	for name, tt := range map[string]struct {
		value any
		want  plan.Ownership
	}{
		"NoMark":             {nil, plan.Unmarked},
		"OurMark":            {mark.String(), plan.Ours},
		"OurUIDOtherName":    {with(func(m *plan.Mark) { m.Name = "renamed" }), plan.Ours},
		"SameNameOtherUID":   {with(func(m *plan.Mark) { m.UID = "u0" }), plan.Predecessors},
		"OtherName":          {with(func(m *plan.Mark) { m.Name, m.UID = "eve", "u0" }), plan.Anothers},
		"OtherNamespace":     {with(func(m *plan.Mark) { m.Namespace, m.UID = "other", "u0" }), plan.Anothers},
		"OtherCluster":       {with(func(m *plan.Mark) { m.Cluster, m.UID = "other", "u0" }), plan.Anothers},
		"OtherClusterOurUID": {with(func(m *plan.Mark) { m.Cluster = "other" }), plan.Anothers},
		"Unreadable":         {"v9 who knows", plan.Anothers},
		"Empty":              {"", plan.Anothers},
		"NoText":             {map[string]any{"cluster": leakMarker}, plan.Anothers},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := &clerk.User{PrivateMetadata: clerk.Metadata{v1alpha1.OwnerKey: tt.value}}
			if got := mark.OwnershipOf(u); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if _, ok := plan.FindMark(u); ok != (tt.value != nil) {
				t.Errorf("FindMark says %v", ok)
			}
		})
	}
	if got := (plan.Mark{}).OwnershipOf(&clerk.User{PrivateMetadata: clerk.Metadata{v1alpha1.OwnerKey: "x"}}); got != plan.Anothers {
		t.Errorf("an unreadable mark is taken for the zero one: %v", got)
	}
	if got := mark.OwnershipOf(&clerk.User{PublicMetadata: clerk.Metadata{v1alpha1.OwnerKey: mark.String()}}); got != plan.Unmarked {
		t.Errorf("a mark in public metadata counts: %v", got)
	}
}

func TestRemoval(t *testing.T) {
	t.Parallel()
	bannedMark := mark
	bannedMark.BannedOnDelete = true
	adopted := bannedMark
	adopted.Origin = v1alpha1.OriginAdopted
	predecessor, other := mark, mark
	predecessor.UID, other.UID, other.Name = "u0", "u0", "eve"
	marked := func(m plan.Mark) func(*clerk.User) {
		return func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = m.String() }
	}
	wasAdopted := mark
	wasAdopted.Origin = v1alpha1.OriginAdopted
	writes := func(m plan.Mark) string {
		return `MergeMetadata Private={"clerk-operator.io/owner":"` + m.String() + `"}`
	}
	const unmarks = `MergeMetadata Private={"clerk-operator.io/owner":null}`
	for name, tt := range map[string]struct {
		policy v1alpha1.DeletionPolicy
		user   *clerk.User
		want   []string
	}{
		"DeleteDeletes":                  {v1alpha1.DeletionDelete, ada(), []string{`Delete`}},
		"AnAbsentUserIsGone":             {v1alpha1.DeletionDelete, nil, nil},
		"AnothersUserIsLeft":             {v1alpha1.DeletionDelete, ada(marked(other)), nil},
		"AnothersUserIsNotBanned":        {v1alpha1.DeletionBan, ada(marked(other)), nil},
		"AnothersMarkIsLeft":             {v1alpha1.DeletionRetain, ada(marked(other)), nil},
		"AnUnmarkedUserIsTheCallers":     {v1alpha1.DeletionDelete, ada(noMark), []string{`Delete`}},
		"BanBansFirstAndSaysSo":          {v1alpha1.DeletionBan, ada(), []string{`Ban`, writes(bannedMark)}},
		"ABannedUserIsMarkedOnly":        {v1alpha1.DeletionBan, ada(banned), []string{writes(bannedMark)}},
		"BanIsAtRestThen":                {v1alpha1.DeletionBan, ada(banned, marked(bannedMark)), nil},
		"BanKeepsTheOrigin":              {v1alpha1.DeletionBan, ada(banned, marked(wasAdopted)), []string{writes(adopted)}},
		"BanMarksAnUnmarkedUser":         {v1alpha1.DeletionBan, ada(banned, noMark), []string{writes(bannedMark)}},
		"RetainTakesTheMarkOff":          {v1alpha1.DeletionRetain, ada(), []string{unmarks}},
		"RetainTakesAPredecessorsOffToo": {v1alpha1.DeletionRetain, ada(marked(predecessor)), []string{unmarks}},
		"RetainIsAtRestThen":             {v1alpha1.DeletionRetain, ada(noMark), nil},
		"AnUnknownPolicyTouchesNothing":  {"", ada(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(append([]string{}, tt.want...), render(plan.Removal(tt.policy, mark, tt.user))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	to := plan.Mark{Cluster: leakMarker, Namespace: "ns", Name: "ada-2", UID: "u2", Origin: v1alpha1.OriginCreated}
	was := mark
	was.Origin, was.BannedOnDelete = v1alpha1.OriginAdopted, true
	kept := to
	kept.Origin, kept.BannedOnDelete = v1alpha1.OriginAdopted, true
	marked := func(value any) *clerk.User {
		return ada(func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = value })
	}
	for name, tt := range map[string]struct {
		user *clerk.User
		want []string
	}{
		"OriginAndBanStay":          {marked(was.String()), []string{`MergeMetadata Private={"clerk-operator.io/owner":"` + kept.String() + `"}`}},
		"ItIsDoneOnce":              {marked(kept.String()), nil},
		"AnUnmarkedUserIsMarked":    {ada(noMark), []string{`MergeMetadata Private={"clerk-operator.io/owner":"` + to.String() + `"}`}},
		"AnUnreadableMarkIsLeft":    {marked("v9"), nil},
		"AnAbsentUserIsNotHandedOn": {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(append([]string{}, tt.want...), render(plan.Transfer(to, tt.user))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}
