// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// parameters maps Clerk's parameters to fields of a spec, except for the plain fields, whose table has them.
//
//nolint:gochecknoglobals // a table that nothing writes to
var parameters = map[string]string{
	"username": FieldUsername,

	"email_address":                       FieldEmailAddresses,
	"email_addresses":                     FieldEmailAddresses,
	"email_address_identification_status": FieldEmailAddresses,
	"primary_email_address_id":            FieldEmailAddresses,
	"phone_number":                        FieldPhoneNumbers,
	"phone_numbers":                       FieldPhoneNumbers,
	"phone_number_identification_status":  FieldPhoneNumbers,
	"primary_phone_number_id":             FieldPhoneNumbers,
	"reserved_for_second_factor":          FieldPhoneNumbers,
	"web3_wallet":                         "initial.web3Wallets",

	"public_metadata":  FieldPublicMetadata,
	"private_metadata": FieldPrivateMetadata,
	"unsafe_metadata":  FieldUnsafeMetadata,

	"banned": FieldBanned,
	"locked": FieldLocked,

	"created_at":                "initial.createdAt",
	"legal_accepted_at":         "initial.legalAcceptedAt",
	"skip_legal_checks":         "initial.skipLegalChecks",
	"skip_password_requirement": "initial.skipPasswordRequirement",
	"skip_user_requirement":     "initial.skipUserRequirement",
	"password_digest":           "initial.passwordDigest",
	"password_hasher":           "initial.passwordDigest",
	"totp_secret":               "initial.totpSecretRef",
	"backup_codes":              "initial.backupCodesSecretRef",

	"password":                   FieldPassword,
	"skip_password_checks":       "password.skipChecks",
	"sign_out_of_other_sessions": "password.signOutOfOtherSessions",

	"file": FieldProfileImage,
}

// PathOf returns the field of a ClerkUser that declares identifiers of this kind, such as spec.username.
func PathOf(kind clerk.IdentifierKind) string {
	// Clerk's parameters have the names of the kinds.
	field, _ := fieldOf(string(kind))
	return "spec." + field
}

// PathsOf returns the fields of a ClerkUser that an error of Clerk's is about, such as spec.username, without
// duplicates and in Clerk's order; nil if Clerk names no parameter. A parameter without a field is returned with
// Clerk's name.
func PathsOf(e *clerk.Error) []string {
	if e.Param == "" {
		return nil
	}
	var paths []string
	for param := range strings.SplitSeq(e.Param, ",") {
		path := param
		if field, found := fieldOf(param); found {
			path = "spec." + field
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func fieldOf(param string) (field string, found bool) {
	for _, plain := range plainFields {
		if plain.param == param {
			return plain.name, true
		}
	}
	field, found = parameters[param]
	return field, found
}
