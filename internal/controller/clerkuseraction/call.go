// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// answer is what came of a call.
type answer struct {
	// user is the user as Clerk answered with it; nil where it answered with a part or nothing.
	user *clerk.User
	// result goes into status; nil if there is nothing to tell.
	result *v1alpha1.ActionResult
	// message says in one sentence what came of the action; "" is the usual one.
	message string
}

// carryOut makes the call, and has the ClerkUser look at what it changed.
func (p *pass) carryOut(ctx context.Context) error {
	p.called = true
	answer, err := p.call(ctx)
	p.lag = p.lagLeft(p.now)
	p.share(answer.user, err)
	p.free(err)
	if err == nil {
		p.answer = answer
	}
	return err
}

// free has the objects try again that were refused the wallet which the action has taken from the user, or may have taken.
func (p *pass) free(err error) {
	if p.actionType != v1alpha1.ActionDeleteWeb3Wallet || p.observed == nil || err != nil && !clerk.AnswerLost(err) {
		return
	}
	for _, wallet := range p.observed.Web3Wallets {
		if wallet.ID == p.target {
			freed := []clerk.Identifier{{Kind: clerk.KindWeb3Wallet, Value: wallet.Address}}
			p.Pool.Identifiers().Free(p.user.Status.Instance.ID, freed, p.Now())
		}
	}
}

// call makes the call that the action stands for.
func (p *pass) call(ctx context.Context) (answer, error) {
	spec, id, target := &p.action.Spec, p.userID, p.target
	switch p.actionType {
	case v1alpha1.ActionVerifyPassword:
		return p.verifyPassword(ctx)
	case v1alpha1.ActionVerifyTOTP:
		return p.verifyTOTP(ctx)
	case v1alpha1.ActionCreateTOTP:
		return p.createTOTP(ctx)
	case v1alpha1.ActionGetOAuthAccessToken:
		return p.getOAuthAccessToken(ctx)
	case v1alpha1.ActionDisableMFA:
		return answer{}, p.client.DisableMFA(ctx, id)
	case v1alpha1.ActionDeleteBackupCodes:
		return answer{}, p.client.DeleteBackupCodes(ctx, id)
	case v1alpha1.ActionDeleteTOTP:
		return answer{}, p.client.DeleteTOTP(ctx, id)
	case v1alpha1.ActionDeletePasskey:
		return answer{}, p.client.DeletePasskey(ctx, id, target)
	case v1alpha1.ActionDeleteWeb3Wallet:
		return answer{}, p.client.DeleteWeb3Wallet(ctx, id, target)
	case v1alpha1.ActionDeleteExternalAccount:
		return answer{}, p.client.DeleteExternalAccount(ctx, id, target)
	case v1alpha1.ActionRevokeTrustedDevice:
		return answer{}, p.client.RevokeTrustedDevice(ctx, id, target)
	case v1alpha1.ActionRemovePassword:
		return whole(p.client.RemovePassword(ctx, id, ptr.Deref(spec.RemovePassword.SignOutOfOtherSessions, false)))
	case v1alpha1.ActionSetPasswordCompromised:
		return whole(p.client.SetPasswordCompromised(ctx, id, ptr.Deref(spec.SetPasswordCompromised.RevokeSessions, false)))
	case v1alpha1.ActionUnsetPasswordCompromised:
		return whole(p.client.UnsetPasswordCompromised(ctx, id))
	}
	return answer{}, noSuchAction(p.actionType)
}

// whole is the answer of a call that Clerk answers with the user.
func whole(user *clerk.User, err error) (answer, error) { return answer{user: user}, err }

func (p *pass) verifyPassword(ctx context.Context) (answer, error) {
	verified, err := p.client.VerifyPassword(ctx, p.userID, p.input)
	message := "the password is not the user's"
	if verified {
		message = "the password is the user's"
	}
	return answer{result: &v1alpha1.ActionResult{Verified: &verified}, message: message}, err
}

func (p *pass) verifyTOTP(ctx context.Context) (answer, error) {
	found, err := p.client.VerifyTOTP(ctx, p.userID, p.input)
	message := "the code is none of the user's"
	if found.Verified {
		message = "the code is the user's"
	}
	result := &v1alpha1.ActionResult{Verified: &found.Verified, CodeType: found.CodeType}
	return answer{result: result, message: message}, err
}

// share tells the mirror what is known of the user after the call, and has the ClerkUser look at it. A token is not part of
// the user, and a call that had to wait changed nothing.
func (p *pass) share(user *clerk.User, err error) {
	if _, waiting := clerk.Waiting(err); waiting || p.actionType == v1alpha1.ActionGetOAuthAccessToken {
		return
	}
	switch {
	case user != nil && err == nil:
		p.connection.Mirror.Wrote(user)
	case clerk.IsNotFound(err):
		p.connection.Mirror.Forget(p.userID)
	default:
		p.connection.Mirror.WrotePart(p.userID)
	}
	p.Pool.ChangedUsers().Add(string(p.user.UID))
}
