// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Intend is what will be ours once the changes are carried out: what was before, and what they write. It is recorded
// before the calls, so that nothing of ours is forgotten if their answers are lost. All lists are sorted, and absent
// when empty.
func Intend(applied v1alpha1.Applied, d *Desired, do []Change) v1alpha1.Applied {
	next := *applied.DeepCopy()
	for _, c := range do {
		switch c := c.(type) {
		case Create:
			intendCreate(&next, c.Params)
			if d.password != nil {
				next.PasswordDigest = d.password.digest
			}
			// The image can be uploaded only once the user exists, and nothing is put on record in between.
			next.ProfileImage = next.ProfileImage || d.image != nil && !d.image.none
		case SetProfileImage:
			next.ProfileImage = true
		case Ban:
			next.Banned = true
		case Unban:
			// Without a wish, the ban lifted is ours or a predecessor's. The latter is known by a mark that the same
			// plan rewrites; this keeps it known until the ban is gone.
			next.Banned = next.Banned || d.banned == nil
		case Lock:
			next.Locked = true
		case MergeMetadata:
			next.Metadata = append(next.Metadata, written(c.Params)...)
		case ReplaceMetadata:
			next.Metadata = append(next.Metadata, written(c.Params)...)
		case AddEmailAddress:
			next.EmailAddresses = append(next.EmailAddresses, c.Params.Address)
		case AddPhoneNumber:
			next.PhoneNumbers = append(next.PhoneNumbers, c.Params.Number)
		case Unlock, Update, DeleteProfileImage, UpdateEmailAddress, DeleteEmailAddress, UpdatePhoneNumber, DeletePhoneNumber, Delete:
			// What is overwritten is not ours, and what is gone is forgotten by Settle, once it is gone.
		}
	}
	return tidy(next)
}

func intendCreate(next *v1alpha1.Applied, p clerk.CreateUserParams) {
	next.Metadata = append(next.Metadata, written(clerk.MetadataParams{
		Public: p.PublicMetadata, Private: p.PrivateMetadata, Unsafe: p.UnsafeMetadata,
	})...)
	for _, email := range p.EmailAddresses {
		next.EmailAddresses = append(next.EmailAddresses, email.Value)
	}
	for _, phone := range p.PhoneNumbers {
		next.PhoneNumbers = append(next.PhoneNumbers, phone.Value)
	}
	next.Banned = next.Banned || isTrue(p.Banned)
	next.Locked = next.Locked || isTrue(p.Locked)
}

// written is the pointers to the keys that a call writes. The mark is no key of a spec and not among them.
func written(params clerk.MetadataParams) []string {
	var pointers []string
	for _, part := range partsOf(params) {
		for _, p := range leaves(part.value) {
			if p[0] != v1alpha1.OwnerKey {
				pointers = append(pointers, p.pointer(part.field))
			}
		}
	}
	return pointers
}

// Confirm is what is on record once changes were carried out and Clerk said so: which of the inputs that it never shows
// were sent. Before that they must not be, or they would not be sent again if the call was not carried out.
func Confirm(applied v1alpha1.Applied, d *Desired, did []Change) v1alpha1.Applied {
	for _, c := range did {
		switch c := c.(type) {
		case Create:
			if d.password != nil {
				applied.PasswordDigest = d.password.digest
			}
		case Update:
			if c.Params.Password != nil {
				applied.PasswordDigest = d.password.digest
			}
		case SetProfileImage:
			applied.ProfileImageDigest = d.image.digest
		default:
			// Everything else can be read back.
		}
	}
	return applied
}

// Settle is what is still ours, given the user as Clerk's answers left it: what left the spec and is gone at Clerk is
// forgotten. A nil user is gone altogether. What the spec declares stays on record even if it is not at Clerk yet,
// since an answer may have been lost.
func Settle(applied v1alpha1.Applied, d *Desired, u *clerk.User) v1alpha1.Applied {
	if u == nil {
		u = &clerk.User{}
	}
	next := v1alpha1.Applied{
		EmailAddresses: d.emails.settle(applied.EmailAddresses, heldEmails(u)),
		PhoneNumbers:   d.phones.settle(applied.PhoneNumbers, heldPhones(u)),
		Banned:         applied.Banned && (u.Banned || isTrue(d.banned)),
		Locked:         applied.Locked && (u.Locked || isTrue(d.locked)),
		ProfileImage:   applied.ProfileImage && (u.HasImage || d.image != nil && !d.image.none),
	}
	if d.password != nil {
		next.PasswordDigest = applied.PasswordDigest
	}
	if d.image != nil && !d.image.none {
		next.ProfileImageDigest = applied.ProfileImageDigest
	}
	for _, wish := range d.metadata {
		wish.ours = pointersInto(wish.field, applied.Metadata)
		for _, p := range wish.settle(metadataOf(u, wish.field)) {
			next.Metadata = append(next.Metadata, p.pointer(wish.field))
		}
	}
	return tidy(next)
}

func (l contactList) settle(added []string, held []heldContact) []string {
	var kept []string
	for _, value := range added {
		_, there := statusAmong(held, value)
		if there || l.find(value) >= 0 {
			kept = append(kept, value)
		}
	}
	return kept
}

// settle is the paths that are declared, or still to be taken back.
func (w metadataWish) settle(have clerk.Metadata) []path {
	kept := w.undeclared(have)
	for _, p := range w.ours {
		if p.in(w.want) || p.under(w.want) && p.in(have) {
			kept = append(kept, p)
		}
	}
	return kept
}

// tidy sorts the lists, each entry once, so that an equal record is written equally.
func tidy(applied v1alpha1.Applied) v1alpha1.Applied {
	for _, list := range []*[]string{&applied.Metadata, &applied.EmailAddresses, &applied.PhoneNumbers} {
		slices.SortFunc(*list, strings.Compare)
		*list = slices.Compact(*list)
		if len(*list) == 0 {
			*list = nil
		}
	}
	return applied
}

// SameApplied reports whether two records say the same. A list without entries is like an absent one.
func SameApplied(a, b v1alpha1.Applied) bool { return equality.Semantic.DeepEqual(a, b) }

// Forgets reports whether the first record has an entry that the second one lacks. Digests do not count: they say what was sent,
// not what is to be taken back.
func Forgets(before, after v1alpha1.Applied) bool {
	lacks := func(before, after []string) bool {
		return slices.ContainsFunc(before, func(entry string) bool { return !slices.Contains(after, entry) })
	}
	return lacks(before.Metadata, after.Metadata) ||
		lacks(before.EmailAddresses, after.EmailAddresses) ||
		lacks(before.PhoneNumbers, after.PhoneNumbers) ||
		before.Banned && !after.Banned || before.Locked && !after.Locked || before.ProfileImage && !after.ProfileImage
}
