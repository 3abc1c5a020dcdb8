// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// createEmailForm is the body of POST /email_addresses.
type createEmailForm struct {
	UserID               given[string] `json:"user_id"                              null:"no"`
	EmailAddress         given[string] `json:"email_address"                        null:"no"`
	Verified             given[bool]   `json:"verified"`
	Primary              given[bool]   `json:"primary"`
	NotifyPrimaryChanged given[bool]   `json:"notify_primary_email_address_changed"`
}

// updateEmailForm is the body of PATCH /email_addresses/{id}. The address itself cannot be changed.
type updateEmailForm struct {
	Verified             given[bool] `json:"verified"`
	Primary              given[bool] `json:"primary"`
	NotifyPrimaryChanged given[bool] `json:"notify_primary_email_address_changed"`
}

// replaceEmailForm is the body of PUT /users/{user_id}/email_address.
type replaceEmailForm struct {
	EmailAddress         given[string] `json:"email_address"                        null:"no"`
	Status               given[status] `json:"identification_status"                null:"no"`
	NotifyPrimaryChanged given[bool]   `json:"notify_primary_email_address_changed"`
}

// emailHolder returns the user of the address in the path, and the index of the address.
func (c *call) emailHolder() (*User, int, error) {
	u := c.instance.store.find(c.instance.store.addresses[c.id("id")])
	if u != nil {
		if n := u.email(c.id("id")); n >= 0 {
			return u, n, nil
		}
	}
	return nil, 0, notFound("email address", c.id("id"))
}

// email returns the index of the address with the id, or -1.
func (u *User) email(id string) int {
	return slices.IndexFunc(u.EmailAddresses, func(e EmailAddress) bool { return e.ID == id })
}

func getEmailAddress(c *call) (any, error) {
	u, n, err := c.emailHolder()
	if err != nil {
		return nil, err
	}
	return u.EmailAddresses[n], nil
}

func createEmailAddress(c *call) (any, error) {
	var form createEmailForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	u, err := c.addressOwner("email_address", &form.UserID, &form.EmailAddress, validEmail)
	if err != nil {
		return nil, err
	}
	before, first := u, len(u.EmailAddresses) == 0
	if form.Primary.Value && !form.Verified.Value && !first {
		return nil, verificationNeeded("primary")
	}
	added := emailAddress(form.EmailAddress.Value, statusUnverified)
	if form.Verified.Value {
		added.Verification = adminVerification()
	}
	added.ID = c.instance.server.ids.next("idn_", c.now)
	u, err = c.change(u.ID, func(u *User) error {
		u.EmailAddresses = append(u.EmailAddresses, added)
		if first || form.Primary.Value {
			u.PrimaryEmailAddressID = new(added.ID)
		}
		c.instance.completeIdentifications(u, c.now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.announcePrimary(&form.NotifyPrimaryChanged, before, u)
	return u.EmailAddresses[u.email(added.ID)], nil
}

// addressOwner makes the checks that the creating calls for addresses and numbers share, and returns the user to add
// to.
func (c *call) addressOwner(param string, userID, value *given[string], valid func(string) bool) (*User, error) {
	var missing []errorEntry
	if userID.Value == "" {
		missing = append(missing, missingParam("user_id"))
	}
	if value.Value == "" {
		missing = append(missing, missingParam(param))
	}
	if err := unprocessable(missing...); err != nil {
		return nil, err
	}
	u, err := c.find(userID.Value)
	if err != nil {
		return nil, err
	}
	return u, c.checkAddress(u, param, value.Value, valid)
}

// checkAddress refuses an address that the user cannot get.
func (c *call) checkAddress(u *User, param, value string, valid func(string) bool) error {
	switch {
	case u.Directory.owns(param):
		return managedBySCIM(param)
	case !valid(value):
		return unprocessable(invalidFormat(param, "a valid "+strings.ReplaceAll(param, "_", " ")))
	}
	if err := c.checkAllowed(param, value); err != nil {
		return err
	}
	id := newIdentity(param, value)
	if slices.Contains(c.instance.store.holders[id], u.ID) || c.instance.store.taken(id, u.ID) {
		return unprocessable(identifierExists(param))
	}
	return nil
}

func updateEmailAddress(c *call) (any, error) {
	u, n, err := c.emailHolder()
	if err != nil {
		return nil, err
	}
	var form updateEmailForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	if u.Directory.owns("email_address") {
		return nil, managedBySCIM("email_address")
	}
	before, address := u, u.EmailAddresses[n]
	if form.Verified.Value && c.instance.store.taken(newIdentity("email_address", address.EmailAddress), u.ID) {
		return nil, unprocessable(identifierExists("email_address"))
	}
	u, err = c.change(u.ID, func(u *User) error {
		e := &u.EmailAddresses[n]
		if form.Verified.present() && form.Verified.Value != e.Verification.verified() {
			e.Verification, e.Reserved = verificationFor(form.Verified.Value), false
			e.UpdatedAt = millis(c.now)
		}
		if form.Primary.Value {
			if !e.Verification.verified() {
				return verificationNeeded("primary")
			}
			u.PrimaryEmailAddressID = new(e.ID)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.announcePrimary(&form.NotifyPrimaryChanged, before, u)
	return u.EmailAddresses[n], nil
}

// announcePrimary notifies the user that the primary address changed, if it did and the call requests it.
func (c *call) announcePrimary(wanted *given[bool], before, after *User) {
	primary := valueOf(after.PrimaryEmailAddressID)
	if wanted.Value && primary != "" && primary != valueOf(before.PrimaryEmailAddressID) {
		c.notify(PrimaryEmailAddressChanged, after.ID, primary)
	}
}

// verificationFor returns the verification of an address that an administrator sets.
func verificationFor(verified bool) *Verification {
	if verified {
		return adminVerification()
	}
	return nil
}

func deleteEmailAddress(c *call) (any, error) {
	u, n, err := c.emailHolder()
	if err != nil {
		return nil, err
	}
	if u.Directory.owns("email_address") {
		return nil, managedBySCIM("email_address")
	}
	if len(u.EmailAddresses[n].LinkedTo) > 0 {
		return nil, linkedIdentification()
	}
	if c.settings().requires("email_address") && len(u.EmailAddresses) == 1 {
		return nil, lastRequiredIdentification()
	}
	_, err = c.change(u.ID, func(rest *User) error {
		rest.EmailAddresses = slices.Delete(rest.EmailAddresses, n, n+1)
		if !rest.hasIdentifier() && (u.EmailAddresses[n].claims() || rest.identifications() == 0) {
			return lastIdentification()
		}
		rest.succeedEmail(c.id("id"))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return deletedObject{Object: "email_address", ID: c.id("id"), Deleted: true}, nil
}

// succeedEmail makes the oldest verified address primary after the primary one with the id was deleted. If there is
// none, no address is primary.
func (u *User) succeedEmail(deleted string) {
	if u.PrimaryEmailAddressID == nil || *u.PrimaryEmailAddressID != deleted {
		return
	}
	u.PrimaryEmailAddressID = nil
	for i := range u.EmailAddresses {
		if u.EmailAddresses[i].Verification.verified() {
			u.PrimaryEmailAddressID = new(u.EmailAddresses[i].ID)
			return
		}
	}
}

func linkedIdentification() error {
	return refuse(http.StatusBadRequest, "delete_linked_identification_disallowed", "Deletion failed",
		"You cannot delete an identification that is linked to a connected account.")
}

// replaceEmailAddress makes one address the user's only one. An existing address keeps its id.
func replaceEmailAddress(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	var form replaceEmailForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	requested, err := statusOf(&form.Status)
	if err != nil {
		return nil, err
	}
	address := strings.ToLower(form.EmailAddress.Value)
	kept := emailAddress(address, requested)
	for _, e := range u.EmailAddresses {
		if len(e.LinkedTo) > 0 {
			return nil, linkedIdentification()
		}
		if e.EmailAddress == address {
			kept.ID, kept.CreatedAt, kept.UpdatedAt = e.ID, e.CreatedAt, e.UpdatedAt
		}
	}
	if err := c.checkReplacement(u, "email_address", address, kept.ID, validEmail); err != nil {
		return nil, err
	}
	before := u
	u, err = c.change(u.ID, func(u *User) error {
		u.EmailAddresses = []EmailAddress{kept}
		c.instance.completeIdentifications(u, c.now)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.announcePrimary(&form.NotifyPrimaryChanged, before, u)
	return u.EmailAddresses[0], nil
}

// statusOf returns the status that a replacing call requests; verified by default.
func statusOf(requested *given[status]) (status, error) {
	switch requested.Value {
	case "":
		return statusVerified, nil
	case statusVerified, statusReserved, statusUnverified:
		return requested.Value, nil
	default:
		return "", unprocessable(invalidValue("identification_status"))
	}
}

// checkReplacement refuses an address that cannot become the user's only one. ownID is its id if the user has it
// already.
func (c *call) checkReplacement(u *User, param, value, ownID string, valid func(string) bool) error {
	if value == "" {
		return unprocessable(missingParam(param))
	}
	if ownID == "" {
		return c.checkAddress(u, param, value, valid)
	}
	switch {
	case u.Directory.owns(param):
		return managedBySCIM(param)
	case c.instance.store.taken(newIdentity(param, value), u.ID):
		return unprocessable(identifierExists(param))
	}
	return nil
}
