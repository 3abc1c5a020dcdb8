// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// baseline decides what of the inputs that Clerk never shows counts as applied where it is not on record what was: the
// present value. Sending it would overwrite what the person has chosen since.
func (r *reconciliation) baseline(user *clerk.User, how bindKind) {
	var taken []string
	foreign, declaredNow, digests := r.hasOwnValues(user, how), how == bound && !r.reported, r.record.Digests()
	if r.user.Spec.Password != nil && !slices.Contains(r.sources.LeftOut, plan.FieldPassword) {
		in := hiddenInput{&digests.Password, r.sources.Inputs.PasswordDigest, user.PasswordEnabled, declaredNow}
		if r.baselineInput(in, foreign) {
			taken = append(taken, plan.FieldPassword)
		}
	}
	if r.sources.Inputs.ProfileImageDigest != "" && !slices.Contains(r.sources.LeftOut, plan.FieldProfileImage) {
		// Of an image that an interrupted creation uploaded it is not on record which one it was.
		unsent := declaredNow || how == resumed && r.record.Value().ProfileImage
		in := hiddenInput{&digests.ProfileImage, r.sources.Inputs.ProfileImageDigest, user.HasImage, unsent}
		if r.baselineInput(in, foreign) {
			taken = append(taken, plan.FieldProfileImage)
		}
	}
	r.record.SetDigests(digests)
	if len(taken) > 0 && (r.owned || !r.user.Spec.Observes()) {
		r.recordEventf(v1alpha1.EventBaselined, "Bind", "what is at Clerk now counts as what was declared: %s; it is written when the source changes",
			strings.Join(taken, ", "))
	}
}

// hiddenInput is an input that Clerk never shows: the digest on record of what was sent, that of the present value, whether the
// user has anything of the kind, and whether it is known that the present value was not sent.
type hiddenInput struct {
	recorded        *string
	digest          string
	present, unsent bool
}

// baselineInput decides on one input, and reports whether the present value was taken for the applied one. What the user does
// not have at all is sent, and so is what was declared just now for a user that was this object's before.
func (r *reconciliation) baselineInput(in hiddenInput, foreign bool) bool {
	switch {
	case !in.present:
		return false
	case foreign:
	case r.key.Made(*in.recorded):
		return false
	case *in.recorded == "" && in.unsent:
		*in.recorded = r.key.NoDigest()
		return false
	}
	*in.recorded = in.digest
	return true
}

// hasOwnValues reports whether a user had what it has before it was this object's. What is on record then, in a status or an
// annotation from a backup or from a creating call that was refused, is not about what was sent to this user.
func (r *reconciliation) hasOwnValues(user *clerk.User, how bindKind) bool {
	switch how {
	case adopted, inherited:
		return true
	case resumed:
		// A user that is older than the object was handed over. One with a declared age may only seem so.
		initial := r.user.Spec.Initial
		return (initial == nil || initial.CreatedAt == nil) && user.CreatedAt.Before(r.user.CreationTimestamp.Add(-clockSkew))
	case bound, created, restored:
	}
	return false
}

// clockSkew is by how much the clocks of Clerk and of the API server may differ.
const clockSkew = time.Minute

// recordUnsentInputs records of an input that was declared just now, for a user that is this object's already, that it was not
// sent. A reconcile may end before it gets so far, with the last word on this spec; after that nothing would tell such an input
// from one whose record was lost.
func (r *reconciliation) recordUnsentInputs() {
	if r.reported || r.userID == "" {
		return
	}
	spec, digests := &r.user.Spec, r.record.Digests()
	if spec.Password != nil && digests.Password == "" {
		digests.Password = r.key.NoDigest()
	}
	if spec.ProfileImage.Uploads() && digests.ProfileImage == "" {
		digests.ProfileImage = r.key.NoDigest()
	}
	r.record.SetDigests(digests)
}

// recordPasswordChange tells of a declared password that somebody else has changed at Clerk, where it stays.
func (r *reconciliation) recordPasswordChange() {
	known := r.user.Status.PasswordLastUpdatedAt
	if r.user.Spec.Password == nil || r.observed == nil || known == nil || sentPassword(r.did) {
		return
	}
	if !r.observed.PasswordUpdatedAt.Truncate(time.Second).After(known.Time) {
		return
	}
	r.recordEventf(v1alpha1.EventPasswordChanged, "Observe", "somebody changed the password at Clerk; it stays until the Secret changes")
}

// sentPassword reports whether one of the changes set the password.
func sentPassword(did []plan.Change) bool {
	for _, change := range did {
		switch change := change.(type) {
		case plan.Create:
			return true
		case plan.Update:
			if change.Params.Password != nil {
				return true
			}
		default:
		}
	}
	return false
}
