// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
	"time"
)

// maxBulk is the number of users that one bulk call may name.
const maxBulk = 50

// bulkForm is the body of POST /users/ban and /users/unban.
type bulkForm struct {
	UserIDs given[[]string] `json:"user_ids" null:"no"`
}

func banUser(c *call) (any, error)    { return c.ban(c.id("user_id"), true) }
func unbanUser(c *call) (any, error)  { return c.ban(c.id("user_id"), false) }
func banUsers(c *call) (any, error)   { return c.banAll(true) }
func unbanUsers(c *call) (any, error) { return c.banAll(false) }

// ban sets or lifts a ban; an existing ban is no change. Both need a plan with bans: Clerk's document lists 402 for
// both.
func (c *call) ban(id string, banned bool) (*User, error) {
	if c.settings().BanUnsupported {
		return nil, paymentRequired("ban_user")
	}
	return c.change(id, func(u *User) error {
		u.Banned = banned
		return nil
	})
}

// banAll bans or unbans all users that the body names, or none if one of them does not exist.
func (c *call) banAll(banned bool) (any, error) {
	var form bulkForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	switch ids := form.UserIDs.Value; {
	case len(ids) == 0:
		return nil, unprocessable(missingParam("user_ids"))
	case len(ids) > maxBulk:
		return nil, refuse(http.StatusBadRequest, "bulk_size_exceeded", "Bulk size exceeded", "At most 50 users can be given.")
	}
	for _, id := range form.UserIDs.Value {
		if _, err := c.find(id); err != nil {
			return nil, err
		}
	}
	users := []*User{}
	for n, id := range form.UserIDs.Value {
		if slices.Contains(form.UserIDs.Value[:n], id) {
			continue
		}
		u, err := c.ban(id, banned)
		if err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}

// lockUser locks the user for the instance's lockout duration. A user that is locked already stays unchanged, and the
// duration does not start again.
func lockUser(c *call) (any, error) {
	return c.lock(func(u *User) {
		if !u.Locked {
			u.Locked, u.LockedUntil = true, c.settings().lockedUntil(c.now)
		}
	})
}

// unlockUser lifts any lock and resets the user's attempts.
func unlockUser(c *call) (any, error) {
	return c.lock(func(u *User) {
		u.Locked, u.LockedUntil = false, time.Time{}
		u.LockoutExpiresInSeconds = nil
		u.VerificationAttemptsRemaining = new(int64(defaultLockoutAttempts))
	})
}

func (c *call) lock(edit func(*User)) (any, error) {
	if _, err := c.user(); err != nil {
		return nil, err
	}
	if c.settings().LockoutDisabled {
		return nil, featureDisabled("User lockout")
	}
	return c.change(c.id("user_id"), func(u *User) error {
		edit(u)
		return nil
	})
}
