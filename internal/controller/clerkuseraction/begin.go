// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// underWay is how long a call that another process began may be under way: as long as a call may take, and some time for
	// clocks that differ and for writing down what came of it.
	underWay = 15 * time.Second
	// soonTime is how long after its start an action is repeated that takes something away. Later the person may have set up
	// anew what it would take.
	soonTime = 10 * time.Minute
)

// repetition says when a call may be made again of which it is not known whether it was made.
type repetition int

const (
	// never: a second call would do harm that the first one did not.
	never repetition = iota
	// soon: within soonTime.
	soon
	// always: a second call does nothing that the first one has not done.
	always
)

// repetitionOf says when the call of an action may be repeated. Ids are given out once, so what has one can be deleted again at
// any time.
func repetitionOf(spec *v1alpha1.ClerkUserActionSpec) repetition {
	switch spec.ActionType() {
	case v1alpha1.ActionVerifyTOTP, v1alpha1.ActionDeletePasskey:
		return never
	case v1alpha1.ActionVerifyPassword, v1alpha1.ActionGetOAuthAccessToken, v1alpha1.ActionRevokeTrustedDevice:
		return always
	case v1alpha1.ActionDeleteWeb3Wallet:
		if spec.DeleteWeb3Wallet.ID != nil {
			return always
		}
	case v1alpha1.ActionDeleteExternalAccount:
		if spec.DeleteExternalAccount.ID != nil {
			return always
		}
	case v1alpha1.ActionDisableMFA, v1alpha1.ActionDeleteBackupCodes, v1alpha1.ActionDeleteTOTP, v1alpha1.ActionCreateTOTP,
		v1alpha1.ActionRemovePassword, v1alpha1.ActionSetPasswordCompromised, v1alpha1.ActionUnsetPasswordCompromised:
	}
	return soon
}

// resume decides what to make of a start without an end: the process that wrote it was ended, or the answer was lost.
func (p *pass) resume(ctx context.Context) error {
	if !p.repeats {
		return nil
	}
	if err := p.newest(ctx); err != nil {
		return err
	}
	since := p.now.Sub(p.action.Status.StartedAt.Time)
	// The other process's clock may be ahead of this one's.
	ago := max(since, p.memory.seenFor(p.action.UID, p.action.Status.StartedAt.Time, p.now))
	if left := underWay - ago; left > 0 && !p.memory.called(p.action.UID) {
		return &waitError{after: left, err: errUnderWay}
	}
	switch repetitionOf(&p.action.Spec) {
	case always:
		return nil
	case soon:
		if since < soonTime {
			return nil
		}
	case never:
	}
	return outcomeUnknown(p.actionType)
}

// newest checks that no end is on record that the cache does not show yet.
func (p *pass) newest(ctx context.Context) error {
	live := &v1alpha1.ClerkUserAction{}
	err := p.Live.Get(ctx, client.ObjectKeyFromObject(p.action), live)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the object live: %w", err)
	}
	if err != nil || live.UID != p.action.UID || live.ResourceVersion != p.action.ResourceVersion {
		return errOutdated
	}
	return nil
}

// begin puts the start on record, once there is a ticket for the call. It is an update with the resource version that this
// pass began with: of two passes over the same copy one gets a conflict, and makes no call.
func (p *pass) begin(ctx context.Context) error {
	if err := p.client.Reserve(); err != nil {
		p.memory.queue(p.action.UID, p.now)
		return err
	}
	if p.repeats {
		return nil
	}
	p.fillSubject()
	// The pass may have waited for Clerk to show the user; how long the call may be under way counts from now.
	at := metav1.NewTime(p.Now().Truncate(time.Second))
	p.action.Status.StartedAt = &at
	if !p.retrying() {
		p.fillReconciling(v1alpha1.ReasonWaiting, "the call was begun; it waits for Clerk's answer")
	}
	if err := p.Client.Status().Update(ctx, p.action); err != nil {
		p.action = p.stored.DeepCopy()
		return fmt.Errorf("writing down the start: %w", err)
	}
	p.began, p.stored = true, p.action.DeepCopy()
	p.memory.wroteObject(p.action.UID, p.action.ResourceVersion)
	return nil
}
