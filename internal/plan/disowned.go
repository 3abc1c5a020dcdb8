// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Disown returns the record without what Clerk has refused and the user does not have. So the operator does not remove
// an address that the person adds later, or a ban by somebody else. A refused metadata key stays, because an earlier
// value may be ours.
func Disown(applied v1alpha1.Applied, u *clerk.User, refused []Part) v1alpha1.Applied {
	next := *applied.DeepCopy()
	for _, part := range refused {
		lacks := func(held []heldContact) func(string) bool {
			return func(value string) bool {
				_, has := statusAmong(held, value)
				return value == part.Entry && !has
			}
		}
		switch part.Field {
		case FieldEmailAddresses:
			next.EmailAddresses = slices.DeleteFunc(next.EmailAddresses, lacks(heldEmails(u)))
		case FieldPhoneNumbers:
			next.PhoneNumbers = slices.DeleteFunc(next.PhoneNumbers, lacks(heldPhones(u)))
		case FieldBanned:
			next.Banned = next.Banned && u.Banned
		case FieldLocked:
			next.Locked = next.Locked && u.Locked
		case FieldProfileImage:
			// A creation records the image before it can be uploaded.
			next.ProfileImage = next.ProfileImage && u.HasImage
		}
	}
	return tidy(next)
}
