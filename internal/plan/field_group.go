// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

// FieldGroup is the name of a group of fields of the spec, for metrics. Do not change a name: people use the names in alerts.
type FieldGroup string

// The groups of fields.
const (
	GroupAccess      FieldGroup = "access"
	GroupIdentifiers FieldGroup = "identifiers"
	GroupProfile     FieldGroup = "profile"
	GroupMetadata    FieldGroup = "metadata"
	GroupPermissions FieldGroup = "permissions"
	GroupImage       FieldGroup = "image"
	GroupPassword    FieldGroup = "password"
)

// FieldGroups returns all groups.
func FieldGroups() []FieldGroup {
	return []FieldGroup{GroupAccess, GroupIdentifiers, GroupProfile, GroupMetadata, GroupPermissions, GroupImage, GroupPassword}
}

// GroupOf returns the group of a field, by the name that it has in Change.Fields. It is "" for what is not compared with the
// user: FieldInitial, FieldDeletionPolicy and FieldOwnerMark.
func GroupOf(field string) FieldGroup {
	switch field {
	case FieldBanned, FieldLocked:
		return GroupAccess
	case FieldUsername, FieldEmailAddresses, FieldPhoneNumbers:
		return GroupIdentifiers
	case FieldPublicMetadata, FieldPrivateMetadata, FieldUnsafeMetadata:
		return GroupMetadata
	case FieldProfileImage:
		return GroupImage
	case FieldPassword:
		return GroupPassword
	}
	for _, plain := range plainFields {
		if plain.name == field {
			return plain.group
		}
	}
	return ""
}
