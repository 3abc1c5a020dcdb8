// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"net/http"
	"reflect"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// created returns the user that the creating call makes.
func created(p clerk.CreateUserParams, newID NewID) *clerk.User {
	u := &clerk.User{
		ID: newID("user_", ""), CreateOrganizationEnabled: true, DeleteSelfEnabled: true,
		PublicMetadata:  copyObject(p.PublicMetadata),
		PrivateMetadata: copyObject(p.PrivateMetadata),
		UnsafeMetadata:  copyObject(p.UnsafeMetadata),

		PasswordEnabled:   p.Password != nil || p.PasswordDigest != nil,
		TOTPEnabled:       p.TOTPSecret != nil,
		BackupCodeEnabled: len(p.BackupCodes) > 0,
	}
	for _, e := range p.EmailAddresses {
		address := clerk.LowerASCII(e.Value)
		u.EmailAddresses = append(u.EmailAddresses, clerk.EmailAddress{ID: newID("idn_", address), Address: address, Status: statusOf(e)})
		u.PrimaryEmailAddressID = u.EmailAddresses[0].ID
	}
	for _, n := range p.PhoneNumbers {
		u.PhoneNumbers = append(u.PhoneNumbers, clerk.PhoneNumber{ID: newID("idn_", n.Value), Number: n.Value, Status: statusOf(n)})
		u.PrimaryPhoneNumberID = u.PhoneNumbers[0].ID
	}
	for _, wallet := range p.Web3Wallets {
		address := clerk.FoldWallet(wallet)
		u.Web3Wallets = append(u.Web3Wallets, clerk.Web3Wallet{ID: newID("idn_", address), Address: address, Status: clerk.Verified})
	}
	u.TwoFactorEnabled = u.TOTPEnabled || u.BackupCodeEnabled
	setSameFields(u, &p)
	u.Username = clerk.LowerASCII(u.Username)
	return u
}

func statusOf(i clerk.NewIdentifier) clerk.IdentifierStatus {
	if i.Status == "" {
		return clerk.Verified
	}
	return i.Status
}

// update changes the profile.
func update(u *clerk.User, p clerk.UpdateUserParams) error {
	if id := p.PrimaryEmailAddressID; id != nil {
		at := emailAt(u, *id)
		if at < 0 || u.EmailAddresses[at].Status != clerk.Verified {
			return refusal(http.StatusUnprocessableEntity, "form_verification_needed", "primary_email_address_id")
		}
	}
	if id := p.PrimaryPhoneNumberID; id != nil {
		at := phoneAt(u, *id)
		if at < 0 || u.PhoneNumbers[at].Status != clerk.Verified {
			return refusal(http.StatusUnprocessableEntity, "form_verification_needed", "primary_phone_number_id")
		}
	}
	setSameFields(u, &p)
	u.Username = clerk.LowerASCII(u.Username)
	if p.Username != nil && u.Username == "" && !canSignIn(u) {
		return lastIdentification()
	}
	u.PasswordEnabled = u.PasswordEnabled || p.Password != nil
	if p.TOTPSecret != nil {
		u.TOTPEnabled, u.TwoFactorEnabled = true, true
	}
	return nil
}

// setSameFields sets the fields of the user that have the name of a parameter, if the call has it. A plain field has one name in the
// parameters and in the user, so a new one needs no line here.
func setSameFields(u *clerk.User, params any) {
	user, sent := reflect.ValueOf(u).Elem(), reflect.ValueOf(params).Elem()
	for parameter, value := range sent.Fields() {
		if value.Kind() != reflect.Pointer || value.IsNil() {
			continue
		}
		switch into := user.FieldByName(parameter.Name); {
		case !into.IsValid():
		case into.Type() == value.Type():
			into.Set(reflect.New(into.Type().Elem()))
			into.Elem().Set(value.Elem())
		case into.Type() == value.Type().Elem():
			into.Set(value.Elem())
		}
	}
}

// canSignIn reports whether the user has an identifier to sign in with.
func canSignIn(u *clerk.User) bool {
	return u.Username != "" || len(u.Web3Wallets) > 0 || len(u.ExternalAccounts) > 0 ||
		slices.ContainsFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool { return e.Status != clerk.Unverified }) ||
		slices.ContainsFunc(u.PhoneNumbers, func(n clerk.PhoneNumber) bool {
			return n.Status != clerk.Unverified && !n.ReservedForSecondFactor
		})
}

func lastIdentification() error {
	return refusal(http.StatusBadRequest, "identification_deletion_failed", "")
}

// Copy returns a copy that shares nothing with the user; nil for nil.
func Copy(u *clerk.User) *clerk.User {
	if u == nil {
		return nil
	}
	next := *u
	next.EmailAddresses = slices.Clone(u.EmailAddresses)
	next.PhoneNumbers = slices.Clone(u.PhoneNumbers)
	next.Web3Wallets = slices.Clone(u.Web3Wallets)
	next.ExternalAccounts = slices.Clone(u.ExternalAccounts)
	next.PublicMetadata = copyObject(u.PublicMetadata)
	next.PrivateMetadata = copyObject(u.PrivateMetadata)
	next.UnsafeMetadata = copyObject(u.UnsafeMetadata)
	if limit := u.CreateOrganizationsLimit; limit != nil {
		next.CreateOrganizationsLimit = new(*limit)
	}
	return &next
}
