// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "slices"

// Directory means that the directory of an identity provider manages a user.
type Directory struct {
	// Attributes are the request fields that the directory owns, for example "first_name" or "email_address". A write of
	// one is answered with 409 attribute_managed_by_scim. Nil means first_name, last_name, username and email_address.
	Attributes []string `json:"attributes"`
}

// owns reports whether the directory owns the attribute of a request field.
func (d *Directory) owns(field string) bool {
	if d == nil {
		return false
	}
	attributes := d.Attributes
	if attributes == nil {
		attributes = []string{"first_name", "last_name", "username", "email_address"}
	}
	return slices.Contains(attributes, field)
}

// DirectoryEmail returns an address that a directory verified, to seed a user with. Only such an address shows in the
// API that a directory manages a user; Clerk names directories in webhooks only.
func DirectoryEmail(address string) EmailAddress {
	e := emailAddress(address, statusVerified)
	e.Verification = &Verification{Object: "verification_scim", Status: "verified", Strategy: "scim"}
	return e
}
