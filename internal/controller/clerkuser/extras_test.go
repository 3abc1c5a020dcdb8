// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestPagesAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	list := make([]int, 1203)
	var offsets []int
	page := func(offset int) ([]int, int, error) {
		offsets = append(offsets, offset)
		return list[offset:min(offset+extraPage, len(list))], len(list), nil
	}
	items, total, err := readPages(nil, page)
	if err != nil || len(items) != len(list) || total != int64(len(list)) {
		t.Errorf("read %d of %d: %v", len(items), total, err)
	}
	if diff := cmp.Diff([]int{0, 500, 1000}, offsets); diff != "" {
		t.Errorf("offsets (-want +got):\n%s", diff)
	}
}

func TestEndlessPagesAreCutOff(t *testing.T) {
	t.Parallel()
	calls := 0
	items, total, err := readPages(nil, func(int) ([]int, int, error) { calls++; return []int{1}, 1 << 30, nil })
	if err != nil || calls != extraPages || len(items) != extraPages || total != 1<<30 {
		t.Errorf("%d calls gave %d of %d: %v", calls, len(items), total, err)
	}
	if _, total, _ := readPages(nil, func(int) ([]int, int, error) { return nil, 7, nil }); total != 7 {
		t.Errorf("an empty page of 7 counts %d", total)
	}
	refusal := errors.New("no")
	if _, _, err := readPages(nil, func(int) ([]int, int, error) { return nil, 0, refusal }); !errors.Is(err, refusal) {
		t.Errorf("the error is %v", err)
	}
}

func TestReadPagesAreNotReadAgain(t *testing.T) {
	t.Parallel()
	have, wait := make([]int, extraPage), &clerk.WaitError{}
	all, _, err := readPages(have, func(int) ([]int, int, error) { return nil, 0, wait })
	if len(all) != extraPage || !errors.Is(err, wait) {
		t.Errorf("%d entries are kept, with %v", len(all), err)
	}
	var offsets []int
	all, total, err := readPages(have, func(offset int) ([]int, int, error) { offsets = append(offsets, offset); return []int{1}, 501, nil })
	if len(all) != 501 || total != 501 || err != nil || len(offsets) != 1 || offsets[0] != extraPage {
		t.Errorf("%d of %d entries from offsets %v: %v", len(all), total, offsets, err)
	}
}

func TestExtrasAreReadAfterEachFullSync(t *testing.T) {
	t.Parallel()
	var m objectState
	start := time.Unix(1000, 0)
	const user, other = "user_1", "user_2"
	steps := []struct {
		name         string
		now          extra
		shown, asked bool
		want         bool
	}{
		{"NeverRead", extra{userID: user, generation: 1}, false, false, true},
		{"ReadBeforeTheFirstFullSync", extra{userID: user, generation: 1, compared: start}, true, false, false},
		{"Rested", extra{userID: user, generation: 1, compared: start}, true, false, false},
		{"ComparedAgain", extra{userID: user, generation: 1, compared: start.Add(time.Hour)}, true, false, true},
		{"AnotherGenerationThatShowsIt", extra{userID: user, generation: 2, compared: start.Add(time.Hour)}, true, false, false},
		{"AnotherIsAskedFor", extra{userID: user, generation: 2, compared: start.Add(time.Hour)}, false, false, true},
		{"AFreshLookIsAskedFor", extra{userID: user, generation: 2, compared: start.Add(time.Hour)}, true, true, true},
		{"RestedAfterIt", extra{userID: user, generation: 2, compared: start.Add(time.Hour)}, true, false, false},
		{"OfAnotherUser", extra{userID: other, generation: 2, compared: start.Add(time.Hour)}, true, false, true},
	}
	for _, s := range steps {
		_, got := m.extraDue(v1alpha1.IncludeOrganizationMemberships, s.now, s.shown, s.asked)
		if got != s.want {
			t.Errorf("%s: due %t, want %t", s.name, got, s.want)
		}
		if s.want {
			m.keepExtra(v1alpha1.IncludeOrganizationMemberships, s.now)
		}
	}
}

// A requested read that has to wait is not forgotten when the object no longer requests it.
func TestRequestedReadIsRememberedUntilDone(t *testing.T) {
	t.Parallel()
	var m objectState
	read := extra{userID: "user_1", generation: 1, compared: time.Unix(1000, 0)}
	m.keepExtra(v1alpha1.IncludeOrganizationInvitations, read)
	for _, asked := range []bool{true, false} {
		if _, due := m.extraDue(v1alpha1.IncludeOrganizationInvitations, read, true, asked); !due {
			t.Errorf("asked %t: the list is not read", asked)
		}
	}
}

func TestClippedTextKeepsItsCharacters(t *testing.T) {
	t.Parallel()
	if got := clip("äöü", 2); got != "äö" {
		t.Errorf("clipped to %q", got)
	}
	if got := clip("ab", 2); got != "ab" {
		t.Errorf("clipped to %q", got)
	}
}

// Pages that shift while they are read show an entry twice. The API server refuses a status whose list has an id twice.
func TestShownIDsAreUnique(t *testing.T) {
	t.Parallel()
	a, b := clerk.OrganizationMembership{ID: "orgmem_a", OrganizationID: "org_1"}, clerk.OrganizationMembership{ID: "orgmem_b", OrganizationID: "org_2"}
	if got := showMemberships([]clerk.OrganizationMembership{a, b, a}); len(got) != 2 {
		t.Errorf("memberships: %+v", got)
	}
	c, d := clerk.OrganizationInvitation{ID: "orginv_c"}, clerk.OrganizationInvitation{ID: "orginv_d"}
	if got := showInvitations([]clerk.OrganizationInvitation{c, d, c}); len(got) != 2 {
		t.Errorf("invitations: %+v", got)
	}
}

// A list that Clerk refuses is never shown. It is read once before the first full sync, and not again because of that sync.
func TestRefusedListIsReadOncePerFullSync(t *testing.T) {
	t.Parallel()
	var state objectState
	at := func(compared time.Time) extra { return extra{userID: "user_1", generation: 1, compared: compared} }
	first := time.Unix(1000, 0)
	for i, step := range []struct {
		compared time.Time
		want     bool
	}{{time.Time{}, true}, {time.Time{}, false}, {first, false}, {first, false}, {first.Add(time.Hour), true}} {
		_, due := state.extraDue(v1alpha1.IncludeOrganizationMemberships, at(step.compared), false, false)
		if due != step.want {
			t.Errorf("step %d: due is %t, want %t", i, due, step.want)
		}
		if due {
			state.keepExtra(v1alpha1.IncludeOrganizationMemberships, at(step.compared))
		}
	}
}
