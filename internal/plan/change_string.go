// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

// String is the verb and the field names.
func (c Create) String() string { return describe(c) }

// String is the verb and the field names.
func (c Ban) String() string { return describe(c) }

// String is the verb and the field names.
func (c Unban) String() string { return describe(c) }

// String is the verb and the field names.
func (c Lock) String() string { return describe(c) }

// String is the verb and the field names.
func (c Unlock) String() string { return describe(c) }

// String is the verb and the field names.
func (c Update) String() string { return describe(c) }

// String is the verb and the field names.
func (c MergeMetadata) String() string { return describe(c) }

// String is the verb and the field names.
func (c ReplaceMetadata) String() string { return describe(c) }

// String is the verb and the field names.
func (c SetProfileImage) String() string { return describe(c) }

// String is the verb and the field names.
func (c DeleteProfileImage) String() string { return describe(c) }

// String is the verb and the field names.
func (c AddEmailAddress) String() string { return describe(c) }

// String is the verb and the field names.
func (c UpdateEmailAddress) String() string { return describe(c) }

// String is the verb and the field names.
func (c DeleteEmailAddress) String() string { return describe(c) }

// String is the verb and the field names.
func (c AddPhoneNumber) String() string { return describe(c) }

// String is the verb and the field names.
func (c UpdatePhoneNumber) String() string { return describe(c) }

// String is the verb and the field names.
func (c DeletePhoneNumber) String() string { return describe(c) }

// String is the verb and the field names.
func (c Delete) String() string { return describe(c) }
