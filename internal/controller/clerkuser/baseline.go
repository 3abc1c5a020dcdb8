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
func (p *pass) baseline(user *clerk.User, how manner) {
	var taken []string
	foreign, declaredNow := p.isForeign(user, how), how == held && !p.drift
	if p.user.Spec.Password != nil && !slices.Contains(p.sources.LeftOut, plan.FieldPassword) {
		in := unseen{&p.applied.PasswordDigest, p.sources.Inputs.PasswordDigest, user.PasswordEnabled, declaredNow}
		if p.baselineOne(in, foreign) {
			taken = append(taken, plan.FieldPassword)
		}
	}
	if p.sources.Inputs.ProfileImageDigest != "" && !slices.Contains(p.sources.LeftOut, plan.FieldProfileImage) {
		// Of an image that an interrupted creation uploaded it is not on record which one it was.
		unsent := declaredNow || how == resumed && p.applied.ProfileImage
		in := unseen{&p.applied.ProfileImageDigest, p.sources.Inputs.ProfileImageDigest, user.HasImage, unsent}
		if p.baselineOne(in, foreign) {
			taken = append(taken, plan.FieldProfileImage)
		}
	}
	if len(taken) > 0 && (p.bound || !p.user.Spec.Observes()) {
		p.notef(v1alpha1.EventBaselined, "Bind", "what is at Clerk now counts as what was declared: %s; it is written when the source changes",
			strings.Join(taken, ", "))
	}
}

// unseen is an input that Clerk never shows: the digest on record of what was sent, that of the present value, whether the
// user has anything of the kind, and whether it is known that the present value was not sent.
type unseen struct {
	recorded      *string
	present       string
	there, unsent bool
}

// baselineOne decides on one input, and reports whether the present value was taken for the applied one. What the user does
// not have at all is sent, and so is what was declared just now for a user that was this object's before.
func (p *pass) baselineOne(in unseen, foreign bool) bool {
	switch {
	case !in.there:
		return false
	case foreign:
	case p.Key.Made(*in.recorded):
		return false
	case *in.recorded == "" && in.unsent:
		*in.recorded = p.Key.NoDigest()
		return false
	}
	*in.recorded = in.present
	return true
}

// isForeign reports whether a user had what it has before it was this object's. What is on record then, in a status or an
// annotation from a backup or from a creating call that was refused, is not about what was sent to this user.
func (p *pass) isForeign(user *clerk.User, how manner) bool {
	switch how {
	case adopted, succeeded:
		return true
	case resumed:
		// A user that is older than the object was handed over. One with a declared age may only seem so.
		initial := p.user.Spec.Initial
		return (initial == nil || initial.CreatedAt == nil) && user.CreatedAt.Before(p.user.CreationTimestamp.Add(-clockSkew))
	case held, created, restored:
	}
	return false
}

// clockSkew is by how much the clocks of Clerk and of the API server may differ.
const clockSkew = time.Minute

// noteDeclared records of an input that was declared just now, for a user that is this object's already, that it was not
// sent. A pass may end before it gets so far, with the last word on this spec; after that nothing would tell such an input
// from one whose record was lost.
func (p *pass) noteDeclared() {
	if p.drift || p.userID == "" {
		return
	}
	spec, applied := &p.user.Spec, &p.applied
	if spec.Password != nil && applied.PasswordDigest == "" {
		applied.PasswordDigest = p.Key.NoDigest()
	}
	if spec.ProfileImage.Uploads() && applied.ProfileImageDigest == "" {
		applied.ProfileImageDigest = p.Key.NoDigest()
	}
}

// notePasswordChange tells of a declared password that somebody else has changed at Clerk, where it stays.
func (p *pass) notePasswordChange() {
	known := p.user.Status.PasswordLastUpdatedAt
	if p.user.Spec.Password == nil || p.observed == nil || known == nil || sentPassword(p.did) {
		return
	}
	if !p.observed.PasswordUpdatedAt.Truncate(time.Second).After(known.Time) {
		return
	}
	p.notef(v1alpha1.EventPasswordChanged, "Observe", "somebody changed the password at Clerk; it stays until the Secret changes")
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
