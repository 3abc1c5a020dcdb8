// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Inputs are the inputs of a plan beside the spec. They show no value when printed.
type Inputs struct {
	clerk.Unprintable

	// Mark is the owner mark of the user.
	Mark Mark
	// Applied is the record of what was added to the user: status.applied.
	Applied v1alpha1.Applied
	// LiftLock means that locked: false lifts any lock now, because the field or the generation is new. Otherwise it lifts
	// only our own lock.
	LiftLock bool

	// Password is the value of spec.password, and PasswordDigest its keyed digest. The password is sent if the digest
	// differs from the one in Applied.
	Password       clerk.Secret
	PasswordDigest string
	// ProfileImage is the value of spec.profileImage, and ProfileImageDigest its keyed digest, with the same meaning.
	ProfileImage       clerk.ProfileImage
	ProfileImageDigest string
	// PrivateMetadata are the values of spec.privateMetadataFrom, in its order. Missing values at the end count as not
	// declared.
	PrivateMetadata []clerk.Secret
	// Initial are the values of spec.initial. Only a creating plan uses them.
	Initial InitialInputs
}

// InitialInputs are the values of spec.initial from Secrets; "" or nil is none.
type InitialInputs struct {
	clerk.Unprintable

	Password, PasswordDigest, TOTPSecret clerk.Secret

	BackupCodes []clerk.Secret
}
