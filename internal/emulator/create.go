// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// createForm is the body of POST /users.
type createForm struct {
	profileForm
	metadataForm

	EmailAddress given[[]string] `json:"email_address"                       null:"no"`
	EmailStatus  given[[]status] `json:"email_address_identification_status" null:"no"`
	PhoneNumber  given[[]string] `json:"phone_number"                        null:"no"`
	PhoneStatus  given[[]status] `json:"phone_number_identification_status"  null:"no"`
	Web3Wallet   given[[]string] `json:"web3_wallet"                         null:"no"`

	SkipPasswordRequirement given[bool] `json:"skip_password_requirement"`
	SkipUserRequirement     given[bool] `json:"skip_user_requirement"`
	Banned                  given[bool] `json:"banned"`
	Locked                  given[bool] `json:"locked"`
}

func createUser(c *call) (any, error) {
	var form createForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	for _, check := range []func(*call) error{
		form.checkQuota, form.checkFormats, form.checkFeatures, form.checkBlocked, form.checkRequired, form.checkUnique,
	} {
		if err := check(c); err != nil {
			return nil, err
		}
	}
	u := form.build(c)
	if err := form.replace(u); err != nil {
		return nil, err
	}
	c.instance.complete(u, c.now)
	c.instance.store.put(u, c.now, c.settings().ListLag)
	return c.instance.show(u, c.now), nil
}

// build creates the user that the form describes, without its metadata.
func (f *createForm) build(c *call) *User {
	u := &User{
		ID:                        c.instance.server.ids.next("user_", c.now),
		DeleteSelfEnabled:         !c.settings().DeleteSelfDisabled,
		CreateOrganizationEnabled: !c.settings().CreateOrganizationDisabled,
		PrivateMetadata:           map[string]any{},
		Banned:                    f.Banned.Value,
		Locked:                    f.Locked.Value,
		CreatedAt:                 millis(c.now),
		UpdatedAt:                 millis(c.now),
	}
	if u.Locked {
		u.LockedUntil = c.settings().lockedUntil(c.now)
	}
	for n, address := range f.EmailAddress.Value {
		u.EmailAddresses = append(u.EmailAddresses, emailAddress(address, statusAt(f.EmailStatus.Value, n)))
	}
	for n, number := range f.PhoneNumber.Value {
		u.PhoneNumbers = append(u.PhoneNumbers, phoneNumber(number, statusAt(f.PhoneStatus.Value, n)))
	}
	for _, wallet := range f.Web3Wallet.Value {
		u.Web3Wallets = append(u.Web3Wallets, Web3Wallet{Web3Wallet: wallet, Verification: adminVerification()})
	}
	f.write(u, c.now)
	return u
}

// statusAt returns the status of the nth address: verified unless the parallel list has another.
func statusAt(list []status, n int) status {
	if n < len(list) {
		return list[n]
	}
	return statusVerified
}

func (f *createForm) checkQuota(c *call) error {
	most := c.instance.settings.maxUsers(c.instance.environment)
	if most < 0 || c.instance.store.living < most {
		return nil
	}
	return refuse(http.StatusForbidden, "user_quota_exceeded", "You have reached your limit of users",
		fmt.Sprintf("You have reached your limit of %d users.", most))
}

func (f *createForm) checkFormats(c *call) error {
	found := f.problems(c.settings(), c.now)
	found = append(found, listProblems("email_address", f.EmailAddress.Value, f.EmailStatus, validEmail)...)
	found = append(found, listProblems("phone_number", f.PhoneNumber.Value, f.PhoneStatus, validPhone)...)
	found = append(found, listProblems("web3_wallet", f.Web3Wallet.Value, given[[]status]{}, validWallet)...)
	return unprocessable(found...)
}

// listProblems returns the problems of a list of identifiers and of the parallel list of statuses.
func listProblems(param string, values []string, statuses given[[]status], valid func(string) bool) []errorEntry {
	var found []errorEntry
	seen := map[identity]bool{}
	for _, value := range values {
		id := newIdentity(param, value)
		switch {
		case !valid(value):
			found = append(found, invalidFormat(param, "a valid "+strings.ReplaceAll(param, "_", " ")))
		case seen[id]:
			found = append(found, duplicateParam(param))
		}
		seen[id] = true
	}
	statusParam := param + "_identification_status"
	if n := len(statuses.Value); n > 0 && n != len(values) {
		found = append(found, problem("form_param_array_length_mismatch", statusParam, "has the wrong length",
			statusParam+" must contain exactly one item per "+param+"."))
	}
	if slices.ContainsFunc(statuses.Value, func(s status) bool { return s != statusVerified && s != statusReserved }) {
		found = append(found, invalidValue(statusParam))
	}
	return found
}

// checkFeatures refuses a ban without the plan for it, and a lock if the instance has lockout disabled.
func (f *createForm) checkFeatures(c *call) error {
	if f.Banned.Value && c.settings().BanUnsupported {
		return paymentRequired("ban_user")
	}
	if f.Locked.Value && c.settings().LockoutDisabled {
		return featureDisabled("User lockout")
	}
	return nil
}

func (f *createForm) checkBlocked(c *call) error {
	for _, address := range f.EmailAddress.Value {
		if err := c.checkAllowed("email_address", address); err != nil {
			return err
		}
	}
	for _, number := range f.PhoneNumber.Value {
		if err := c.checkAllowed("phone_number", number); err != nil {
			return err
		}
	}
	return nil
}

// checkAllowed refuses an address on the instance's block list.
func (c *call) checkAllowed(param, value string) error {
	for _, blocked := range c.settings().Blocked {
		if strings.HasSuffix(strings.ToLower(value), strings.ToLower(blocked)) {
			return refuse(http.StatusForbidden, "not_allowed_access", "Access not allowed.",
				"You're not allowed to use this identifier.").about(param)
		}
	}
	return nil
}

// checkRequired refuses a user without what the instance requires. It refuses a user without any identifier even with
// skip_user_requirement.
func (f *createForm) checkRequired(c *call) error {
	identifiers := map[string]bool{
		"email_address": len(f.EmailAddress.Value) > 0, "phone_number": len(f.PhoneNumber.Value) > 0,
		"web3_wallet": len(f.Web3Wallet.Value) > 0, "username": f.Username.Value != "",
	}
	others := map[string]bool{
		"first_name": f.FirstName.Value != "", "last_name": f.LastName.Value != "", "external_id": f.ExternalID.Value != "",
		"password": f.setsPassword() || f.SkipPasswordRequirement.Value, "legal_accepted_at": f.LegalAcceptedAt.present() || f.SkipLegalChecks.Value,
	}
	var missing []string
	for _, field := range c.settings().Required {
		has, isIdentifier := identifiers[field]
		if isIdentifier && !has && !f.SkipUserRequirement.Value || !isIdentifier && !others[field] {
			missing = append(missing, field)
		}
	}
	if len(missing) > 0 {
		return dataMissing(missing)
	}
	var offered []string
	for _, field := range []string{"email_address", "phone_number", "username", "web3_wallet"} {
		if identifiers[field] {
			return nil
		}
		if c.settings().offers(field) {
			offered = append(offered, field)
		}
	}
	return dataMissing(offered)
}

func dataMissing(fields []string) error {
	e := refuse(http.StatusUnprocessableEntity, "form_data_missing", "missing data",
		fmt.Sprintf("%q data doesn't match user requirements set for this instance", fields))
	e.entries[0].Meta = map[string]any{"param_names": fields}
	return e
}

func (f *createForm) checkUnique(c *call) error {
	found := f.conflicts(c.instance.store, "")
	lists := []struct {
		param  string
		values []string
	}{
		{"email_address", f.EmailAddress.Value}, {"phone_number", f.PhoneNumber.Value}, {"web3_wallet", f.Web3Wallet.Value},
	}
	for _, list := range lists {
		taken := func(value string) bool { return c.instance.store.taken(newIdentity(list.param, value), "") }
		if slices.ContainsFunc(list.values, taken) {
			found = append(found, identifierExists(list.param))
		}
	}
	return unprocessable(found...)
}
