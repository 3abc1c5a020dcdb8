// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"net/http"
	"slices"
)

// maxImageSize is the size of the largest image that Clerk accepts, in bytes.
// See https://clerk.com/docs/reference/backend/user/update-user-profile-image.
const maxImageSize = 10 << 20

// NewProfileImage detects the type of an image from its first bytes. The text of the error continues a sentence that
// begins with "it".
func NewProfileImage(content []byte) (ProfileImage, error) {
	if len(content) > maxImageSize {
		return ProfileImage{}, errors.New("is larger than the 10 MB that Clerk accepts; make it smaller")
	}
	kind := http.DetectContentType(content)
	if !slices.Contains([]string{"image/jpeg", "image/png", "image/gif", "image/webp"}, kind) {
		return ProfileImage{}, errors.New("is not a JPEG, PNG, GIF or WebP image; put one of these there, in a ConfigMap's binaryData")
	}
	return ProfileImage{ContentType: kind, Content: NewSecret(content)}, nil
}
