// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"fmt"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

const usersPath = "/users"

// userPathOf returns the path of a user, or of what belongs to it. It refuses a text that is not a user id, because an
// empty one would select all users.
func userPathOf(id string, suffix string) (string, error) {
	if !userIDShape.MatchString(id) {
		return "", fmt.Errorf("%.64q is not the id of a Clerk user", id)
	}
	return usersPath + "/" + id + suffix, nil
}

// partPathOf returns the path of something that belongs to a user. It refuses a text that is not an id, because an
// empty one would select all of them.
func partPathOf(userID, collection, id string) (string, error) {
	if !partIDShape.MatchString(id) {
		return "", fmt.Errorf("%.64q is not the id of anything a Clerk user has", id)
	}
	return userPathOf(userID, collection+"/"+id)
}

// User returns the user with this id. If there is none, IsNotFound is true for the error. Clerk may also answer that
// for a user created less than a minute ago.
func (c *Client) User(ctx context.Context, id string) (*User, error) {
	return c.user(ctx, endpoint{OperationUser, http.MethodGet}, id, "", nil)
}

// CreateUser creates a user, and returns a user with the identifiers of params. If AnswerLost is true for the error, a
// user may have been created. If IdentifierTaken is true, a user with the identifier exists.
func (c *Client) CreateUser(ctx context.Context, params CreateUserParams) (*User, error) {
	body, err := newCreateParams(params)
	if err != nil {
		return nil, err
	}
	answer := &createdAnswer{userAnswer: userAnswer{now: c.backend.now()}, sent: params}
	if err := c.call(ctx, endpoint{OperationCreateUser, http.MethodPost}, usersPath, body, answer); err != nil {
		return nil, err
	}
	return answer.canonical, nil
}

// createdAnswer is a new user, who must have the sent identifiers. A different user is the answer to another call, and
// then the outcome of this call is unknown.
type createdAnswer struct {
	userAnswer
	sent CreateUserParams
}

func (a *createdAnswer) canonicalize() error {
	if err := a.userAnswer.canonicalize(); err != nil {
		return err
	}
	for _, identifier := range a.sent.identifiers() {
		if !matches(a.canonical, identifier.Kind, identifier.Value) {
			return &malformedError{problem: "it is not the user that was to be created"}
		}
	}
	return nil
}

// UpdateUser changes what params names and returns the changed user. Metadata, identifiers, bans, locks, the profile
// image and the removal of a password have their own calls.
func (c *Client) UpdateUser(ctx context.Context, id string, params UpdateUserParams) (*User, error) {
	return c.user(ctx, endpoint{OperationUpdateUser, http.MethodPatch}, id, "", newUpdateParams(params))
}

// BanUser bans a user: its sessions end and Clerk refuses sign-in. It changes nothing for a banned user.
func (c *Client) BanUser(ctx context.Context, id string) (*User, error) {
	return c.user(ctx, endpoint{OperationBanUser, http.MethodPost}, id, "/ban", nil)
}

// UnbanUser lifts a ban.
func (c *Client) UnbanUser(ctx context.Context, id string) (*User, error) {
	return c.user(ctx, endpoint{OperationUnbanUser, http.MethodPost}, id, "/unban", nil)
}

// LockUser makes Clerk refuse sign-in until the instance's lockout duration has passed. Sessions continue.
func (c *Client) LockUser(ctx context.Context, id string) (*User, error) {
	return c.user(ctx, endpoint{OperationLockUser, http.MethodPost}, id, "/lock", nil)
}

// UnlockUser lifts a lock, whoever set it.
func (c *Client) UnlockUser(ctx context.Context, id string) (*User, error) {
	return c.user(ctx, endpoint{OperationUnlockUser, http.MethodPost}, id, "/unlock", nil)
}

// DeleteUser deletes a user for good. IsNotFound is true for the error if there is none.
func (c *Client) DeleteUser(ctx context.Context, id string) error {
	path, err := userPathOf(id, "")
	if err != nil {
		return err
	}
	return c.call(ctx, endpoint{OperationDeleteUser, http.MethodDelete}, path, nil, &deletedAnswer{asked: id})
}

// user makes a call about one user whose answer is the user.
func (c *Client) user(ctx context.Context, to endpoint, id, suffix string, params clerksdk.Params) (*User, error) {
	path, err := userPathOf(id, suffix)
	if err != nil {
		return nil, err
	}
	answer := &userAnswer{asked: id, now: c.backend.now()}
	if err := c.call(ctx, to, path, params, answer); err != nil {
		return nil, err
	}
	return answer.canonical, nil
}

// deletePart deletes something that belongs to a user.
func (c *Client) deletePart(ctx context.Context, op Operation, userID, collection, id string) error {
	path, err := partPathOf(userID, collection, id)
	if err != nil {
		return err
	}
	return c.call(ctx, endpoint{op, http.MethodDelete}, path, nil, &deletedAnswer{asked: id})
}

// deletedAnswer is Clerk's answer to a deletion.
type deletedAnswer struct {
	clerksdk.DeletedResource
	asked string
}

func (a *deletedAnswer) canonicalize() error {
	if !a.Deleted || a.ID != "" && a.ID != a.asked {
		return &malformedError{problem: "it does not confirm the deletion"}
	}
	return nil
}
