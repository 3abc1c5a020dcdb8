// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
)

// createPhoneForm is the body of POST /phone_numbers.
type createPhoneForm struct {
	UserID                  given[string] `json:"user_id"                    null:"no"`
	PhoneNumber             given[string] `json:"phone_number"               null:"no"`
	Verified                given[bool]   `json:"verified"`
	Primary                 given[bool]   `json:"primary"`
	ReservedForSecondFactor given[bool]   `json:"reserved_for_second_factor"`
}

// updatePhoneForm is the body of PATCH /phone_numbers/{id}. The number itself cannot be changed.
type updatePhoneForm struct {
	Verified                given[bool] `json:"verified"`
	Primary                 given[bool] `json:"primary"`
	ReservedForSecondFactor given[bool] `json:"reserved_for_second_factor"`
}

// replacePhoneForm is the body of PUT /users/{user_id}/phone_number.
type replacePhoneForm struct {
	PhoneNumber given[string] `json:"phone_number"          null:"no"`
	Status      given[status] `json:"identification_status" null:"no"`
}

// phoneHolder returns the user of the number in the path, and the index of the number.
func (c *call) phoneHolder() (*User, int, error) {
	u := c.instance.store.find(c.instance.store.addresses[c.id("id")])
	if u != nil {
		if n := u.phone(c.id("id")); n >= 0 {
			return u, n, nil
		}
	}
	return nil, 0, notFound("phone number", c.id("id"))
}

// phone returns the index of the number with the id, or -1.
func (u *User) phone(id string) int {
	return slices.IndexFunc(u.PhoneNumbers, func(p PhoneNumber) bool { return p.ID == id })
}

func getPhoneNumber(c *call) (any, error) {
	u, n, err := c.phoneHolder()
	if err != nil {
		return nil, err
	}
	return u.PhoneNumbers[n], nil
}

func createPhoneNumber(c *call) (any, error) {
	var form createPhoneForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	u, err := c.addressOwner("phone_number", &form.UserID, &form.PhoneNumber, validPhone)
	if err != nil {
		return nil, err
	}
	first := len(u.PhoneNumbers) == 0
	switch {
	case form.ReservedForSecondFactor.Value && !form.Verified.Value:
		return nil, secondFactorRefused("identification_create_second_factor_unverified", "It must be verified first.")
	case form.Primary.Value && !form.Verified.Value && !first:
		return nil, verificationNeeded("primary")
	}
	added := phoneNumber(form.PhoneNumber.Value, statusUnverified)
	added.Verification = verificationFor(form.Verified.Value)
	added.ID = c.instance.server.ids.next("idn_", c.now)
	u, err = c.change(u.ID, func(u *User) error {
		u.PhoneNumbers = append(u.PhoneNumbers, added)
		if first || form.Primary.Value {
			u.PrimaryPhoneNumberID = new(added.ID)
		}
		c.instance.completeIdentifications(u, c.now)
		return u.reserveForSecondFactor(len(u.PhoneNumbers)-1, form.ReservedForSecondFactor.Value, c)
	})
	if err != nil {
		return nil, err
	}
	return u.PhoneNumbers[u.phone(added.ID)], nil
}

func secondFactorRefused(code, why string) error {
	return refuse(http.StatusBadRequest, code, "Second factor refused", why).about("reserved_for_second_factor")
}

// reserveForSecondFactor makes the nth number a second factor, the default one if there is no other, or undoes that.
func (u *User) reserveForSecondFactor(n int, reserve bool, c *call) error {
	p := &u.PhoneNumbers[n]
	if p.ReservedForSecondFactor == reserve {
		return nil
	}
	others := slices.ContainsFunc(u.PhoneNumbers, func(o PhoneNumber) bool { return o.ID != p.ID && o.ReservedForSecondFactor })
	if !reserve && p.DefaultSecondFactor && others {
		return unprocessable(problem("form_disable_default_second_factor_not_allowed", "reserved_for_second_factor",
			"is not allowed", "The default second factor cannot be disabled while there are others."))
	}
	p.ReservedForSecondFactor, p.DefaultSecondFactor = reserve, reserve && !others
	p.UpdatedAt = millis(c.now)
	if reserve && !u.hasIdentifier() {
		return secondFactorRefused("identification_update_failed", "The last identification cannot be a second factor.")
	}
	u.updateFactors(c.now)
	return nil
}

func updatePhoneNumber(c *call) (any, error) {
	u, n, err := c.phoneHolder()
	if err != nil {
		return nil, err
	}
	var form updatePhoneForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	if u.Directory.owns("phone_number") {
		return nil, managedBySCIM("phone_number")
	}
	if form.Verified.Value && c.instance.store.taken(newIdentity("phone_number", u.PhoneNumbers[n].PhoneNumber), u.ID) {
		return nil, unprocessable(identifierExists("phone_number"))
	}
	u, err = c.change(u.ID, func(u *User) error { return form.write(c, u, n) })
	if err != nil {
		return nil, err
	}
	return u.PhoneNumbers[n], nil
}

func (f *updatePhoneForm) write(c *call, u *User, n int) error {
	p := &u.PhoneNumbers[n]
	if f.Verified.present() && f.Verified.Value != p.Verification.verified() {
		p.Verification, p.Reserved = verificationFor(f.Verified.Value), false
		p.UpdatedAt = millis(c.now)
	}
	if f.Primary.Value {
		if !p.Verification.verified() {
			return verificationNeeded("primary")
		}
		u.PrimaryPhoneNumberID = new(p.ID)
	}
	if !f.ReservedForSecondFactor.present() {
		return nil
	}
	if f.ReservedForSecondFactor.Value && !p.Verification.verified() {
		return secondFactorRefused("identification_update_second_factor_unverified", "It must be verified first.")
	}
	return u.reserveForSecondFactor(n, f.ReservedForSecondFactor.Value, c)
}

func deletePhoneNumber(c *call) (any, error) {
	u, n, err := c.phoneHolder()
	if err != nil {
		return nil, err
	}
	if u.Directory.owns("phone_number") {
		return nil, managedBySCIM("phone_number")
	}
	if len(u.PhoneNumbers[n].LinkedTo) > 0 {
		return nil, linkedIdentification()
	}
	if c.settings().requires("phone_number") && len(u.PhoneNumbers) == 1 {
		return nil, lastRequiredIdentification()
	}
	_, err = c.change(u.ID, func(rest *User) error {
		rest.PhoneNumbers = slices.Delete(rest.PhoneNumbers, n, n+1)
		if !rest.hasIdentifier() && (u.PhoneNumbers[n].claims() || rest.identifications() == 0) {
			return lastIdentification()
		}
		rest.succeedPhone(c.id("id"))
		rest.updateFactors(c.now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return deletedObject{Object: "phone_number", ID: c.id("id"), Deleted: true}, nil
}

// succeedPhone makes the oldest verified number primary after the primary one with the id was deleted. It makes a
// second factor the default one if none is left.
func (u *User) succeedPhone(deleted string) {
	isDefault := func(p PhoneNumber) bool { return p.DefaultSecondFactor }
	isFactor := func(p PhoneNumber) bool { return p.ReservedForSecondFactor }
	if n := slices.IndexFunc(u.PhoneNumbers, isFactor); n >= 0 && !slices.ContainsFunc(u.PhoneNumbers, isDefault) {
		u.PhoneNumbers[n].DefaultSecondFactor = true
	}
	if u.PrimaryPhoneNumberID == nil || *u.PrimaryPhoneNumberID != deleted {
		return
	}
	u.PrimaryPhoneNumberID = nil
	for i := range u.PhoneNumbers {
		if u.PhoneNumbers[i].Verification.verified() {
			u.PrimaryPhoneNumberID = new(u.PhoneNumbers[i].ID)
			return
		}
	}
}

// replacePhoneNumber makes one number the user's only one; it is never a second factor. An existing number keeps its
// id.
func replacePhoneNumber(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	var form replacePhoneForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	requested, err := statusOf(&form.Status)
	if err != nil {
		return nil, err
	}
	kept := phoneNumber(form.PhoneNumber.Value, requested)
	for _, p := range u.PhoneNumbers {
		if len(p.LinkedTo) > 0 {
			return nil, linkedIdentification()
		}
		if p.PhoneNumber == kept.PhoneNumber {
			kept.ID, kept.CreatedAt, kept.UpdatedAt = p.ID, p.CreatedAt, p.UpdatedAt
		}
	}
	if err := c.checkReplacement(u, "phone_number", kept.PhoneNumber, kept.ID, validPhone); err != nil {
		return nil, err
	}
	u, err = c.change(u.ID, func(u *User) error {
		u.PhoneNumbers = []PhoneNumber{kept}
		c.instance.completeIdentifications(u, c.now)
		u.updateFactors(c.now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return u.PhoneNumbers[0], nil
}
