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

// maxIDs is how many ids can be given: their users are in memory together.
const maxIDs = 1000

// walk reads users from Clerk, oldest first.
type walk struct {
	reader clerkaccess.ListReader
	match  clerk.UserMatch
	ids    []string
	// pageSize is how many users are read with one call; 0 is Clerk's maximum.
	pageSize int
}

// page is some users. cursors are the last ones in the order of the list, latest first, after which the list continues.
type page struct {
	users   []*clerk.User
	cursors []string
}

// each calls visit with each page, after the users that cursors name. It stops at the first error, and when visit returns false.
func (w walk) each(ctx context.Context, cursors []string, visit func(page) (more bool, err error)) error {
	if w.ids != nil {
		return w.byID(ctx, visit)
	}
	all := clerkaccess.Walk{Reader: w.reader, Match: w.match, PageSize: w.pageSize}
	err := all.Each(ctx, cursors, func(p clerkaccess.Page) (bool, error) { return visit(page{oldestFirst(p.Users), p.Cursors}) })
	if _, ended := errors.AsType[*clerkaccess.ListEndedError](err); ended {
		return fmt.Errorf("%w; import again with --overwrite", err)
	}
	return err
}

// byID reads the users with the ids.
func (w walk) byID(ctx context.Context, visit func(page) (bool, error)) error {
	var users []*clerk.User
	ids := slices.Compact(slices.Sorted(slices.Values(w.ids)))
	for some := range slices.Chunk(ids, clerk.MaxListIDs) {
		found, err := w.reader.UsersByID(ctx, some...)
		if err != nil {
			return fmt.Errorf("listing the users at Clerk: %w", err)
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

// oldestFirst sorts users, so that names do not depend on the order in which Clerk lists those of the same time.
func oldestFirst(users []*clerk.User) []*clerk.User {
	return slices.SortedFunc(slices.Values(users), func(a, b *clerk.User) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
}
