// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// maxFilterValues is the number of values that Clerk accepts for one filter.
const maxFilterValues = 100

// UsersBy returns the users that have one of up to 100 values of one kind, with one call. It compares every returned
// user with the values and does not rely on Clerk's filter. Several users may have an unverified address. Recent
// changes may not be found yet.
func (c *Client) UsersBy(ctx context.Context, kind IdentifierKind, values ...string) ([]*User, error) {
	values = slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > maxFilterValues {
		return nil, fmt.Errorf("looking up users by %d values: at most %d at once", len(values), maxFilterValues)
	}
	params, err := newFilter(kind, values)
	if err != nil {
		return nil, err
	}
	answer := &foundAnswer{usersAnswer: usersAnswer{now: c.backend.now()}, kind: kind, values: values}
	if err := c.call(ctx, endpoint{OperationUsersBy, http.MethodGet}, usersPath, params, answer); err != nil {
		return nil, err
	}
	return answer.found, nil
}

// foundAnswer is a list of users by values of one kind.
type foundAnswer struct {
	usersAnswer
	kind   IdentifierKind
	values []string
	// found are the users that have one of the values.
	found []*User
}

func (a *foundAnswer) canonicalize() error {
	if err := a.usersAnswer.canonicalize(); err != nil {
		return err
	}
	if a.found = a.matching(a.kind, a.values); len(a.found) == 0 && len(a.users) > 0 {
		return errOtherUsers
	}
	return nil
}

// errOtherUsers means that a list has other users than requested, so the absence of a user says nothing.
var errOtherUsers = &malformedError{problem: "it lists users that were not asked for"}

func newFilter(kind IdentifierKind, values []string) (*user.ListParams, error) {
	params := &user.ListParams{}
	params.Limit = clerksdk.Int64(maxListLimit)
	switch kind {
	case KindExternalID:
		for _, value := range values {
			// Without the sign, Clerk would read a leading + or - as an operator.
			params.ExternalIDs = append(params.ExternalIDs, "+"+value)
		}
	case KindEmailAddress:
		params.EmailAddresses = values
	case KindPhoneNumber:
		params.PhoneNumbers = values
	case KindUsername:
		params.Usernames = values
	case KindWeb3Wallet:
		params.Web3Wallets = values
	default:
		return nil, errors.New("looking up users: no such kind of identifier")
	}
	return params, nil
}

// matching returns the users that have one of the values.
func (a *usersAnswer) matching(kind IdentifierKind, values []string) []*User {
	var users []*User
	for _, found := range a.users {
		if slices.ContainsFunc(values, func(value string) bool { return matches(found.canonical, kind, value) }) {
			users = append(users, found.canonical)
		}
	}
	return users
}

// matches reports whether a user has the identifier, in any status. Case counts if it counts at Clerk.
func matches(u *User, kind IdentifierKind, value string) bool {
	switch kind {
	case KindExternalID:
		return u.ExternalID == value
	case KindEmailAddress:
		lower := LowerASCII(value)
		return slices.ContainsFunc(u.EmailAddresses, func(e EmailAddress) bool { return e.Address == lower })
	case KindPhoneNumber:
		return slices.ContainsFunc(u.PhoneNumbers, func(p PhoneNumber) bool { return p.Number == value })
	case KindUsername:
		return u.Username == LowerASCII(value)
	case KindWeb3Wallet:
		wanted := FoldWallet(value)
		return slices.ContainsFunc(u.Web3Wallets, func(w Web3Wallet) bool { return w.Address == wanted })
	default:
		return false
	}
}

// CountUsers returns the number of users of the instance.
func (c *Client) CountUsers(ctx context.Context) (int64, error) {
	return c.countUsers(ctx, OperationCountUsers)
}

func (c *Client) countUsers(ctx context.Context, op Operation) (int64, error) {
	answer := &countAnswer{}
	if err := c.call(ctx, endpoint{op, http.MethodGet}, usersPath+"/count", nil, answer); err != nil {
		return 0, err
	}
	return *answer.Total, nil
}

// countAnswer distinguishes a missing count from 0, which the SDK's type does not.
type countAnswer struct {
	clerksdk.APIResource
	Total *int64 `json:"total_count"`
}

func (a *countAnswer) canonicalize() error {
	if a.Total == nil || *a.Total < 0 {
		return &malformedError{problem: "it has no count"}
	}
	return nil
}
