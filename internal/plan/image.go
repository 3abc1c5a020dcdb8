// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// desiredImage is a declared profile image, or the declaration that there is none. Clerk shows no lasting property of
// an image, so the digest decides whether this one was uploaded.
type desiredImage struct {
	none   bool
	image  clerk.ProfileImage
	digest string
}

// readImage returns the declared image; nil if the spec has none.
func readImage(spec *v1alpha1.ProfileImage, in Inputs) *desiredImage {
	if spec == nil {
		return nil
	}
	return &desiredImage{none: isTrue(spec.None), image: in.ProfileImage, digest: in.ProfileImageDigest}
}

// planImage plans at most one call. It uploads the image if it differs from the last upload or if the user has none. It
// removes an image that is ours and no longer declared, or that must not exist.
func (d *Desired) planImage(u *clerk.User, p Policy) []Change {
	upload := d.image != nil && !d.image.none
	switch {
	case p.blocksField(FieldProfileImage):
		return nil
	case upload && (d.image.digest != d.applied.ProfileImageDigest || !u.HasImage):
		return []Change{SetProfileImage{d.image.image}}
	case !upload && u.HasImage && (d.image != nil || d.applied.ProfileImage):
		return []Change{DeleteProfileImage{}}
	default:
		return nil
	}
}
