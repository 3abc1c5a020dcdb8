// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// pass is one pass over one ClerkUserAction: what it works with, and what it learned.
type pass struct {
	*Reconciler

	action *v1alpha1.ClerkUserAction
	// stored is the object as the API server has it, as far as this pass knows: patches say how action differs from it.
	stored     *v1alpha1.ClerkUserAction
	actionType v1alpha1.ActionType
	now        time.Time
	// repeats is true if an earlier pass put a start on record of which no end is. Its call may have been made.
	repeats bool

	// user is the ClerkUser, and userID the user that it is bound to; nil and "" until it was found to be fit.
	user       *v1alpha1.ClerkUser
	userID     string
	instance   *v1alpha1.ClerkInstance
	connection *connection.Connection
	// client calls Clerk in the name of this object.
	client *clerk.Client
	// input is what the Secret holds that the spec names.
	input string
	// observed is the user at Clerk, with this ClerkUser's mark.
	observed *clerk.User
	// target is the id of the thing that is meant of those that the user has; "" for actions about the user as a whole.
	target string
	// output is the Secret to be written as it is; nil if there is none yet.
	output *corev1.Secret

	// began is true once this pass put a start on record, and called once it was about to make the call.
	began, called bool
	// lag is for how long Clerk may still not show what the call did not find; 0 if that it is not there is to be believed.
	lag    time.Duration
	answer answer
	err    error
}

func (r *Reconciler) newPass(action *v1alpha1.ClerkUserAction) *pass {
	return &pass{
		Reconciler: r,
		action:     action,
		stored:     action.DeepCopy(),
		actionType: action.Spec.ActionType(),
		now:        r.Now(),
		repeats:    action.Status.StartedAt != nil,
	}
}

// run carries the action out, or finds out why not.
func (p *pass) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		p.understood, p.resume, p.findUser, p.findWay, p.readInput, p.observe, p.aim, p.reserve, p.begin,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return p.carryOut(ctx)
}

func (p *pass) uid() string { return string(p.action.UID) }
