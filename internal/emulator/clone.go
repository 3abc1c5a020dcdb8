// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"maps"
	"slices"
)

// clone copies u so deeply that no change of the copy reaches u. Stored users are never changed in place: a list that lags
// and an answer that is still being written keep the version they were made of.
func (u *User) clone() *User {
	c := *u
	for _, text := range []**string{
		&c.ExternalID, &c.PrimaryEmailAddressID, &c.PrimaryPhoneNumberID, &c.PrimaryWeb3WalletID,
		&c.Username, &c.FirstName, &c.LastName, &c.Locale,
	} {
		*text = copied(*text)
	}
	for _, number := range []**int64{
		&c.PasswordLastUpdatedAt, &c.MFAEnabledAt, &c.MFADisabledAt, &c.LockoutExpiresInSeconds,
		&c.VerificationAttemptsRemaining, &c.LegalAcceptedAt, &c.LastSignInAt, &c.LastActiveAt,
	} {
		*number = copied(*number)
	}
	c.CreateOrganizationsLimit = copied(c.CreateOrganizationsLimit)
	c.PublicMetadata = cloneObject(u.PublicMetadata)
	c.PrivateMetadata = cloneObject(u.PrivateMetadata)
	c.UnsafeMetadata = cloneObject(u.UnsafeMetadata)
	c.cloneIdentifications(u)
	if u.Directory != nil {
		c.Directory = &Directory{Attributes: slices.Clone(u.Directory.Attributes)}
	}
	c.OrganizationIDs = slices.Clone(u.OrganizationIDs)
	c.Image = copied(u.Image)
	c.cloneOrganizations(u)
	c.Credentials.BackupCodes = slices.Clone(u.Credentials.BackupCodes)
	c.TrustedDevices = cloneDevices(u.TrustedDevices)
	return &c
}

func (u *User) cloneIdentifications(from *User) {
	u.EmailAddresses = slices.Clone(from.EmailAddresses)
	for i := range u.EmailAddresses {
		u.EmailAddresses[i].Verification = from.EmailAddresses[i].Verification.clone()
		u.EmailAddresses[i].LinkedTo = slices.Clone(from.EmailAddresses[i].LinkedTo)
	}
	u.PhoneNumbers = slices.Clone(from.PhoneNumbers)
	for i := range u.PhoneNumbers {
		u.PhoneNumbers[i].Verification = from.PhoneNumbers[i].Verification.clone()
		u.PhoneNumbers[i].LinkedTo = slices.Clone(from.PhoneNumbers[i].LinkedTo)
	}
	u.Web3Wallets = slices.Clone(from.Web3Wallets)
	for i := range u.Web3Wallets {
		u.Web3Wallets[i].Verification = from.Web3Wallets[i].Verification.clone()
	}
	u.ExternalAccounts = slices.Clone(from.ExternalAccounts)
	for i := range u.ExternalAccounts {
		u.ExternalAccounts[i].Verification = from.ExternalAccounts[i].Verification.clone()
		u.ExternalAccounts[i].PublicMetadata = cloneObject(from.ExternalAccounts[i].PublicMetadata)
		u.ExternalAccounts[i].Label = copied(from.ExternalAccounts[i].Label)
		u.ExternalAccounts[i].Token = from.ExternalAccounts[i].Token.clone()
	}
	u.Passkeys = slices.Clone(from.Passkeys)
	for i := range u.Passkeys {
		u.Passkeys[i].Verification = from.Passkeys[i].Verification.clone()
	}
	u.SAMLAccounts = cloneObjects(from.SAMLAccounts)
	u.EnterpriseAccounts = cloneObjects(from.EnterpriseAccounts)
}

func (v *Verification) clone() *Verification {
	if v == nil {
		return nil
	}
	return &Verification{
		Object: v.Object, Status: v.Status, Strategy: v.Strategy,
		Attempts: copied(v.Attempts), ExpireAt: copied(v.ExpireAt),
	}
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

func cloneObjects(list []map[string]any) []map[string]any {
	copies := slices.Clone(list)
	for i := range copies {
		copies[i] = cloneObject(copies[i])
	}
	return copies
}

// cloneObject copies a JSON object; nil stays nil.
func cloneObject(object map[string]any) map[string]any {
	copies := maps.Clone(object)
	for key, value := range copies {
		copies[key] = cloneValue(value)
	}
	return copies
}

func cloneValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return cloneObject(v)
	case []any:
		copies := slices.Clone(v)
		for i := range copies {
			copies[i] = cloneValue(copies[i])
		}
		return copies
	default:
		return value
	}
}
