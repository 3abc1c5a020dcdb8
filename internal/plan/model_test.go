// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
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
	errAbsent   = errors.New("there is no such user, address or number")
	errTaken    = errors.New("the user has it already")
	errLast     = errors.New("it is the last way in")
	errLinked   = errors.New("it is linked to a connected account")
	errUnproven = errors.New("it is not verified")
	errTooLarge = errors.New("metadata exceeds 8192 bytes")
	errPassword = errors.New("it speaks of a password and sends none")
	errNoChange = errors.New("it changes nothing")
)

// act is Clerk, as far as one user goes: it carries out one call or refuses it, and refuses more than Clerk does by
// refusing what changes nothing.
func act(u *clerk.User, c plan.Change) (*clerk.User, error) {
	if create, ok := c.(plan.Create); ok {
		return actCreate(u, create.Params)
	}
	if u == nil {
		return nil, errAbsent
	}
	next := copyUser(u)
	var err error
	switch c := c.(type) {
	case plan.Create: // Carried out above.
	case plan.Ban:
		next.Banned = true
	case plan.Unban:
		next.Banned = false
	case plan.Lock:
		next.Locked = true
	case plan.Unlock:
		next.Locked = false
	case plan.Update:
		err = actUpdate(next, c.Params)
	case plan.MergeMetadata:
		err = actMetadata(next, c.Params, func(have, patch clerk.Metadata) any { return mergeJSON(have, patch) })
	case plan.ReplaceMetadata:
		err = actMetadata(next, c.Params, func(_, whole clerk.Metadata) any { return plain(whole) })
	case plan.SetProfileImage:
		setImage(next, c.Image)
	case plan.DeleteProfileImage:
		next.HasImage = false
	case plan.AddEmailAddress:
		err = actAddEmail(next, c.Params)
	case plan.UpdateEmailAddress:
		err = actUpdateEmail(next, c)
	case plan.DeleteEmailAddress:
		err = actDeleteEmail(next, c)
	case plan.AddPhoneNumber:
		err = actAddPhone(next, c.Params)
	case plan.UpdatePhoneNumber:
		err = actUpdatePhone(next, c)
	case plan.DeletePhoneNumber:
		err = actDeletePhone(next, c)
	case plan.Delete:
		return nil, nil
	}
	if err == nil && asJSON(next) == asJSON(u) {
		err = errNoChange
	}
	return next, err
}

func actCreate(u *clerk.User, p clerk.CreateUserParams) (*clerk.User, error) {
	if u != nil {
		return nil, errTaken
	}
	next := &clerk.User{
		ID: "user_1", CreateOrganizationEnabled: true, DeleteSelfEnabled: true,
		PublicMetadata:  plain(p.PublicMetadata),
		PrivateMetadata: plain(p.PrivateMetadata),
		UnsafeMetadata:  plain(p.UnsafeMetadata),
	}
	for _, e := range p.EmailAddresses {
		next.EmailAddresses = append(next.EmailAddresses, clerk.EmailAddress{
			ID: "idn_" + e.Value, Address: e.Value, Status: e.Status,
		})
		next.PrimaryEmailAddressID = next.EmailAddresses[0].ID
	}
	for _, n := range p.PhoneNumbers {
		next.PhoneNumbers = append(next.PhoneNumbers, clerk.PhoneNumber{ID: "idn_" + n.Value, Number: n.Value, Status: n.Status})
		next.PrimaryPhoneNumberID = next.PhoneNumbers[0].ID
	}
	for _, w := range p.Web3Wallets {
		next.Web3Wallets = append(next.Web3Wallets, clerk.Web3Wallet{ID: "idn_" + w, Address: w, Status: clerk.Verified})
	}
	next.Banned = p.Banned != nil && *p.Banned
	next.Locked = p.Locked != nil && *p.Locked
	if p.Username != nil {
		next.Username = *p.Username
	}
	if p.Password != nil {
		setPassword(next, *p.Password)
	}
	setPlain(next, &p)
	return next, nil
}

func actUpdate(u *clerk.User, p clerk.UpdateUserParams) error {
	setPlain(u, &p)
	if p.Password == nil && (p.SkipPasswordChecks != nil || p.SignOutOfOtherSessions != nil) {
		return errPassword
	}
	if p.Password != nil {
		setPassword(u, *p.Password)
	}
	if p.Username != nil {
		u.Username = *p.Username
		if u.Username == "" && waysIn(u) == 0 {
			return errLast
		}
	}
	if id := p.PrimaryEmailAddressID; id != nil {
		if !slices.ContainsFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool {
			return e.ID == *id && e.Status == clerk.Verified
		}) {
			return errUnproven
		}
		u.PrimaryEmailAddressID = *id
	}
	if id := p.PrimaryPhoneNumberID; id != nil {
		if !slices.ContainsFunc(u.PhoneNumbers, func(n clerk.PhoneNumber) bool {
			return n.ID == *id && n.Status == clerk.Verified
		}) {
			return errUnproven
		}
		u.PrimaryPhoneNumberID = *id
	}
	return nil
}

func actMetadata(u *clerk.User, p clerk.MetadataParams, combine func(have, sent clerk.Metadata) any) error {
	for _, field := range []struct {
		have *clerk.Metadata
		sent clerk.Metadata
	}{{&u.PublicMetadata, p.Public}, {&u.PrivateMetadata, p.Private}, {&u.UnsafeMetadata, p.Unsafe}} {
		if field.sent == nil {
			continue
		}
		*field.have = clerk.Metadata(combine(*field.have, field.sent).(map[string]any))
		if sizeAtClerk(*field.have) > 8192 {
			return errTooLarge
		}
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

func actAddEmail(u *clerk.User, p clerk.CreateEmailAddressParams) error {
	if slices.ContainsFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool { return e.Address == p.Address }) {
		return errTaken
	}
	added := clerk.EmailAddress{ID: "idn_" + p.Address, Address: p.Address, Status: clerk.Unverified}
	if p.Verified {
		added.Status = clerk.Verified
	}
	if p.Primary || len(u.EmailAddresses) == 0 {
		u.PrimaryEmailAddressID = added.ID
	}
	u.EmailAddresses = append(u.EmailAddresses, added)
	return nil
}

func emailAt(u *clerk.User, id, address string) int {
	return slices.IndexFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool { return e.ID == id && e.Address == address })
}

func actUpdateEmail(u *clerk.User, c plan.UpdateEmailAddress) error {
	at := emailAt(u, c.Contact.ID, c.Contact.Value)
	if at < 0 {
		return errAbsent
	}
	if v := c.Params.Verified; v != nil && *v {
		u.EmailAddresses[at].Status = clerk.Verified
	}
	if v := c.Params.Primary; v != nil && *v {
		if u.EmailAddresses[at].Status != clerk.Verified {
			return errUnproven
		}
		u.PrimaryEmailAddressID = c.Contact.ID
	}
	return nil
}

func actDeleteEmail(u *clerk.User, c plan.DeleteEmailAddress) error {
	at := emailAt(u, c.Contact.ID, c.Contact.Value)
	switch {
	case at < 0:
		return errAbsent
	case u.EmailAddresses[at].Linked:
		return errLinked
	}
	u.EmailAddresses = slices.Delete(u.EmailAddresses, at, at+1)
	if u.PrimaryEmailAddressID == c.Contact.ID {
		u.PrimaryEmailAddressID = ""
	}
	if waysIn(u) == 0 {
		return errLast
	}
	return nil
}

func actAddPhone(u *clerk.User, p clerk.CreatePhoneNumberParams) error {
	if slices.ContainsFunc(u.PhoneNumbers, func(n clerk.PhoneNumber) bool { return n.Number == p.Number }) {
		return errTaken
	}
	if p.ReservedForSecondFactor && !p.Verified {
		return errUnproven
	}
	added := clerk.PhoneNumber{
		ID: "idn_" + p.Number, Number: p.Number, Status: clerk.Unverified, ReservedForSecondFactor: p.ReservedForSecondFactor,
	}
	if p.Verified {
		added.Status = clerk.Verified
	}
	if p.Primary || len(u.PhoneNumbers) == 0 {
		u.PrimaryPhoneNumberID = added.ID
	}
	u.PhoneNumbers = append(u.PhoneNumbers, added)
	return nil
}

func phoneAt(u *clerk.User, id, number string) int {
	return slices.IndexFunc(u.PhoneNumbers, func(n clerk.PhoneNumber) bool { return n.ID == id && n.Number == number })
}

func actDeletePhone(u *clerk.User, c plan.DeletePhoneNumber) error {
	at := phoneAt(u, c.Contact.ID, c.Contact.Value)
	switch {
	case at < 0:
		return errAbsent
	case u.PhoneNumbers[at].Linked:
		return errLinked
	}
	u.PhoneNumbers = slices.Delete(u.PhoneNumbers, at, at+1)
	if u.PrimaryPhoneNumberID == c.Contact.ID {
		u.PrimaryPhoneNumberID = ""
	}
	if waysIn(u) == 0 {
		return errLast
	}
	return nil
}

func actUpdatePhone(u *clerk.User, c plan.UpdatePhoneNumber) error {
	at := phoneAt(u, c.Contact.ID, c.Contact.Value)
	if at < 0 {
		return errAbsent
	}
	before := waysIn(u)
	if v := c.Params.Verified; v != nil && *v {
		u.PhoneNumbers[at].Status = clerk.Verified
	}
	if v := c.Params.ReservedForSecondFactor; v != nil {
		if *v && u.PhoneNumbers[at].Status != clerk.Verified {
			return errUnproven
		}
		u.PhoneNumbers[at].ReservedForSecondFactor = *v
		if before > 0 && waysIn(u) == 0 {
			return errLast
		}
	}
	if v := c.Params.Primary; v != nil && *v {
		if u.PhoneNumbers[at].Status != clerk.Verified {
			return errUnproven
		}
		u.PrimaryPhoneNumberID = c.Contact.ID
	}
	return nil
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
func copyUser(u *clerk.User) *clerk.User {
	if u == nil {
		return nil
	}
	next := *u
	next.EmailAddresses = slices.Clone(u.EmailAddresses)
	next.PhoneNumbers = slices.Clone(u.PhoneNumbers)
	next.Web3Wallets = slices.Clone(u.Web3Wallets)
	next.PublicMetadata = copyMetadata(u.PublicMetadata)
	next.PrivateMetadata = copyMetadata(u.PrivateMetadata)
	next.UnsafeMetadata = copyMetadata(u.UnsafeMetadata)
	if u.CreateOrganizationsLimit != nil {
		next.CreateOrganizationsLimit = new(*u.CreateOrganizationsLimit)
	}
	return &next
}

func copyMetadata(metadata clerk.Metadata) clerk.Metadata {
	if metadata == nil {
		return nil
	}
	return maps.Clone(plain(metadata))
}
