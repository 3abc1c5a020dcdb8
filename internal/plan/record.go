// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Record owns status.applied during one reconcile: what the operator has to take back when it leaves the spec, and which of
// the values that Clerk never shows were sent. Nothing else changes that. The zero value is an empty record.
type Record struct {
	// value is what is on record now, and former what was before the last Begin.
	value, former v1alpha1.Applied
}

// NewRecord returns the record that status holds. Nil is an empty one.
func NewRecord(applied *v1alpha1.Applied) Record {
	if applied == nil {
		return Record{}
	}
	return Record{value: *applied.DeepCopy()}
}

// Value returns what is on record. The caller must not change the lists in it.
func (r *Record) Value() v1alpha1.Applied { return r.value }

// Empty reports whether nothing is on record.
func (r *Record) Empty() bool { return SameApplied(r.value, v1alpha1.Applied{}) }

// Begin puts changes on record that are about to be sent, so that nothing is forgotten if their answers are lost. It returns the
// metadata pointers that are new, and whether the record changed.
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

// Cancel takes back the last Begin: nothing of it was sent.
func (r *Record) Cancel() { r.value = r.former }

// Commit records that Clerk confirmed changes.
func (r *Record) Commit(d *Desired, did ...Change) { r.value = Confirm(r.value, d, did) }

// Rollback takes back of the last Begin what was not carried out. What others have in its place is not the operator's. did are
// the changes that Clerk confirmed; lost are those whose answer was lost, which stay on record.
func (r *Record) Rollback(d *Desired, did, lost []Change) {
	r.value = Confirm(Intend(r.former, d, slices.Concat(did, lost)), d, did)
}

// Prune removes what left the spec and is no longer at Clerk.
func (r *Record) Prune(d *Desired, u *clerk.User) { r.value = Settle(r.value, d, u) }

// Forgets reports whether Prune would remove an entry.
func (r *Record) Forgets(d *Desired, u *clerk.User) bool {
	return Forgets(r.value, Settle(r.value, d, u))
}

// Disown removes what Clerk refused and the user does not have. A metadata pointer is removed only if its part was refused and it
// is among unsent: an earlier value of any other may be the operator's.
func (r *Record) Disown(u *clerk.User, refused []Part, unsent map[string]bool) {
	r.value = Disown(r.value, u, refused)
	r.value.Metadata = slices.DeleteFunc(r.value.Metadata, func(pointer string) bool {
		field, _, _ := strings.Cut(strings.TrimPrefix(pointer, "/"), "/")
		return unsent[pointer] && slices.Contains(refused, Part{Field: field})
	})
}

// Inherit takes over what an earlier object or an earlier process put on record before it created the user.
func (r *Record) Inherit(applied v1alpha1.Applied) { r.value = *applied.DeepCopy() }

// InheritBan records that the ban is a predecessor's, to be lifted unless the spec asks for one.
func (r *Record) InheritBan() { r.value.Banned = true }

// Clear empties the record: the user that it was about is gone.
func (r *Record) Clear() { r.value = v1alpha1.Applied{} }

// Digests are the digests of the values that were sent and that Clerk never shows.
type Digests struct{ Password, ProfileImage string }

// SetDigests replaces the digests of what was sent.
func (r *Record) SetDigests(d Digests) {
	r.value.PasswordDigest, r.value.ProfileImageDigest = d.Password, d.ProfileImage
}

// Digests returns the digests of what was sent. "" is none that is known.
func (r *Record) Digests() Digests {
	return Digests{r.value.PasswordDigest, r.value.ProfileImageDigest}
}
