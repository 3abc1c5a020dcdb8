// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
)

const (
	// maxPage is how many users Clerk lists at once.
	maxPage = 500
	// maxIDs is how many ids can be given: their users are in memory together.
	maxIDs = 1000
	// maxCursors is how many users a list is tried to be continued after, in case the last ones are deleted meanwhile.
	maxCursors = 10
)

// walk reads users from Clerk, oldest first.
type walk struct {
	reader clerkaccess.ListReader
	match  clerk.UserMatch
	ids    []string
	// pageSize is how many users are read with one call.
	pageSize int
}

// page is some users. cursors are the last ones in the order of the list, latest first, after which the list continues.
type page struct {
	users   []*clerk.User
	cursors []string
}

// errUnreadable means that Clerk's list does not get on.
var errUnreadable = errors.New("no user on a page of Clerk's list can be read")

// each calls visit with each page, after the users that cursors name. It stops at the first error, and when visit returns false.
func (w walk) each(ctx context.Context, cursors []string, visit func(page) (more bool, err error)) error {
	if w.ids != nil {
		return w.byID(ctx, visit)
	}
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
		if more, err := visit(page{oldestFirst(found.Users), cursors}); err != nil || !more || !found.More {
			return err
		}
	}
}

// after returns the page after the first of the cursors that Clerk still knows. Clerk does not document what it answers if the user
// was deleted meanwhile: an empty page counts only if the user is still there.
func (w walk) after(ctx context.Context, cursors []string) (clerk.UserPage, error) {
	if len(cursors) == 0 {
		found, err := w.reader.UsersAfter(ctx, w.match, "", w.pageSize)
		return found, readingUsers(err)
	}
	for _, cursor := range cursors {
		found, err := w.reader.UsersAfter(ctx, w.match, cursor, w.pageSize)
		_, refused := clerk.Rejected(err)
		switch {
		case refused, clerk.IsNotFound(err):
			continue
		case err != nil:
			return found, readingUsers(err)
		case len(found.Users) > 0:
			return found, nil
		}
		there, err := w.reader.UsersByID(ctx, cursor)
		if err != nil {
			return found, readingUsers(err)
		}
		if len(there) > 0 {
			return found, nil
		}
	}
	return clerk.UserPage{}, fmt.Errorf("the list of users at Clerk does not continue after %s, nor after the users before it, "+
		"which were probably deleted; import again with --overwrite", cursors[0])
}

func readingUsers(err error) error {
	if err != nil {
		return fmt.Errorf("listing the users at Clerk: %w", err)
	}
	return nil
}

// byID reads the users with the ids.
func (w walk) byID(ctx context.Context, visit func(page) (bool, error)) error {
	var users []*clerk.User
	ids := slices.Compact(slices.Sorted(slices.Values(w.ids)))
	for some := range slices.Chunk(ids, clerk.MaxListIDs) {
		found, err := w.reader.UsersByID(ctx, some...)
		if err != nil {
			return readingUsers(err)
		}
		users = append(users, found...)
	}
	if _, err := visit(page{users: oldestFirst(users)}); err != nil {
		return err
	}
	missing := slices.DeleteFunc(ids, func(id string) bool {
		return slices.ContainsFunc(users, func(u *clerk.User) bool { return u.ID == id })
	})
	if len(missing) > 0 {
		return &missingError{ids: missing}
	}
	return nil
}

// missingError says that Clerk does not have some of the users with given ids. The others are imported.
type missingError struct{ ids []string }

func (e *missingError) Error() string {
	return fmt.Sprintf("--id: this Clerk instance does not have %s: %s", plural(len(e.ids), "user"), strings.Join(e.ids, ", "))
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

// oldestFirst sorts users, so that names do not depend on the order in which Clerk lists those of the same time.
func oldestFirst(users []*clerk.User) []*clerk.User {
	return slices.SortedFunc(slices.Values(users), func(a, b *clerk.User) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}
