// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "slices"

// Directory says that an identity provider's directory keeps a user.
type Directory struct {
	// Attributes are the request fields that the directory owns, for example "first_name" or "email_address". Writing one is
	// answered with 409 attribute_managed_by_scim. Nil means first_name, last_name, username and email_address.
	Attributes []string `json:"attributes"`
}

// owns reports whether the directory keeps the attribute that a request field is about.
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

// DirectoryEmail returns an address that a directory vouches for, to seed a user with. It is the only thing by which the API
// shows that a directory keeps a user: Clerk tells more in webhooks only.
func DirectoryEmail(address string) EmailAddress {
	e := emailAddress(address, statusVerified)
	e.Verification = &Verification{Object: "verification_scim", Status: "verified", Strategy: "scim"}
	return e
}
