// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "net/http"

// updateForm is the body of PATCH /users/{user_id}.
type updateForm struct {
	profileForm
	metadataForm

	PrimaryEmailAddressID given[string] `json:"primary_email_address_id"`
	PrimaryPhoneNumberID  given[string] `json:"primary_phone_number_id"`
	PrimaryWeb3WalletID   given[string] `json:"primary_web3_wallet_id"`
	NotifyPrimaryChanged  given[bool]   `json:"notify_primary_email_address_changed"`
	// ProfileImageID refers to an upload by another API. It is accepted and has no effect.
	ProfileImageID         given[string] `json:"profile_image_id"`
	SignOutOfOtherSessions given[bool]   `json:"sign_out_of_other_sessions"`
}

func updateUser(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	var form updateForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	for _, check := range []func(*call, *User) error{
		form.checkVersion, form.checkDirectory, form.checkFormats, form.checkPrimaries, form.checkUsername,
	} {
		if err := check(c, u); err != nil {
			return nil, err
		}
	}
	if err := unprocessable(form.conflicts(c.instance.store, u.ID)...); err != nil {
		return nil, err
	}
	changed, err := c.change(u.ID, func(u *User) error { return form.write(c, u) })
	if err != nil {
		return nil, err
	}
	if primary := &form.PrimaryEmailAddressID; form.NotifyPrimaryChanged.Value && primary.present() &&
		(u.PrimaryEmailAddressID == nil || *u.PrimaryEmailAddressID != primary.Value) {
		c.notify(PrimaryEmailAddressChanged, u.ID, primary.Value)
	}
	return changed, nil
}

func (f *updateForm) write(c *call, u *User) error {
	f.profileForm.write(u, c.now)
	for target, id := range map[**string]*given[string]{
		&u.PrimaryEmailAddressID: &f.PrimaryEmailAddressID, &u.PrimaryPhoneNumberID: &f.PrimaryPhoneNumberID,
		&u.PrimaryWeb3WalletID: &f.PrimaryWeb3WalletID,
	} {
		if id.present() {
			*target = new(id.Value)
		}
	}
	if f.SignOutOfOtherSessions.Value {
		u.SessionsRevokedAt = c.now
	}
	return f.replace(u)
}

// checkVersion refuses metadata in API versions that have separate endpoints for it.
func (f *updateForm) checkVersion(c *call, u *User) error {
	if c.version < metadataVersion {
		return nil
	}
	var found []errorEntry
	for _, field := range f.fields(u) {
		if field.given.Set {
			found = append(found, deprecatedParam(field.name))
		}
	}
	return unprocessable(found...)
}

// checkDirectory refuses a write of an attribute that the user's directory owns.
func (f *updateForm) checkDirectory(_ *call, u *User) error {
	sent := []struct {
		param string
		set   bool
	}{
		{"external_id", f.ExternalID.Set}, {"first_name", f.FirstName.Set}, {"last_name", f.LastName.Set},
		{"locale", f.Locale.Set}, {"username", f.Username.Set}, {"email_address", f.PrimaryEmailAddressID.Set},
		{"phone_number", f.PrimaryPhoneNumberID.Set}, {"password", f.setsPassword()},
	}
	for _, attribute := range sent {
		if attribute.set && u.Directory.owns(attribute.param) {
			return managedBySCIM(attribute.param)
		}
	}
	return nil
}

func (f *updateForm) checkFormats(c *call, _ *User) error {
	found := f.problems(c.settings(), c.now)
	if f.SignOutOfOtherSessions.present() && !f.Password.present() {
		found = append(found, conditionalParamDisallowed("sign_out_of_other_sessions", "password"))
	}
	if f.SkipPasswordChecks.present() && !f.Password.present() {
		found = append(found, conditionalParamDisallowed("skip_password_checks", "password"))
	}
	return unprocessable(found...)
}

// checkPrimaries refuses a primary identifier that the user does not have or that is not verified.
func (f *updateForm) checkPrimaries(_ *call, u *User) error {
	verifications := map[string]*Verification{}
	for i := range u.EmailAddresses {
		verifications["primary_email_address_id "+u.EmailAddresses[i].ID] = u.EmailAddresses[i].Verification
	}
	for i := range u.PhoneNumbers {
		verifications["primary_phone_number_id "+u.PhoneNumbers[i].ID] = u.PhoneNumbers[i].Verification
	}
	for i := range u.Web3Wallets {
		verifications["primary_web3_wallet_id "+u.Web3Wallets[i].ID] = u.Web3Wallets[i].Verification
	}
	primaries := []namedText{
		{"primary_email_address_id", &f.PrimaryEmailAddressID}, {"primary_phone_number_id", &f.PrimaryPhoneNumberID},
		{"primary_web3_wallet_id", &f.PrimaryWeb3WalletID},
	}
	for _, primary := range primaries {
		if !primary.text.present() {
			continue
		}
		verification, has := verifications[primary.param+" "+primary.text.Value]
		switch {
		case !has:
			return unprocessable(problem("form_resource_not_found", primary.param, "is missing", "The resource was not found."))
		case !verification.verified():
			return verificationNeeded(primary.param)
		}
	}
	return nil
}

func verificationNeeded(param string) error {
	return unprocessable(problem("form_verification_needed", param, "is not verified", "It must be verified first."))
}

// checkUsername refuses to remove a username that the instance requires or that is the user's last identifier.
func (f *updateForm) checkUsername(c *call, u *User) error {
	if !f.Username.Set || f.Username.Value != "" || u.Username == nil {
		return nil
	}
	if c.settings().requires("username") {
		return lastRequiredIdentification()
	}
	rest := clone(u)
	rest.Username = nil
	if !rest.hasIdentifier() {
		return lastIdentification()
	}
	return nil
}

// hasIdentifier reports whether the user has an identifier to sign in with.
func (u *User) hasIdentifier() bool {
	if u.Username != nil || len(u.Web3Wallets) > 0 || len(u.ExternalAccounts) > 0 {
		return true
	}
	for i := range u.EmailAddresses {
		if u.EmailAddresses[i].claims() {
			return true
		}
	}
	for i := range u.PhoneNumbers {
		// A number reserved for the second factor cannot be the first factor.
		if u.PhoneNumbers[i].claims() && !u.PhoneNumbers[i].ReservedForSecondFactor {
			return true
		}
	}
	return false
}

// identifications counts the user's identifiers, verified or not.
func (u *User) identifications() int {
	count := len(u.EmailAddresses) + len(u.PhoneNumbers) + len(u.Web3Wallets) + len(u.ExternalAccounts)
	if u.Username != nil {
		count++
	}
	return count
}

func lastIdentification() error {
	return refuse(http.StatusBadRequest, "identification_deletion_failed", "Deletion failed",
		"You cannot delete your last identification.")
}

func lastRequiredIdentification() error {
	return refuse(http.StatusBadRequest, "last_required_identification_deletion_failed", "Deletion failed",
		"You cannot delete your last required identification.")
}
