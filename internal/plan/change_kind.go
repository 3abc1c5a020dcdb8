// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"strings"
)

// changeKind is a kind of Change and its name.
type changeKind struct {
	change Change
	name   string
}

// changeKinds lists every kind of Change with its name. Do not change a name: people use the names in alerts.
func changeKinds() []changeKind {
	return []changeKind{
		{Create{}, "create"},
		{Ban{}, "ban"},
		{Unban{}, "unban"},
		{Lock{}, "lock"},
		{Unlock{}, "unlock"},
		{Update{}, "update"},
		{MergeMetadata{}, "merge_metadata"},
		{ReplaceMetadata{}, "replace_metadata"},
		{SetProfileImage{}, "set_profile_image"},
		{DeleteProfileImage{}, "delete_profile_image"},
		{AddEmailAddress{}, "add_email_address"},
		{UpdateEmailAddress{}, "update_email_address"},
		{DeleteEmailAddress{}, "delete_email_address"},
		{AddPhoneNumber{}, "add_phone_number"},
		{UpdatePhoneNumber{}, "update_phone_number"},
		{DeletePhoneNumber{}, "delete_phone_number"},
		{Delete{}, "delete"},
	}
}

// KindOf returns the name of a Change's kind, such as set_profile_image.
func KindOf(c Change) string {
	for _, kind := range changeKinds() {
		if reflect.TypeOf(kind.change) == reflect.TypeOf(c) {
			return kind.name
		}
	}
	return ""
}

// Kinds returns the names of all kinds of Change.
func Kinds() []string {
	var names []string
	for _, kind := range changeKinds() {
		names = append(names, kind.name)
	}
	return names
}

// describe returns everything that a Change shows of itself.
func describe(c Change) string {
	return strings.ReplaceAll(KindOf(c), "_", " ") + " (" + strings.Join(c.Fields(), ", ") + ")"
}
