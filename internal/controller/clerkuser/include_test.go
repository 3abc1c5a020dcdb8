// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestPagesAreReadToTheirEnd(t *testing.T) {
	t.Parallel()
	list := make([]int, 1203)
	var offsets []int
	page := func(offset int) ([]int, int, error) {
		offsets = append(offsets, offset)
		return list[offset:min(offset+includePage, len(list))], len(list), nil
	}
	items, total, err := readPages(page)
	if err != nil || len(items) != len(list) || total != int64(len(list)) {
		t.Errorf("read %d of %d: %v", len(items), total, err)
	}
	if diff := cmp.Diff([]int{0, 500, 1000}, offsets); diff != "" {
		t.Errorf("offsets (-want +got):\n%s", diff)
	}
}

func TestPagesThatNeverEndAreLeftOff(t *testing.T) {
	t.Parallel()
	calls := 0
	items, total, err := readPages(func(int) ([]int, int, error) { calls++; return []int{1}, 1 << 30, nil })
	if err != nil || calls != includePages || len(items) != includePages || total != 1<<30 {
		t.Errorf("%d calls gave %d of %d: %v", calls, len(items), total, err)
	}
	if _, total, _ := readPages(func(int) ([]int, int, error) { return nil, 7, nil }); total != 7 {
		t.Errorf("an empty page of 7 counts %d", total)
	}
	refusal := errors.New("no")
	if _, _, err := readPages(func(int) ([]int, int, error) { return nil, 0, refusal }); !errors.Is(err, refusal) {
		t.Errorf("the error is %v", err)
	}
}

func TestWhatStatusIncludesIsReadAfterEachComparison(t *testing.T) {
	t.Parallel()
	m, start := newMemory(), time.Unix(1000, 0)
	steps := []struct {
		name       string
		generation int64
		compared   time.Time
		complete   bool
		want       bool
	}{
		{"NeverRead", 1, time.Time{}, false, true},
		{"ReadBeforeTheFirstComparison", 1, start, true, false},
		{"Rested", 1, start, true, false},
		{"ComparedAgain", 1, start.Add(time.Hour), true, true},
		{"AnotherIsAskedFor", 2, start, false, true},
	}
	for _, s := range steps {
		if got := m.includeDue("uid", s.generation, s.compared, s.complete); got != s.want {
			t.Errorf("%s: due %t, want %t", s.name, got, s.want)
		}
		if s.want {
			m.included("uid", s.generation, s.compared)
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

// Pages that shift while they are read show an entry twice. A list by id that holds one twice is refused, and all of status
// with it.
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
