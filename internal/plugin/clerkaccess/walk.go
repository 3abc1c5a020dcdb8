// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

const (
	// maxPage is how many users Clerk lists at once.
	maxPage = 500
	// maxCursors is how many users a list is tried to be continued after, in case the last ones are deleted meanwhile.
	maxCursors = 10
)

// Walk reads all users that match, page by page, oldest first.
type Walk struct {
	Reader ListReader
	Match  clerk.UserMatch
	// PageSize is how many users are read with one call; 0 is Clerk's maximum.
	PageSize int
}

// Page is a page of the list of users.
type Page struct {
	// Users are in the order of the list.
	Users []*clerk.User
	// Cursors are the last users, latest first, after which the list continues.
	Cursors []string
}

// errUnreadable means that Clerk's list does not get on.
var errUnreadable = errors.New("no user on a page of Clerk's list can be read")

// ListEndedError means that a list cannot be continued, since the users that it would continue after were deleted.
type ListEndedError struct {
	// After is the user after which the list was to continue.
	After string
}

// Error says what happened.
func (e *ListEndedError) Error() string {
	return fmt.Sprintf("the list of users at Clerk does not continue after %s, nor after the users before it, which were probably deleted", e.After)
}

// Each calls visit with each page after the users that cursors name; nil for all. It stops at the first error, and when visit returns
// false.
func (w Walk) Each(ctx context.Context, cursors []string, visit func(Page) (more bool, err error)) error {
	for {
		found, err := w.after(ctx, cursors)
		if err != nil {
			return err
		}
		if len(found.Users) == 0 {
			if found.More {
				return errUnreadable
			}
			return nil
		}
		next := cursorsOf(found.Users)
		if len(cursors) > 0 && next[0] == cursors[0] {
			return errUnreadable
		}
		cursors = next
		if more, err := visit(Page{Users: found.Users, Cursors: cursors}); err != nil || !more || !found.More {
			return err
		}
	}
}

// after returns the page after the first of the cursors that Clerk still knows. Clerk does not document what it answers if the user
// was deleted meanwhile: an empty page counts only if the user is still there.
func (w Walk) after(ctx context.Context, cursors []string) (clerk.UserPage, error) {
	if len(cursors) == 0 {
		found, err := w.Reader.UsersAfter(ctx, w.Match, "", w.pageSize())
		return found, listing(err)
	}
	for _, cursor := range cursors {
		found, err := w.Reader.UsersAfter(ctx, w.Match, cursor, w.pageSize())
		_, refused := clerk.Rejected(err)
		switch {
		case refused, clerk.IsNotFound(err):
			continue
		case err != nil:
			return found, listing(err)
		case len(found.Users) > 0:
			return found, nil
		}
		there, err := w.Reader.UsersByID(ctx, cursor)
		if err != nil {
			return found, listing(err)
		}
		if len(there) > 0 {
			return found, nil
		}
	}
	return clerk.UserPage{}, &ListEndedError{After: cursors[0]}
}

func (w Walk) pageSize() int { return cmp.Or(w.PageSize, maxPage) }

func listing(err error) error {
	if err != nil {
		return fmt.Errorf("listing the users at Clerk: %w", err)
	}
	return nil
}

// cursorsOf returns the last users of a page, latest first.
func cursorsOf(users []*clerk.User) []string {
	var ids []string
	for _, u := range slices.Backward(users) {
		if ids = append(ids, u.ID); len(ids) == maxCursors {
			break
		}
	}
	return ids
}
