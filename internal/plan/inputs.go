// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Inputs is what a plan needs to know beside the spec. It shows no value when printed.
type Inputs struct {
	clerk.Unprintable

	// Mark is the owner mark that the user shall carry.
	Mark Mark
	// Applied is what was added to the user so far: status.applied.
	Applied v1alpha1.Applied
	// LiftLock says that locked: false lifts any lock now, since the field or the generation is new. Without it only
	// a lock of ours is lifted.
	LiftLock bool

	// Password is what spec.password names, and PasswordDigest its keyed digest: the password is sent if that is not the
	// one in Applied.
	Password       clerk.Secret
	PasswordDigest string
	// ProfileImage is what spec.profileImage names, and ProfileImageDigest its keyed digest, with the same meaning.
	ProfileImage       clerk.ProfileImage
	ProfileImageDigest string
	// PrivateMetadata are the values that spec.privateMetadataFrom names, in its order. Values that are missing at the end
	// are taken for not declared.
	PrivateMetadata []clerk.Secret
	// Initial is what spec.initial names. It matters to a creating plan only.
	Initial InitialInputs
}

// InitialInputs is what a spec's initial names in Secrets; "" or nil is none.
type InitialInputs struct {
	clerk.Unprintable

	Password, PasswordDigest, TOTPSecret clerk.Secret

	BackupCodes []clerk.Secret
}
