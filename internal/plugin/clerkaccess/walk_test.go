// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// listed is a list of users at Clerk, some of which were deleted since it was read.
type listed struct {
	ListReader
	ids     []string
	deleted []string
	// refuses is whether Clerk refuses to continue after a deleted user, instead of answering with nothing.
	refuses bool
	// unreadable is true if no user on a page can be read.
	unreadable bool
	asked      []string
}

// UsersAfter returns a page of three users.
func (l *listed) UsersAfter(_ context.Context, _ clerk.UserMatch, id string, _ int) (clerk.UserPage, error) {
	l.asked = append(l.asked, id)
	if l.unreadable {
		return clerk.UserPage{More: true}, nil
	}
	if slices.Contains(l.deleted, id) {
		if l.refuses {
			return clerk.UserPage{}, &clerk.Error{Status: 404}
		}
		return clerk.UserPage{}, nil
	}
	rest := l.ids[slices.Index(l.ids, id)+1:]
	page := clerk.UserPage{More: len(rest) > 3}
	for _, id := range rest[:min(3, len(rest))] {
		page.Users = append(page.Users, &clerk.User{ID: id})
	}
	return page, nil
}

func (l *listed) UsersByID(_ context.Context, ids ...string) ([]*clerk.User, error) {
	if slices.Contains(l.deleted, ids[0]) {
		return nil, nil
	}
	return []*clerk.User{{ID: ids[0]}}, nil
}

// people returns the ids of n users.
func people(n int) (ids []string) {
	for i := range n {
		ids = append(ids, fmt.Sprintf("user_%d", i))
	}
	return ids
}

// walked returns the users that a walk shows. deleted are deleted after the first page was read.
func walked(t *testing.T, l *listed, deleted ...string) ([]string, error) {
	t.Helper()
	var ids []string
	err := Walk{Reader: l}.Each(t.Context(), nil, func(p Page) (bool, error) {
		for _, u := range p.Users {
			ids = append(ids, u.ID)
		}
		l.deleted = deleted
		return true, nil
	})
	return ids, err
}

func TestWalkReadsEveryUser(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]int{"None": 0, "PartOfAPage": 2, "OnePage": 3, "SeveralPages": 10} {
		if ids, err := walked(t, &listed{ids: people(n)}); err != nil || !slices.Equal(ids, people(n)) {
			t.Errorf("%s: the walk showed %v, %v", name, ids, err)
		}
	}
}

func TestWalkContinuesAfterADeletedUser(t *testing.T) {
	t.Parallel()
	for _, refuses := range []bool{false, true} {
		l := &listed{ids: people(6), refuses: refuses}
		ids, err := walked(t, l, "user_2")
		// The user before the deleted one is on the page before, and the deleted one is listed once more here, unlike at Clerk.
		if err != nil || !slices.Contains(ids, "user_5") || !slices.Equal(l.asked[:3], []string{"", "user_2", "user_1"}) {
			t.Errorf("the walk showed %v after %v, %v", ids, l.asked, err)
		}
	}
}

func TestWalkEndsWithAnError(t *testing.T) {
	t.Parallel()
	_, err := walked(t, &listed{ids: people(6)}, "user_0", "user_1", "user_2")
	if ended, ok := errors.AsType[*ListEndedError](err); !ok || ended.After != "user_2" {
		t.Errorf("the error is %v", err)
	}
	if _, err := walked(t, &listed{ids: people(6), unreadable: true}); !errors.Is(err, errUnreadable) {
		t.Errorf("the error is %v", err)
	}
	stop := errors.New("stop")
	l := &listed{ids: people(6)}
	if err := (Walk{Reader: l}).Each(t.Context(), nil, func(Page) (bool, error) { return true, stop }); !errors.Is(err, stop) || len(l.asked) != 1 {
		t.Errorf("the error is %v after %v", err, l.asked)
	}
	l = &listed{ids: people(6)}
	if err := (Walk{Reader: l}).Each(t.Context(), []string{"user_2"}, func(Page) (bool, error) { return false, nil }); err != nil || len(l.asked) != 1 {
		t.Errorf("the error is %v after %v", err, l.asked)
	}
}
