// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strings"
)

// describe is the whole of what a Change shows of itself.
func describe(verb string, c Change) string {
	return verb + " (" + strings.Join(c.Fields(), ", ") + ")"
}

// String is the verb and the field names.
func (c Create) String() string { return describe("create", c) }

// String is the verb and the field names.
func (c Ban) String() string { return describe("ban", c) }

// String is the verb and the field names.
func (c Unban) String() string { return describe("unban", c) }

// String is the verb and the field names.
func (c Lock) String() string { return describe("lock", c) }

// String is the verb and the field names.
func (c Unlock) String() string { return describe("unlock", c) }

// String is the verb and the field names.
func (c Update) String() string { return describe("update", c) }

// String is the verb and the field names.
func (c MergeMetadata) String() string { return describe("merge metadata", c) }

// String is the verb and the field names.
func (c ReplaceMetadata) String() string { return describe("replace metadata", c) }

// String is the verb and the field names.
func (c SetProfileImage) String() string { return describe("set profile image", c) }

// String is the verb and the field names.
func (c DeleteProfileImage) String() string { return describe("delete profile image", c) }

// String is the verb and the field names.
func (c AddEmailAddress) String() string { return describe("add email address", c) }

// String is the verb and the field names.
func (c UpdateEmailAddress) String() string { return describe("update email address", c) }

// String is the verb and the field names.
func (c DeleteEmailAddress) String() string { return describe("delete email address", c) }

// String is the verb and the field names.
func (c AddPhoneNumber) String() string { return describe("add phone number", c) }

// String is the verb and the field names.
func (c UpdatePhoneNumber) String() string { return describe("update phone number", c) }

// String is the verb and the field names.
func (c DeletePhoneNumber) String() string { return describe("delete phone number", c) }

// String is the verb and the field names.
func (c Delete) String() string { return describe("delete", c) }
