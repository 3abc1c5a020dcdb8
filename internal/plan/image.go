// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// imageWish is a declared profile image, or that there shall be none. Clerk tells images apart by nothing that stays, so
// that the digest decides whether this one was uploaded.
type imageWish struct {
	none   bool
	image  clerk.ProfileImage
	digest string
}

// readImage is the declared image; nil where the spec has none.
func readImage(spec *v1alpha1.ProfileImage, in Inputs) *imageWish {
	if spec == nil {
		return nil
	}
	return &imageWish{none: isTrue(spec.None), image: in.ProfileImage, digest: in.ProfileImageDigest}
}

// planImage is at most one call: to upload the image if it is another one than was uploaded last or if the user has none,
// or to remove one that is ours or shall not be.
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
