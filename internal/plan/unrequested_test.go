// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// unrequested remembers the user as it was, and names what changed that nobody asked for.
type unrequested struct {
	pair
	final *clerk.User
}

func (w unrequested) touched() []string {
	before, after := copyUser(w.user), copyUser(w.final)
	for _, u := range []*clerk.User{before, after} {
		w.forgetManaged(u)
	}
	var touched []string
	from, to := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range from.NumField() {
		if asJSON(from.Field(i).Interface()) != asJSON(to.Field(i).Interface()) {
			touched = append(touched, from.Type().Field(i).Name)
		}
	}
	return touched
}

// forgetManaged clears what the spec or the record speaks of, so that the rest can be compared.
func (w unrequested) forgetManaged(u *clerk.User) {
	spec := w.spec
	w.forgetPlain(u)
	if spec.Username != nil {
		u.Username = ""
	}
	if spec.Password != nil {
		u.PasswordEnabled, u.PasswordUpdatedAt = false, time.Time{}
	}
	if spec.ProfileImage != nil || w.applied.ProfileImage {
		u.HasImage, u.CreatedAt = false, time.Time{}
	}
	// When a ban or lock may change is said by the oracle.
	u.Banned, u.Locked = false, false
	w.forgetEmails(u)
	w.forgetPhones(u)
	u.EmailAddresses = append([]clerk.EmailAddress{}, u.EmailAddresses...)
	u.PhoneNumbers = append([]clerk.PhoneNumber{}, u.PhoneNumbers...)
	for field, want := range metadataIn(spec) {
		u := metadataAt(u, field)
		delete(u, v1alpha1.OwnerKey)
		if want != nil && replaced(spec.MetadataPolicy) {
			clear(u)
			continue
		}
		w.forgetKeys("/"+field, u, want)
	}
}

func (w unrequested) forgetEmails(u *clerk.User) {
	managed := func(e clerk.EmailAddress) bool {
		at := slices.IndexFunc(w.spec.EmailAddresses, func(want v1alpha1.EmailAddress) bool {
			return strings.ToLower(want.Address) == e.Address
		})
		if at >= 0 {
			was := slices.ContainsFunc(w.user.EmailAddresses, func(b clerk.EmailAddress) bool { return b.Address == e.Address })
			return !was || w.spec.EmailAddresses[at].Status != nil
		}
		return w.spec.EmailAddresses != nil && replaced(w.spec.IdentifiersPolicy) ||
			slices.Contains(w.applied.EmailAddresses, e.Address)
	}
	u.EmailAddresses = slices.DeleteFunc(u.EmailAddresses, managed)
	primaryStays := slices.ContainsFunc(w.final.EmailAddresses, func(e clerk.EmailAddress) bool {
		return e.ID == w.user.PrimaryEmailAddressID
	})
	marked := slices.ContainsFunc(w.spec.EmailAddresses, func(e v1alpha1.EmailAddress) bool { return e.Primary != nil })
	if !primaryStays || marked {
		u.PrimaryEmailAddressID = ""
	}
}

func (w unrequested) forgetPhones(u *clerk.User) {
	managed := func(n clerk.PhoneNumber) bool {
		at := slices.IndexFunc(w.spec.PhoneNumbers, func(want v1alpha1.PhoneNumber) bool { return want.Number == n.Number })
		if at >= 0 {
			was := slices.ContainsFunc(w.user.PhoneNumbers, func(b clerk.PhoneNumber) bool { return b.Number == n.Number })
			want := w.spec.PhoneNumbers[at]
			return !was || want.Status != nil || want.ReservedForSecondFactor != nil
		}
		return w.spec.PhoneNumbers != nil && replaced(w.spec.IdentifiersPolicy) ||
			slices.Contains(w.applied.PhoneNumbers, n.Number)
	}
	u.PhoneNumbers = slices.DeleteFunc(u.PhoneNumbers, managed)
	primaryStays := slices.ContainsFunc(w.final.PhoneNumbers, func(n clerk.PhoneNumber) bool {
		return n.ID == w.user.PrimaryPhoneNumberID
	})
	marked := slices.ContainsFunc(w.spec.PhoneNumbers, func(n v1alpha1.PhoneNumber) bool { return n.Primary != nil })
	if !primaryStays || marked {
		u.PrimaryPhoneNumberID = ""
	}
}

// forgetKeys removes from an object what is declared and what is on record as ours.
func (w unrequested) forgetKeys(at string, object, want map[string]any) {
	for key, value := range object {
		pointer := at + "/" + strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
		wanted, isWanted := want[key]
		below, isObject := value.(map[string]any)
		wantedBelow, _ := wanted.(map[string]any)
		if isObject && (!isWanted || wantedBelow != nil) {
			w.forgetKeys(pointer, below, wantedBelow)
			// Whether an object emptied of what is ours stays is told by the examples.
			if len(below) == 0 {
				delete(object, key)
			}
			continue
		}
		if isWanted || slices.Contains(w.applied.Metadata, pointer) {
			delete(object, key)
		}
	}
}
