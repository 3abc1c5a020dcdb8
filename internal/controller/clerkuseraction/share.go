// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// share tells others in this process what came of a call: the mirror, the ClerkUser, and those who wait for an identifier.
type share struct {
	mirror *mirror.Mirror
	pool   *connection.Pool
	now    func() time.Time
}

// run shares the answer to a call that began at called.
func (s share) run(o *outcome, called time.Time, user *clerk.User, err error) {
	s.change(o, called, user, err)
	s.freeWallet(o, err)
}

// change tells the mirror what is known of the user after the call, and has the ClerkUser reconciled. A token is not part of
// the user, and a call that had to wait changed nothing.
func (s share) change(o *outcome, called time.Time, user *clerk.User, err error) {
	if _, waiting := clerk.Waiting(err); waiting || o.actionType == v1alpha1.ActionGetOAuthAccessToken {
		return
	}
	switch {
	case user != nil && err == nil:
		s.mirror.Wrote(user, called)
	case clerk.IsNotFound(err):
		s.mirror.Forget(o.userID())
	default:
		s.mirror.WrotePart(o.userID())
	}
	s.pool.ChangedUsers().Add(string(o.user.UID))
}

// freeWallet has the objects try again that were refused the wallet which the action has taken from the user, or may have
// taken.
func (s share) freeWallet(o *outcome, err error) {
	if o.actionType != v1alpha1.ActionDeleteWeb3Wallet || err != nil && !clerk.AnswerLost(err) {
		return
	}
	for _, wallet := range o.observed.Web3Wallets {
		if wallet.ID == o.target {
			freed := []clerk.Identifier{{Kind: clerk.KindWeb3Wallet, Value: wallet.Address}}
			s.pool.Identifiers().Free(o.user.Status.Instance.ID, freed, s.now())
		}
	}
}
