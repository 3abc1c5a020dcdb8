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

// Intend returns the record for the time after the changes are carried out: the former record plus what they write. It
// is stored before the calls, so that nothing of ours is forgotten if their answers are lost. All lists are sorted, and
// nil if empty.
func Intend(applied v1alpha1.Applied, d *Desired, do []Change) v1alpha1.Applied {
	next := *applied.DeepCopy()
	for _, c := range do {
		switch c := c.(type) {
		case Create:
			intendCreate(&next, c.Params)
			if d.password != nil {
				next.PasswordDigest = d.password.digest
			}
			// The image can be uploaded only after the user exists, and the record is not written in between.
			next.ProfileImage = next.ProfileImage || d.image != nil && !d.image.none
		case SetProfileImage:
			next.ProfileImage = true
		case Ban:
			next.Banned = true
		case Unban:
			// Without the field, the lifted ban is ours or a predecessor's. The mark shows a predecessor's ban, but the same
			// plan rewrites the mark; the record keeps the ban until it is lifted.
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
			// What is overwritten is not ours. Prune forgets what was removed, once it is gone.
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

// written returns the pointers to the keys that a call writes, without the mark, which is no key of a spec.
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

// Confirm returns the record after Clerk confirmed changes: it adds which of the inputs that Clerk never shows were
// sent. They must not be on record before, or they would not be sent again if the call was not carried out.
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
			// Clerk shows everything else.
		}
	}
	return applied
}

// Prune returns the part of the record that is still ours, given the user after Clerk's answers. It forgets what left
// the spec and is gone at Clerk; for a nil user everything is gone. What the spec declares stays on record even if it
// is not at Clerk yet, because an answer may have been lost.
func Prune(applied v1alpha1.Applied, d *Desired, u *clerk.User) v1alpha1.Applied {
	if u == nil {
		u = &clerk.User{}
	}
	next := v1alpha1.Applied{
		EmailAddresses: d.emails.prune(applied.EmailAddresses, heldEmails(u)),
		PhoneNumbers:   d.phones.prune(applied.PhoneNumbers, heldPhones(u)),
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
	for _, declared := range d.metadata {
		declared.ours = pointersInto(declared.field, applied.Metadata)
		for _, p := range declared.prune(metadataOf(u, declared.field)) {
			next.Metadata = append(next.Metadata, p.pointer(declared.field))
		}
	}
	return tidy(next)
}

func (l contactList) prune(added []string, held []heldContact) []string {
	var kept []string
	for _, value := range added {
		_, there := statusAmong(held, value)
		if there || l.find(value) >= 0 {
			kept = append(kept, value)
		}
	}
	return kept
}

// prune returns the paths that are declared, or still have to be removed.
func (w desiredMetadata) prune(have clerk.Metadata) []path {
	kept := w.undeclared(have)
	for _, p := range w.ours {
		if p.in(w.want) || p.under(w.want) && p.in(have) {
			kept = append(kept, p)
		}
	}
	return kept
}

// tidy sorts the lists and removes duplicates, so that equal records are stored equally.
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

// SameApplied reports whether two records are equal. An empty list equals nil.
func SameApplied(a, b v1alpha1.Applied) bool { return equality.Semantic.DeepEqual(a, b) }

// Forgets reports whether the first record has an entry that the second one lacks. Digests do not count: they record
// what was sent, not what has to be removed.
func Forgets(before, after v1alpha1.Applied) bool {
	lacks := func(before, after []string) bool {
		return slices.ContainsFunc(before, func(entry string) bool { return !slices.Contains(after, entry) })
	}
	return lacks(before.Metadata, after.Metadata) ||
		lacks(before.EmailAddresses, after.EmailAddresses) ||
		lacks(before.PhoneNumbers, after.PhoneNumbers) ||
		before.Banned && !after.Banned || before.Locked && !after.Locked || before.ProfileImage && !after.ProfileImage
}
