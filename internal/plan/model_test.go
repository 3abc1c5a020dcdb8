// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/preview/effect"
)

// carryOut returns the user at Clerk after a plan. The given user is not changed.
func carryOut(u *clerk.User, changes []plan.Change) (*clerk.User, error) {
	for _, c := range changes {
		next, err := act(u, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c, err)
		}
		u = next
	}
	return u, nil
}

var (
	errLast     = errors.New("it is the last way in")
	errTooLarge = errors.New("metadata exceeds 8192 bytes")
	errPassword = errors.New("it speaks of a password and sends none")
	errNoChange = errors.New("it changes nothing")
	errContact  = errors.New("the address or number does not have this id")
)

// newID is an id by which what was added is found again.
func newID(prefix, value string) string {
	if value == "" {
		return prefix + "1"
	}
	return prefix + value
}

// act is Clerk, as far as one user goes: it carries out one call or refuses it. It refuses more than Clerk does: what changes
// nothing, and what takes the last way in.
func act(u *clerk.User, c plan.Change) (*clerk.User, error) {
	next, err := effect.Of(u, c, newID)
	if err != nil || next == nil {
		return next, err
	}
	switch c := c.(type) {
	case plan.Create:
		if c.Params.Password != nil {
			setPassword(next, *c.Params.Password)
		}
	case plan.Update:
		err = actUpdate(next, c.Params)
	case plan.SetProfileImage:
		setImage(next, c.Image)
	case plan.UpdateEmailAddress:
		err = checkContact(u, c.Contact)
	case plan.DeleteEmailAddress:
		err = checkContact(u, c.Contact)
	case plan.UpdatePhoneNumber:
		err = checkContact(u, c.Contact)
	case plan.DeletePhoneNumber:
		err = checkContact(u, c.Contact)
	default:
	}
	return next, cmp.Or(err, actStrictly(u, next))
}

// actUpdate refuses a call about a password that sends none.
func actUpdate(u *clerk.User, p clerk.UpdateUserParams) error {
	if p.Password == nil && (p.SkipPasswordChecks != nil || p.SignOutOfOtherSessions != nil) {
		return errPassword
	}
	if p.Password != nil {
		setPassword(u, *p.Password)
	}
	return nil
}

func checkContact(u *clerk.User, contact plan.Contact) error {
	for _, e := range u.EmailAddresses {
		if e.ID == contact.ID && e.Address == contact.Value {
			return nil
		}
	}
	for _, n := range u.PhoneNumbers {
		if n.ID == contact.ID && n.Number == contact.Value {
			return nil
		}
	}
	return errContact
}

// actStrictly refuses what takes the last way in, what is too large by an own count, and what changes nothing.
func actStrictly(before, after *clerk.User) error {
	for _, metadata := range []clerk.Metadata{after.PublicMetadata, after.PrivateMetadata, after.UnsafeMetadata} {
		if before != nil && sizeAtClerk(metadata) > 8192 {
			return errTooLarge
		}
	}
	switch {
	case before == nil:
		return nil
	case waysIn(before) > 0 && waysIn(after) == 0:
		return errLast
	case asJSON(after) == asJSON(before):
		return errNoChange
	}
	return nil
}

// mergeJSON is MergePatch of RFC 7386, section 2.
func mergeJSON(target, patch any) any {
	target, patch = plainAny(target), plainAny(patch)
	patchObject, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, value := range patchObject {
		if value == nil {
			delete(object, name)
		} else {
			object[name] = mergeJSON(object[name], value)
		}
	}
	return object
}

// plainAny is a copy of a value by way of its JSON text.
func plainAny(value any) any {
	var result any
	if err := json.Unmarshal([]byte(asJSON(value)), &result); err != nil {
		panic(err)
	}
	return result
}

func plain(metadata clerk.Metadata) map[string]any {
	object, _ := plainAny(metadata).(map[string]any)
	if object == nil {
		object = map[string]any{}
	}
	return object
}

// shownUser is a user that JSON shows.
type shownUser clerk.User

func asJSON(value any) string {
	if u, ok := value.(*clerk.User); ok {
		value = (*shownUser)(u)
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// sizeAtClerk is how many bytes metadata takes as it is sent: encoding/json escapes what JSON does not ask for.
func sizeAtClerk(metadata clerk.Metadata) int {
	return len(strings.NewReplacer(`\\`, `\\`, `\u003c`, "<", `\u003e`, ">", `\u0026`, "&", `\u2028`, "\u2028", `\u2029`, "\u2029").
		Replace(asJSON(metadata)))
}

// waysIn counts what the user can sign in with.
func waysIn(u *clerk.User) int {
	ways := 0
	for _, e := range u.EmailAddresses {
		if e.Status != clerk.Unverified {
			ways++
		}
	}
	for _, n := range u.PhoneNumbers {
		if n.Status != clerk.Unverified && !n.ReservedForSecondFactor {
			ways++
		}
	}
	for _, wallet := range u.Web3Wallets {
		if wallet.Status != clerk.Unverified {
			ways++
		}
	}
	if u.Username != "" {
		ways++
	}
	return ways
}

// copyUser shares nothing with the user that it copies.
func copyUser(u *clerk.User) *clerk.User { return effect.Copy(u) }
