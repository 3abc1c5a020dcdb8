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
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
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

// resumeStart decides what to make of a start without an end: the process that wrote it was ended, or the answer was lost.
type resumeStart struct{ apiReader client.Reader }

func (s resumeStart) run(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) error {
	if !o.repeats {
		return nil
	}
	if err := s.checkNewest(ctx, action); err != nil {
		return err
	}
	start := action.Status.StartedAt.Time
	since := o.now.Sub(start)
	// The other process's clock may be ahead of this one's.
	ago := max(since, o.state.startSeenFor(start, o.now))
	if left := underWay - ago; left > 0 && !o.state.called {
		return &reconcile.WaitError{After: left, Err: errUnderWay}
	}
	switch repetitionOf(&action.Spec) {
	case always:
		return nil
	case soon:
		if since < soonTime {
			return nil
		}
	case never:
	}
	return outcomeUnknown(o.actionType)
}

// checkNewest checks that no end is on record that the cache does not show yet.
func (s resumeStart) checkNewest(ctx context.Context, action *v1alpha1.ClerkUserAction) error {
	live := &v1alpha1.ClerkUserAction{}
	err := s.apiReader.Get(ctx, client.ObjectKeyFromObject(action), live)
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("reading the object live: %w", err)
	}
	if err != nil || live.UID != action.UID || live.ResourceVersion != action.ResourceVersion {
		return reconcile.ErrOutdated
	}
	return nil
}

// recordStart puts the start on record, once there is a token for the call. It is an update with the resource version that
// this reconciliation began with: of two reconciliations of the same copy one gets a conflict, and makes no call.
type recordStart struct {
	client  client.StatusClient
	tokens  connection.TokenReserver
	objects *reconcile.Store[objectState]
	now     func() time.Time
}

func (s recordStart) run(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) error {
	if err := s.tokens.Reserve(); err != nil {
		if o.state.tokenWait.IsZero() {
			o.state.tokenWait = o.now
		}
		return err
	}
	if o.repeats {
		return nil
	}
	setSubject(action, o)
	// The reconciliation may have waited for Clerk to show the user; how long the call may be under way counts from now.
	at := metav1.NewTime(s.now().Truncate(time.Second))
	action.Status.StartedAt = &at
	if !saysRetrying(action) {
		setReconciling(action, v1alpha1.ReasonWaiting, "the call has started; the operator waits for Clerk's answer")
	}
	if err := s.client.Status().Update(ctx, action); err != nil {
		o.stored.DeepCopyInto(action)
		return fmt.Errorf("recording the start: %w", err)
	}
	o.began, o.stored = true, action.DeepCopy()
	s.objects.Wrote(action)
	return nil
}
