// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// ErrNoUser says that the instance has no user with the id.
var ErrNoUser = errors.New("no such user")

// Users returns the instance's users as they are now, oldest first, whatever lists show.
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

// Seed stores a user as somebody who was there before, and returns him complete: ids, times, object names and, where
// addresses are given but no primary one, the primary are filled in, metadata that is nil is {}, and the flags of the
// credentials given are set. Nothing is checked, so that users can be seeded that Clerk would refuse today.
func (i *Instance) Seed(u User) *User {
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
	seeded.settleCredentials(&User{}, now)
	i.complete(seeded, now)
	i.store.put(seeded, now, i.settings.ListLag)
	return clone(i.show(seeded, now))
}

// Edit changes a user as somebody in the Dashboard would and returns what became of him. A change raises UpdatedAt unless
// the function sets it, and another password PasswordLastUpdatedAt likewise. The error is ErrNoUser.
func (i *Instance) Edit(id string, change func(*User)) (*User, error) {
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
	edited.settleCredentials(shown, now)
	i.complete(edited, now)
	if edited.UpdatedAt == before.UpdatedAt {
		stamp(edited, before, now)
	}
	i.store.put(edited, now, i.settings.ListLag)
	return clone(i.show(edited, now)), nil
}

// Delete deletes a user as somebody in the Dashboard would. The error is ErrNoUser.
func (i *Instance) Delete(id string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.store.find(id) == nil {
		return fmt.Errorf("deleting %q: %w", id, ErrNoUser)
	}
	i.store.remove(id, i.now(), i.settings.ListLag)
	return nil
}

// show returns u as it reads now: a shallow copy with the lock's fields worked out.
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

// stamp raises the time of the last change; it always grows, as it would between two requests that cross a network.
func stamp(u, before *User, now time.Time) {
	u.UpdatedAt = max(millis(now), before.UpdatedAt+1)
}

// complete fills in what every user has, so that its JSON fits Clerk's schema.
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

// normalObject puts an object into the form that decoding JSON gives, with numbers as they were written; nil becomes {}.
// An object that is no JSON becomes {} too.
func normalObject(object map[string]any) map[string]any {
	normal := map[string]any{}
	if raw, err := json.Marshal(object); err == nil && object != nil {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		_ = decoder.Decode(&normal)
	}
	return normal
}
