// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// request is what a call needs to know.
type request struct {
	spec *v1alpha1.ClerkUserActionSpec
	// user is the user as observed.
	user *clerk.User
	// target is as in outcome.
	target string
	// about describes the call for the audit line.
	about audit.Write
	// input is what the Secret holds that the spec names; empty if it names none.
	input clerk.Secret
}

// answer is what came of a call.
type answer struct {
	// user is the user as Clerk answered with it; nil where it answered with a part or nothing.
	user *clerk.User
	// result goes into status; nil if there is nothing to tell.
	result *v1alpha1.ActionResult
	// message says in one sentence what came of the action; "" is the usual one.
	message string
}

// call makes the call that the action stands for.
type call struct {
	clerk  connection.Actor
	secret *outputSecret
}

func (s call) run(ctx context.Context, r request) (answer, error) {
	spec, id := r.spec, r.user.ID
	switch spec.ActionType() {
	case v1alpha1.ActionVerifyPassword:
		return s.verifyPassword(ctx, r)
	case v1alpha1.ActionVerifyTOTP:
		return s.verifyTOTP(ctx, r)
	case v1alpha1.ActionCreateTOTP:
		return s.createTOTP(ctx, r)
	case v1alpha1.ActionGetOAuthAccessToken:
		return s.getOAuthAccessToken(ctx, r)
	case v1alpha1.ActionDisableMFA:
		return answer{}, s.clerk.DisableMFA(ctx, r.about, id)
	case v1alpha1.ActionDeleteBackupCodes:
		return answer{}, s.clerk.DeleteBackupCodes(ctx, r.about, id)
	case v1alpha1.ActionDeleteTOTP:
		return answer{}, s.clerk.DeleteTOTP(ctx, r.about, id)
	case v1alpha1.ActionDeletePasskey:
		return answer{}, s.clerk.DeletePasskey(ctx, r.about, id, r.target)
	case v1alpha1.ActionDeleteWeb3Wallet:
		return answer{}, s.clerk.DeleteWeb3Wallet(ctx, r.about, id, r.target)
	case v1alpha1.ActionDeleteExternalAccount:
		return answer{}, s.clerk.DeleteExternalAccount(ctx, r.about, id, r.target)
	case v1alpha1.ActionRevokeTrustedDevice:
		return answer{}, s.clerk.RevokeTrustedDevice(ctx, r.about, id, r.target)
	case v1alpha1.ActionRemovePassword:
		return whole(s.clerk.RemovePassword(ctx, r.about, id, ptr.Deref(spec.RemovePassword.SignOutOfOtherSessions, false)))
	case v1alpha1.ActionSetPasswordCompromised:
		return whole(s.clerk.SetPasswordCompromised(ctx, r.about, id, ptr.Deref(spec.SetPasswordCompromised.RevokeSessions, false)))
	case v1alpha1.ActionUnsetPasswordCompromised:
		return whole(s.clerk.UnsetPasswordCompromised(ctx, r.about, id))
	}
	return answer{}, noSuchAction(spec.ActionType())
}

// whole is the answer of a call that Clerk answers with the user.
func whole(user *clerk.User, err error) (answer, error) { return answer{user: user}, err }

func (s call) verifyPassword(ctx context.Context, r request) (answer, error) {
	verified, err := s.clerk.VerifyPassword(ctx, r.about, r.user.ID, r.input.Reveal())
	message := "the password is not the user's"
	if verified {
		message = "the password is the user's"
	}
	return answer{result: &v1alpha1.ActionResult{Verified: &verified}, message: message}, err
}

func (s call) verifyTOTP(ctx context.Context, r request) (answer, error) {
	found, err := s.clerk.VerifyTOTP(ctx, r.about, r.user.ID, r.input.Reveal())
	message := "the code is not one of the user's"
	if found.Verified {
		message = "the code is the user's"
	}
	result := &v1alpha1.ActionResult{Verified: &found.Verified, CodeType: found.CodeType}
	return answer{result: result, message: message}, err
}

// writeOf describes the call of an action for the audit line.
func writeOf(action *v1alpha1.ClerkUserAction, user *v1alpha1.ClerkUser, userID string) audit.Write {
	return audit.Write{
		Object: audit.Object{
			Kind:           "ClerkUserAction",
			NamespacedName: client.ObjectKeyFromObject(action),
			UID:            action.UID,
			Generation:     action.Generation,
		},
		Instance: instanceName(user),
		UserID:   userID,
		Change:   string(action.Spec.ActionType()),
		Cause:    audit.CauseAction,
	}
}
