// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// MaxListIDs is the number of ids that UsersByID accepts, which is what Clerk accepts for one filter.
const MaxListIDs = maxFilterValues

// UserPage is one page of a list of users.
type UserPage struct {
	// Users are in the order of the list. Unreadable ones are left out, so that they do not hide the others.
	Users []*User
	// More is true if the page was full, so that another may follow.
	More bool
}

// UsersByID returns the existing ones of up to 100 users, with one call. A user that was just created may be missing,
// and one that was just deleted may be present. An id that is not in Clerk's form belongs to no user, and must not hide
// the others.
func (c *Client) UsersByID(ctx context.Context, ids ...string) ([]*User, error) {
	if len(ids) > MaxListIDs {
		return nil, fmt.Errorf("listing %d users by id: at most %d at once", len(ids), MaxListIDs)
	}
	params := &listParams{}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		if userIDShape.MatchString(id) && !wanted[id] {
			params.UserIDs, wanted[id] = append(params.UserIDs, id), true
		}
	}
	if len(wanted) == 0 {
		return nil, nil
	}
	page, err := c.listPage(ctx, OperationUsersByID, params, MaxListIDs, wanted)
	return page.Users, err
}

// Listed reports whether a list shows a user. It confirms a read by id that found none, at another path and with
// another form of answer. A server that answers 404 to everything, such as a proxy or a wrong URL, cannot return a list
// without the user. IsNotFound is never true for the error.
func (c *Client) Listed(ctx context.Context, id string) (bool, error) {
	if !userIDShape.MatchString(id) {
		return false, fmt.Errorf("%.64q is not the id of a Clerk user", id)
	}
	params := &listParams{}
	params.UserIDs, params.Limit = []string{id}, clerksdk.Int64(1)
	answer := &pageAnswer{usersAnswer: usersAnswer{now: c.backend.now()}, wanted: map[string]bool{id: true}}
	err := c.call(ctx, endpoint{OperationListed, http.MethodGet}, usersPath, params, answer)
	if IsNotFound(err) {
		return false, errNoList
	}
	if err != nil {
		return false, err
	}
	return answer.length > 0, nil
}

// errNoList means that the server is not Clerk's API.
var errNoList = &malformedError{problem: "it says that there is no list of users; check apiURL of the ClerkInstance"}

// LastUpdated returns a page of up to limit (at most 500) users, last changed first, after the first offset. Clerk does
// not document what counts as a change, and deletions do not show.
func (c *Client) LastUpdated(ctx context.Context, offset, limit int) (UserPage, error) {
	params := &listParams{}
	params.OrderBy = clerksdk.String("-updated_at")
	if offset > 0 {
		params.Offset = clerksdk.Int64(int64(offset))
	}
	return c.listPage(ctx, OperationLastUpdated, params, limit, nil)
}

// UsersAfter returns a page of up to limit (at most 500) users, oldest first, that begins after the user with the given
// id; "" for the first page. Users that are created while all pages are read are on the last one. Clerk does not
// document what happens if the given user was deleted.
func (c *Client) UsersAfter(ctx context.Context, id string, limit int) (UserPage, error) {
	params := &listParams{startingAfter: id}
	params.OrderBy = clerksdk.String("+created_at")
	c.match.filter(params)
	return c.listPage(ctx, OperationUsersAfter, params, limit, nil)
}

// UserMatch is a filter of Clerk's list of users; the zero value matches all users. Clerk does not document how filters
// combine, so only the first field that is set counts.
type UserMatch struct {
	Unprintable

	// Query matches a part of an e-mail address, phone number, username, wallet, user id, first or last name.
	Query string
	// EmailAddress matches a part of an e-mail address, whatever its case.
	EmailAddress string
	// Banned matches users that are banned.
	Banned bool
}

// Matching returns a client whose UsersAfter lists the users that match. All pages of one list need the same match.
func (c *Client) Matching(match UserMatch) *Client { return &Client{backend: c.backend, match: match} }

// filter sets the parameter of the match, if there is one.
func (m UserMatch) filter(params *listParams) {
	switch {
	case m.Query != "":
		params.Query = clerksdk.String(m.Query)
	case m.EmailAddress != "":
		params.EmailAddressQuery = clerksdk.String(m.EmailAddress)
	case m.Banned:
		params.Banned = clerksdk.Bool(true)
	}
}

// listParams are the SDK's parameters with the cursor that they lack.
type listParams struct {
	user.ListParams
	startingAfter string
}

// ToQuery returns the query of the list.
func (p *listParams) ToQuery() url.Values {
	query := p.ListParams.ToQuery()
	if p.startingAfter != "" {
		query.Set("starting_after", p.startingAfter)
	}
	return query
}

// listPage reads one page of a list. wanted are the ids that the users may have; nil means any.
func (c *Client) listPage(
	ctx context.Context, op Operation, params *listParams, limit int, wanted map[string]bool,
) (UserPage, error) {
	limit = min(max(limit, 1), maxListLimit)
	params.Limit = clerksdk.Int64(int64(limit))
	answer := &pageAnswer{usersAnswer: usersAnswer{now: c.backend.now()}, wanted: wanted}
	if err := c.call(ctx, endpoint{op, http.MethodGet}, usersPath, params, answer); err != nil {
		return UserPage{}, err
	}
	return UserPage{Users: answer.readable, More: answer.length >= limit}, nil
}

// pageAnswer is a list of users. Unreadable users do not affect the others.
type pageAnswer struct {
	usersAnswer
	// wanted are the ids that the users may have; nil means any.
	wanted   map[string]bool
	length   int
	readable []*User
}

// UnmarshalJSON decodes the list as a whole, which is cheaper, and user by user only if that fails.
func (a *pageAnswer) UnmarshalJSON(data []byte) error {
	if a.usersAnswer.UnmarshalJSON(data) == nil {
		return nil
	}
	var entries []json.RawMessage
	if err := unmarshalList(data, &entries); err != nil {
		return err
	}
	a.users = make([]*userAnswer, len(entries))
	for i, entry := range entries {
		var one *userAnswer
		if json.Unmarshal(entry, &one) == nil {
			a.users[i] = one
		}
	}
	return nil
}

func (a *pageAnswer) canonicalize() error {
	a.length = len(a.users)
	for _, u := range a.users {
		if u == nil {
			continue
		}
		u.now = a.now
		if u.canonicalize() == nil {
			a.readable = append(a.readable, u.canonical)
		}
	}
	// A single unreadable user says nothing about other users that a later list may have.
	if a.length > 1 && len(a.readable) == 0 {
		return errNoneReadable
	}
	if a.wanted != nil && slices.ContainsFunc(a.readable, func(u *User) bool { return !a.wanted[u.ID] }) {
		return errOtherUsers
	}
	return nil
}

var errNoneReadable = &malformedError{problem: "none of the listed users can be read"}
