// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Record owns status.applied during one reconciliation: what the operator removes when it leaves the spec, and which of
// the values that Clerk never shows were sent. Nothing else changes status.applied. The zero value is an empty record.
type Record struct {
	// value is the present record, and former the record before the last Begin.
	value, former v1alpha1.Applied
}

// NewRecord returns the record in status; an empty one for nil.
func NewRecord(applied *v1alpha1.Applied) Record {
	if applied == nil {
		return Record{}
	}
	return Record{value: *applied.DeepCopy()}
}

// Value returns the present record. The caller must not change its lists.
func (r *Record) Value() v1alpha1.Applied { return r.value }

// Empty reports whether the record is empty.
func (r *Record) Empty() bool { return SameApplied(r.value, v1alpha1.Applied{}) }

// Begin records changes before they are sent, so that nothing is forgotten if their answers are lost. It returns the
// new metadata pointers, and whether the record changed.
func (r *Record) Begin(d *Desired, do []Change) (pointers []string, changed bool) {
	r.former = r.value
	r.value = Intend(r.value, d, do)
	for _, pointer := range r.value.Metadata {
		if !slices.Contains(r.former.Metadata, pointer) {
			pointers = append(pointers, pointer)
		}
	}
	return pointers, !SameApplied(r.value, r.former)
}

// Cancel undoes the last Begin, because nothing of it was sent.
func (r *Record) Cancel() { r.value = r.former }

// Commit records that Clerk confirmed changes.
func (r *Record) Commit(d *Desired, did ...Change) { r.value = Confirm(r.value, d, did) }

// Rollback undoes the part of the last Begin that was not carried out. Values that others have in its place are not the
// operator's. did are the changes that Clerk confirmed. lost are the changes whose answer was lost; they stay on
// record.
func (r *Record) Rollback(d *Desired, did, lost []Change) {
	r.value = Confirm(Intend(r.former, d, slices.Concat(did, lost)), d, did)
}

// Prune removes what left the spec and is no longer at Clerk.
func (r *Record) Prune(d *Desired, u *clerk.User) { r.value = Prune(r.value, d, u) }

// Forgets reports whether Prune would remove an entry.
func (r *Record) Forgets(d *Desired, u *clerk.User) bool {
	return Forgets(r.value, Prune(r.value, d, u))
}

// Disown removes what Clerk refused and the user does not have. A metadata pointer is removed only if its part was
// refused and unsent has it; otherwise an earlier value may be the operator's.
func (r *Record) Disown(u *clerk.User, refused []Part, unsent map[string]bool) {
	r.value = Disown(r.value, u, refused)
	r.value.Metadata = slices.DeleteFunc(r.value.Metadata, func(pointer string) bool {
		field, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
		return unsent[pointer] && slices.Contains(refused, Part{Field: field})
	})
}

// Inherit copies what an earlier object or an earlier process recorded before it created the user.
func (r *Record) Inherit(applied v1alpha1.Applied) { r.value = *applied.DeepCopy() }

// Merge adds the entries of another record. Digests are left as they are.
func (r *Record) Merge(other v1alpha1.Applied) {
	merged := *r.value.DeepCopy()
	merged.Metadata = append(merged.Metadata, other.Metadata...)
	merged.EmailAddresses = append(merged.EmailAddresses, other.EmailAddresses...)
	merged.PhoneNumbers = append(merged.PhoneNumbers, other.PhoneNumbers...)
	merged.Banned = merged.Banned || other.Banned
	merged.Locked = merged.Locked || other.Locked
	merged.ProfileImage = merged.ProfileImage || other.ProfileImage
	r.value = tidy(merged)
}

// InheritBan records a ban by a predecessor, which is lifted unless the spec declares one.
func (r *Record) InheritBan() { r.value.Banned = true }

// Clear empties the record, because its user is gone.
func (r *Record) Clear() { r.value = v1alpha1.Applied{} }

// Digests are the digests of the values that were sent and that Clerk never shows.
type Digests struct{ Password, ProfileImage string }

// SetDigests replaces the digests of the values that were sent.
func (r *Record) SetDigests(d Digests) {
	r.value.PasswordDigest, r.value.ProfileImageDigest = d.Password, d.ProfileImage
}

// Digests returns the digests of the values that were sent; "" if none is known.
func (r *Record) Digests() Digests {
	return Digests{r.value.PasswordDigest, r.value.ProfileImageDigest}
}
