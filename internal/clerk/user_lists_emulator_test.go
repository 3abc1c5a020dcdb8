// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// populated is an environment with n users, each created a second after the one before, and their ids in that order.
func populated(t *testing.T, n int) (*environment, []string) {
	t.Helper()
	w := newEnvironment(t, emulator.Settings{})
	ids := make([]string, n)
	for i := range ids {
		at := int64(1_700_000_000_000 + 1000*i)
		ids[i] = w.instance.Seed(emulator.User{
			ID: fmt.Sprintf("user_%04d", n-i), CreatedAt: at, UpdatedAt: at, PrivateMetadata: map[string]any{"n": i},
		}).ID
	}
	return w, ids
}

func idsOf(users []*clerk.User) []string {
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	return ids
}

func TestAHundredUsersByID(t *testing.T) {
	t.Parallel()
	w, ids := populated(t, 130)
	if err := w.instance.Delete(ids[7]); err != nil {
		t.Fatal(err)
	}
	users, err := w.UsersByID(t.Context(), ids[:100]...)
	if err != nil {
		t.Fatal(err)
	}
	got, want := idsOf(users), slices.Delete(slices.Clone(ids[:100]), 7, 8)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(w.instance.Journal()); n != 1 {
		t.Errorf("%d calls, want one", n)
	}
	read := must2(t)(w.User(t.Context(), users[0].ID))
	if diff := cmp.Diff(read, users[0]); diff != "" {
		t.Errorf("a list shows another user than a read (-read +listed):\n%s", diff)
	}
}

func TestLastUpdatedIsFirst(t *testing.T) {
	t.Parallel()
	w, ids := populated(t, 7)
	for _, n := range []int{2, 5} {
		if _, err := w.instance.Edit(ids[n], func(u *emulator.User) {
			u.FirstName = new("changed")
			u.UpdatedAt = int64(1_800_000_000_000 + n)
		}); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{ids[5], ids[2], ids[6], ids[4], ids[3], ids[1], ids[0]}
	for _, offset := range []int{0, 3, 6} {
		page, err := w.LastUpdated(t.Context(), offset, 3)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want[offset:min(offset+3, 7)], idsOf(page.Users)); diff != "" {
			t.Errorf("from %d (-want +got):\n%s", offset, diff)
		}
		if page.More != (offset < 6) {
			t.Errorf("from %d: more is %t", offset, page.More)
		}
	}
	if page, err := w.LastUpdated(t.Context(), 7, 3); err != nil || len(page.Users) != 0 || page.More {
		t.Errorf("beyond the end: %+v, %v", page, err)
	}
}

func TestWalkThroughAllUsers(t *testing.T) {
	t.Parallel()
	w, ids := populated(t, 7)
	var walked []string
	for page := (clerk.UserPage{More: true}); page.More; {
		after := ""
		if len(walked) > 0 {
			after = walked[len(walked)-1]
		}
		var err error
		if page, err = w.UsersAfter(t.Context(), after, 3); err != nil {
			t.Fatal(err)
		}
		walked = append(walked, idsOf(page.Users)...)
	}
	if diff := cmp.Diff(ids, walked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.instance.Delete(ids[2]); err != nil {
		t.Fatal(err)
	}
	_, err := w.UsersAfter(t.Context(), ids[2], 3)
	if refused, ok := clerk.Rejected(err); !ok || refused.Status != http.StatusUnprocessableEntity {
		t.Errorf("after a user that is gone: %v", err)
	}
}

func TestPagesOfMatchingUsers(t *testing.T) {
	t.Parallel()
	w, ids := populated(t, 7)
	for _, n := range []int{1, 2, 4, 6} {
		if _, err := w.instance.Edit(ids[n], func(u *emulator.User) {
			u.FirstName, u.Banned = new("Ada"), n != 2
			u.EmailAddresses = []emulator.EmailAddress{{EmailAddress: fmt.Sprintf("u%d@Example.com", n%4)}}
		}); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		match clerk.UserMatch
		want  []int
	}{
		"All":          {clerk.UserMatch{}, []int{0, 1, 2, 3, 4, 5, 6}},
		"Query":        {clerk.UserMatch{Query: "ada"}, []int{1, 2, 4, 6}},
		"EmailAddress": {clerk.UserMatch{EmailAddress: "2@example.COM"}, []int{2, 6}},
		"Banned":       {clerk.UserMatch{Banned: true}, []int{1, 4, 6}},
		// Clerk does not say whether two filters are combined by "and".
		"FirstOfSeveral": {clerk.UserMatch{Query: "ada", Banned: true}, []int{1, 2, 4, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, want []string
			for _, n := range tc.want {
				want = append(want, ids[n])
			}
			for page, after := (clerk.UserPage{More: true}), ""; page.More; {
				var err error
				if page, err = w.Matching(tc.match).UsersAfter(t.Context(), after, 2); err != nil {
					t.Fatal(err)
				}
				if got = append(got, idsOf(page.Users)...); len(got) > 0 {
					after = got[len(got)-1]
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
