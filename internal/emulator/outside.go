// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ErrNoUser means that the instance has no user with the id.
var ErrNoUser = errors.New("no such user")

// Users returns the instance's present users, oldest first, whatever lists show.
func (i *Instance) Users() []*User {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	stored := i.store.all(now, 0)
	users := make([]*User, len(stored))
	for n, u := range stored {
		users[n] = clone(i.show(u, now))
	}
	return users
}

// User returns the user with the id, or nil.
func (i *Instance) User(id string) *User {
	i.mu.Lock()
	defer i.mu.Unlock()
	u := i.store.find(id)
	if u == nil {
		return nil
	}
	return clone(i.show(u, i.now()))
}

// Find returns the only user for whom match returns true; nil if there is none or more than one.
func (i *Instance) Find(match func(*User) bool) *User {
	var found *User
	for _, u := range i.Users() {
		if !match(u) {
			continue
		}
		if found != nil {
			return nil
		}
		found = u
	}
	return found
}

// NewestUsers returns up to n present users for whom match returns true, newest first, and how many match. match must neither change the
// user nor call the emulator.
func (i *Instance) NewestUsers(n int, match func(*User) bool) (users []*User, total int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	for _, u := range slices.Backward(i.store.all(now, 0)) {
		shown := i.show(u, now)
		if !match(shown) {
			continue
		}
		if total++; total <= n {
			users = append(users, clone(shown))
		}
	}
	return users, total
}

// Seed stores a user as an existing one, and returns it completed: with ids, times, object names, a primary address or
// number if there are any, {} for nil metadata, and the flags of given credentials. Nothing is checked, so that a test
// can seed users that Clerk would refuse today.
func (i *Instance) Seed(u User) *User {
	defer i.server.changes.note()
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	seeded := clone(&u)
	seeded.ID = cmp.Or(seeded.ID, i.server.ids.next("user_", now))
	seeded.CreatedAt = cmp.Or(seeded.CreatedAt, millis(now))
	seeded.UpdatedAt = cmp.Or(seeded.UpdatedAt, seeded.CreatedAt)
	if seeded.Locked && seeded.LockedUntil.IsZero() {
		seeded.LockedUntil = i.settings.lockedUntil(now)
	}
	if seeded.PrivateMetadata == nil {
		seeded.PrivateMetadata = map[string]any{}
	}
	seeded.updateCredentials(&User{}, now)
	i.complete(seeded, now)
	i.store.put(seeded, now, i.settings.ListLag)
	return clone(i.show(seeded, now))
}

// Edit changes a user like a person in the Dashboard and returns the changed user. A change raises UpdatedAt unless the
// function sets it; likewise another password raises PasswordLastUpdatedAt. The error is ErrNoUser.
func (i *Instance) Edit(id string, change func(*User)) (*User, error) {
	defer i.server.changes.note()
	i.mu.Lock()
	defer i.mu.Unlock()
	before := i.store.find(id)
	if before == nil {
		return nil, fmt.Errorf("editing %q: %w", id, ErrNoUser)
	}
	now := i.now()
	shown := i.show(before, now)
	edited := clone(shown)
	change(edited)
	edited.ID = id
	if edited.Locked && !shown.Locked && edited.LockedUntil.IsZero() {
		edited.LockedUntil = i.settings.lockedUntil(now)
	}
	edited.updateCredentials(shown, now)
	i.complete(edited, now)
	if edited.UpdatedAt == before.UpdatedAt {
		stamp(edited, before, now)
	}
	i.store.put(edited, now, i.settings.ListLag)
	return clone(i.show(edited, now)), nil
}

// Delete deletes a user like a person in the Dashboard. The error is ErrNoUser.
func (i *Instance) Delete(id string) error {
	defer i.server.changes.note()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.store.find(id) == nil {
		return fmt.Errorf("deleting %q: %w", id, ErrNoUser)
	}
	i.store.remove(id, i.now(), i.settings.ListLag)
	return nil
}

// show returns u at the time now: a shallow copy with the fields of the lock computed.
func (i *Instance) show(u *User, now time.Time) *User {
	shown := *u
	shown.LockoutExpiresInSeconds = nil
	if shown.Locked && !shown.LockedUntil.IsZero() {
		left := shown.LockedUntil.Sub(now)
		if left <= 0 {
			shown.Locked, shown.LockedUntil = false, time.Time{}
		} else {
			shown.LockoutExpiresInSeconds = new(int64((left + time.Second - 1) / time.Second))
		}
	}
	shown.VerificationAttemptsRemaining = nil
	if !i.settings.LockoutDisabled {
		shown.VerificationAttemptsRemaining = new(int64(defaultLockoutAttempts))
		if u.VerificationAttemptsRemaining != nil {
			shown.VerificationAttemptsRemaining = u.VerificationAttemptsRemaining
		}
	}
	return &shown
}

// stamp raises the time of the last change. It always grows, as between two requests over a network.
func stamp(u, before *User, now time.Time) {
	u.UpdatedAt = max(millis(now), before.UpdatedAt+1)
}

// complete fills in what every user has, so that its JSON conforms to Clerk's schema.
func (i *Instance) complete(u *User, now time.Time) {
	u.Object = "user"
	u.ImageURL = cmp.Or(u.ImageURL, imageURL(u.ID))
	u.PublicMetadata = normalObject(u.PublicMetadata)
	u.UnsafeMetadata = normalObject(u.UnsafeMetadata)
	if u.PrivateMetadata != nil {
		u.PrivateMetadata = normalObject(u.PrivateMetadata)
	}
	for _, list := range []*[]map[string]any{&u.SAMLAccounts, &u.EnterpriseAccounts} {
		if *list == nil {
			*list = []map[string]any{}
		}
	}
	i.completeIdentifications(u, now)
	i.completeOrganizations(u, now)
	if !u.HasImage {
		u.Image = nil
	}
}

// normalObject converts an object into the form that decoding JSON gives, with numbers as written. Nil becomes {}, and
// so does an object without a JSON form.
func normalObject(object map[string]any) map[string]any {
	normal := map[string]any{}
	if raw, err := json.Marshal(object); err == nil && object != nil {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		_ = decoder.Decode(&normal)
	}
	return normal
}
