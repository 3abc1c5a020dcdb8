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

// baseline handles the inputs that Clerk never shows, such as passwords. If it is not on record what was applied, the current
// value counts as applied. To send it would overwrite what the person has chosen since.
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
		// After an interrupted creation it is unknown which image was uploaded.
		unsent := declaredNow || how == resumed && r.record.Value().ProfileImage
		in := hiddenInput{&digests.ProfileImage, r.sources.Inputs.ProfileImageDigest, user.HasImage, unsent}
		if r.baselineInput(in, foreign) {
			taken = append(taken, plan.FieldProfileImage)
		}
	}
	r.record.SetDigests(digests)
	if len(taken) > 0 && (r.owned || !r.user.Spec.Observes()) {
		r.recordEventf(v1alpha1.EventBaselined, "Bind", "the current values at Clerk count as the declared ones: %s; the operator sends them when their source changes",
			strings.Join(taken, ", "))
	}
}

// hiddenInput is an input that Clerk never shows. recorded is the digest on record of the value that was sent, and digest that
// of the current value. present reports whether the user has such a value. unsent is true if the current value is known not to
// have been sent.
type hiddenInput struct {
	recorded        *string
	digest          string
	present, unsent bool
}

// baselineInput handles one input, and reports whether the current value now counts as applied. The operator sends a value that
// the user lacks. It also sends a value that was just declared for a user that already belonged to this object.
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

// hasOwnValues reports whether a user got its values before it belonged to this object. The record may then come from a backup
// or a refused creating call, and does not describe this user.
func (r *reconciliation) hasOwnValues(user *clerk.User, how bindKind) bool {
	switch how {
	case adopted, inherited:
		return true
	case resumed:
		// A user that is older than the object was transferred to it. With spec.initial.createdAt the user may only look older.
		initial := r.user.Spec.Initial
		return (initial == nil || initial.CreatedAt == nil) && user.CreatedAt.Before(r.user.CreationTimestamp.Add(-clockSkew))
	case bound, created, restored:
	}
	return false
}

// clockSkew is the largest assumed difference between the clocks of Clerk and of the API server.
const clockSkew = time.Minute

// recordUnsentInputs records of a newly declared input that it was not sent, if the user already belongs to this object. The
// reconciliation may end earlier with a final result for this spec. Without the record, such an input would then look like one
// whose record was lost.
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

// recordPasswordChange records an event if somebody else changed a declared password at Clerk. The operator does not overwrite
// it.
func (r *reconciliation) recordPasswordChange() {
	known := r.user.Status.PasswordLastUpdatedAt
	if r.user.Spec.Password == nil || r.observed == nil || known == nil || sentPassword(r.did) {
		return
	}
	if !r.observed.PasswordUpdatedAt.Truncate(time.Second).After(known.Time) {
		return
	}
	r.recordEventf(v1alpha1.EventPasswordChanged, "Observe", "somebody changed the password at Clerk; the new one stays until the Secret changes")
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
