// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// baseline decides what of the inputs that Clerk never shows counts as applied where it is not on record what was: the
// present value. Sending it would overwrite what the person has chosen since.
func (p *pass) baseline(user *clerk.User, how manner) {
	if !p.sources.read {
		return
	}
	var taken []string
	if p.user.Spec.Password != nil {
		if p.baselineOne(&p.applied.PasswordDigest, p.sources.in.PasswordDigest, user.PasswordEnabled, how) {
			taken = append(taken, plan.FieldPassword)
		}
	}
	if p.sources.in.ProfileImageDigest != "" {
		if p.baselineOne(&p.applied.ProfileImageDigest, p.sources.in.ProfileImageDigest, user.HasImage, how) {
			taken = append(taken, plan.FieldProfileImage)
		}
	}
	if len(taken) > 0 && (p.bound || !p.user.Spec.Observes()) {
		p.notef(v1alpha1.EventBaselined, "Bind", "what is at Clerk now counts as what was declared: %s; it is written when the source changes",
			strings.Join(taken, ", "))
	}
}

// baselineOne decides on one input, and reports whether the present value was taken for the applied one. What the user does
// not have at all is sent, and so is what was declared just now for a user that was this object's before.
func (p *pass) baselineOne(recorded *string, present string, there bool, how manner) bool {
	switch {
	case !there, p.Key.Made(*recorded):
		return false
	case *recorded == "" && how == held && !p.drift:
		*recorded = p.Key.NoDigest()
		return false
	default:
		*recorded = present
		return true
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
