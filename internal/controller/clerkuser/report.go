// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Report writes what a reconcile learned into status, in one patch and only if something changed, records events, and carries
// out the effects of the result. It and recordIntent are the only writers of status.
func (k kind) Report(ctx context.Context, before, _ *v1alpha1.ClerkUser, w *work, res result) error {
	r := w.reconciliation
	k.carryOutEffects(r, res)
	r.recordPasswordChange()
	if r.released {
		k.recordEvents(ctx, before, r, res)
		return nil
	}
	r.fillStatus(res, k.Now())
	err := k.patcher(w).patchStatusAsObserved(ctx)
	if errors.Is(err, lease.ErrLost) {
		// The next leader finds out the same.
		return err
	}
	if errors.Is(err, errGoneOrRebound) {
		err = k.undo(w).run(ctx)
	}
	if err != nil && !apierrors.IsInvalid(err) {
		// A result that could not be written is told once it is. Where the API server refuses any change of the object, an event is
		// all that can be written.
		res.Unchanged = true
	}
	k.recordEvents(ctx, before, r, res)
	return err
}

// carryOutEffects changes what this process remembers, and asks others for what they have to do.
func (k kind) carryOutEffects(r *reconciliation, res result) {
	k.objects.RecordFailures(r.user.UID, res.Failures, r.now)
	if res.finished {
		r.state.finish(r.user.Spec.Observes())
	}
	r.state.backOff = cmp.Or(res.backOff, r.state.backOff)
	if res.Ready == metav1.ConditionTrue && res.finished {
		r.state.dropEmpty()
	}
	if res.checkKey {
		k.Pool.RequestKeyCheck(instanceName(r.instance))
	}
}

// undoCreation deletes the user that this reconcile created, if the object is gone or bound to another one meanwhile. No later
// reconcile would: its owner mark names an object that is no more, or that has another user.
type undoCreation struct {
	*reconciliation
	reader  connection.Reader
	deleter connection.Deleter
	pool    *connection.Pool
	clock   func() time.Time
}

// undoRetry is the delay between two attempts to delete a user again.
const undoRetry = time.Second

// run tries until the context ends, since that Clerk knows no such user may be due to lag.
func (u undoCreation) run(ctx context.Context) error {
	if !u.justCreated() || u.observed == nil {
		return nil
	}
	id := u.observed.ID
	for {
		err := u.deleteCreated(ctx, id)
		if err == nil {
			return nil
		}
		delay := undoRetry
		if clerk.IsNotFound(err) {
			delay = clerk.LagRetry(clerk.LagTime)
		}
		if at, waiting := clerk.Waiting(err); waiting {
			delay = max(at.Sub(u.clock()), time.Millisecond)
		}
		if _, rejected := clerk.Rejected(err); rejected || !sleep(ctx, delay) {
			return fmt.Errorf("user %s is left behind at Clerk, created for an object that is gone or has another user: %w", id, err)
		}
	}
}

// deleteCreated deletes a user that carries the mark of this object. A successor of the same name may have taken it over.
func (u undoCreation) deleteCreated(ctx context.Context, id string) error {
	user, err := u.reader.User(ctx, id)
	if err != nil {
		return fmt.Errorf("reading user %s: %w", id, err)
	}
	if u.mark().OwnershipOf(user) != plan.Ours {
		return nil
	}
	if err := u.deleter.DeleteUser(ctx, id); err != nil {
		return fmt.Errorf("deleting user %s: %w", id, err)
	}
	u.mirror.Forget(id)
	u.pool.Unbind(u.uid())
	u.recordEventf(v1alpha1.EventDeleted, "Delete", "deleted user %s again: when it was created, the object was gone or had another user", id)
	return nil
}

// sleep waits, and reports whether the context has not ended by then.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// pendingEvent is something that has happened, to be told in an event.
type pendingEvent struct {
	reason, action, note string
}

// recordEventf records an occurrence. The arguments must not hold values of the spec.
func (r *reconciliation) recordEventf(reason, action, format string, args ...any) {
	r.events = append(r.events, pendingEvent{reason: reason, action: action, note: fmt.Sprintf(format, args...)})
}

// recordEvents writes events, log lines and counts: for what happened, one for each reason, and for a change of Ready. A quiet
// reconcile is not told of.
func (k kind) recordEvents(ctx context.Context, before *v1alpha1.ClerkUser, r *reconciliation, res result) {
	logger := log.FromContext(ctx)
	for _, o := range append(r.events, r.changeEvents()...) {
		k.Recorder.Eventf(r.user, nil, corev1.EventTypeNormal, o.reason, o.action, "%s", o.note)
		logger.Info(o.note, "reason", o.reason, "clerkUserID", r.userID)
	}
	for _, change := range r.did {
		cause := causeSpec
		if r.isDrift() && (len(plan.Parts(change)) == 0 || len(r.driftFields([]plan.Change{change})) > 0) {
			cause = causeDrift
		}
		k.Metrics.countChange(change, cause)
	}
	if res.Unchanged || r.released {
		return
	}
	was := readyCondition(before)
	if was != nil && was.Reason == res.Reason && was.Status == res.Ready {
		return
	}
	k.Metrics.countTransition(res.Reason)
	if isInstanceChange(was, res) {
		logger = logger.V(1)
	}
	logger.Info("Ready changed", "status", res.Ready, "reason", res.Reason, "message", res.Message)
	if res.Ready == metav1.ConditionFalse && res.Reason != v1alpha1.ReasonInstanceNotReady {
		k.Recorder.Eventf(r.user, nil, corev1.EventTypeWarning, res.Reason, "Reconcile", "%s", res.Message)
	}
}

// isInstanceChange reports whether Ready changed because the ClerkInstance cannot be used, or can be again. That is told of the
// ClerkInstance, once, and not of each of its users.
func isInstanceChange(was *metav1.Condition, res result) bool {
	return res.Reason == v1alpha1.ReasonInstanceNotReady || was != nil && was.Reason == v1alpha1.ReasonInstanceNotReady
}

// changeEvents tells the changes to an existing user: those to access each by itself, the others in one.
func (r *reconciliation) changeEvents() []pendingEvent {
	var made []pendingEvent
	var rest []plan.Change
	for _, change := range r.did {
		switch change.(type) {
		case plan.Create:
		case plan.Ban:
			made = append(made, pendingEvent{v1alpha1.EventBanned, "Ban", "banned the user, which ended all sessions"})
		case plan.Unban:
			made = append(made, pendingEvent{v1alpha1.EventUnbanned, "Unban", "lifted the ban"})
		case plan.Lock:
			made = append(made, pendingEvent{v1alpha1.EventLocked, "Lock", "locked the user"})
		case plan.Unlock:
			made = append(made, pendingEvent{v1alpha1.EventUnlocked, "Unlock", "lifted the lock"})
		default:
			rest = append(rest, change)
		}
	}
	fields := slices.DeleteFunc(plan.Fields(rest), func(f string) bool { return f == plan.FieldOwnerMark })
	foreign := r.driftFields(rest)
	own := slices.DeleteFunc(fields, func(f string) bool { return slices.Contains(foreign, f) })
	if len(own) > 0 {
		made = append(made, pendingEvent{v1alpha1.EventUpdated, "Update", "changed " + strings.Join(own, ", ")})
	}
	if len(foreign) > 0 {
		what := "put right what somebody else had changed: " + strings.Join(foreign, ", ")
		made = append(made, pendingEvent{v1alpha1.EventDriftCorrected, "Update", what})
	}
	return made
}
