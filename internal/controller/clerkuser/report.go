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

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Report writes the result into status, in one patch and only if something changed. It records events, and carries out the
// effects of the result. Only Report and recordIntent write status.
func (k kind) Report(ctx context.Context, before, _ *v1alpha1.ClerkUser, w *work, res result) error {
	r := w.reconciliation
	k.carryOutEffects(r, res)
	r.logNothingChanged(ctx, res)
	r.recordPasswordChange()
	if r.released {
		k.recordEvents(ctx, before, r, res)
		return nil
	}
	r.fillStatus(res, k.Now())
	err := k.patcher(w).patchStatusAsObserved(ctx)
	r.rememberUnrecorded(err)
	if err == nil && res.Ready == metav1.ConditionTrue && res.finished {
		r.state.dropEmpty()
	}
	if errors.Is(err, lease.ErrLost) {
		// The next leader gets the same result.
		return err
	}
	if errors.Is(err, errGoneOrRebound) {
		err = k.undo(w).run(ctx)
	}
	if err != nil && !apierrors.IsInvalid(err) {
		// The result is reported after status could be written. If the API server refuses any change of the object, only the
		// event can be written.
		res.Unchanged = true
	}
	k.recordEvents(ctx, before, r, res)
	return err
}

// rememberUnrecorded remembers what this reconciliation added to the user, until status.applied could be written.
func (r *reconciliation) rememberUnrecorded(err error) {
	if err == nil {
		r.state.unrecorded = nil
		return
	}
	if r.desired == nil || len(r.did) == 0 {
		return
	}
	var added plan.Record
	added.Begin(r.desired, r.did)
	if r.state.unrecorded != nil {
		added.Merge(*r.state.unrecorded)
	}
	value := added.Value()
	r.state.unrecorded = &value
}

// carryOutEffects updates the remembered state, and requests a key check if one is needed.
func (k kind) carryOutEffects(r *reconciliation, res result) {
	k.objects.RecordFailures(r.user.UID, res.Failures, r.now)
	if res.finished {
		r.state.finish(r.user.Spec.Observes())
	}
	r.state.backOff = cmp.Or(res.backOff, r.state.backOff)
	k.successions.Add(r.enqueues...)
	if res.checkKey {
		k.Pool.RequestKeyCheck(instanceName(r.instance))
	}
}

// undoCreation deletes the user that this reconciliation created, if the object is gone or bound to another user meanwhile. No
// later reconciliation would delete it: its owner mark names an object that is gone or has another user.
type undoCreation struct {
	*reconciliation
	reader  connection.Reader
	deleter connection.Deleter
	pool    *connection.Pool
	clock   func() time.Time
}

// undoRetry is the delay between two attempts to delete the user.
const undoRetry = time.Second

// run retries until the context ends, since a 404 from Clerk may be due to lag.
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
			return fmt.Errorf("user %s, which was created for an object that is gone or has another user, could not be deleted: %w", id, err)
		}
	}
}

// deleteCreated deletes a user with the mark of this object. A successor of the same name may have inherited the user
// meanwhile.
func (u undoCreation) deleteCreated(ctx context.Context, id string) error {
	user, err := u.reader.User(ctx, id)
	if err != nil {
		return fmt.Errorf("reading user %s: %w", id, err)
	}
	if u.mark().OwnershipOf(user) != plan.Ours {
		return nil
	}
	if err := u.deleter.DeleteUser(ctx, u.write(id, plan.Delete{}, audit.CauseUndo), id); err != nil {
		return fmt.Errorf("deleting user %s: %w", id, err)
	}
	u.removed = append(u.removed, plan.Delete{})
	u.mirror.Forget(id)
	u.pool.Unbind(u.uid())
	u.recordEventf(v1alpha1.EventDeleted, "Delete", "deleted user %s again: when it was created, the object was gone or had another user", id)
	return nil
}

// sleep waits, and reports whether it reached the end before the context ended.
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

// pendingEvent is an event that report will write.
type pendingEvent struct {
	reason, action, note string
}

// recordEventf records an event for report. The arguments must not contain values of the spec.
func (r *reconciliation) recordEventf(reason, action, format string, args ...any) {
	r.events = append(r.events, pendingEvent{reason: reason, action: action, note: fmt.Sprintf(format, args...)})
}

// recordEvents writes events, log lines and metrics: for each recorded event, for each change, and for a transition of Ready. A
// quiet reconciliation writes none.
func (k kind) recordEvents(ctx context.Context, before *v1alpha1.ClerkUser, r *reconciliation, res result) {
	logger := log.FromContext(ctx)
	for _, o := range append(r.events, r.changeEvents()...) {
		k.Recorder.Eventf(r.user, nil, corev1.EventTypeNormal, o.reason, o.action, "%s", o.note)
		levelOfEvent(logger, o.reason).Info(o.note, "reason", o.reason, "clerkUserID", r.userID)
	}
	k.Metrics.countChanges(before, r)
	if res.Unchanged || r.released {
		return
	}
	was := readyCondition(before)
	if was != nil && was.Reason == res.Reason && was.Status == res.Ready {
		return
	}
	k.Metrics.countTransition(res.Reason)
	if isToldElsewhere(was, res) {
		logger = logger.V(reconcile.QuietLevel)
	}
	logger.Info("Ready changed", "status", res.Ready, "reason", res.Reason, "message", res.Message)
	if kind := (ReadyState{res.Ready, res.Reason}).Event(); kind != "" {
		k.Recorder.Eventf(r.user, nil, kind, res.Reason, "Reconcile", "%s", res.Message)
	}
}

// levelOfEvent returns the logger for an event. Events about writes to Clerk repeat an audit line.
func levelOfEvent(logger logr.Logger, reason string) logr.Logger {
	switch reason {
	case v1alpha1.EventCreated, v1alpha1.EventUpdated, v1alpha1.EventDriftCorrected, v1alpha1.EventDeleted,
		v1alpha1.EventBanned, v1alpha1.EventUnbanned, v1alpha1.EventLocked, v1alpha1.EventUnlocked:
		return logger.V(reconcile.QuietLevel)
	}
	return logger
}

// isToldElsewhere reports whether other log lines tell why Ready changed: those of the ClerkInstance, which became ready or not
// ready, or those of failures, which many objects can share.
func isToldElsewhere(was *metav1.Condition, res result) bool {
	told := func(reason string) bool {
		return reason == v1alpha1.ReasonInstanceNotReady || reason == v1alpha1.ReasonRetrying
	}
	return told(res.Reason) || was != nil && told(was.Reason)
}

// logNothingChanged writes why a reconciliation changed nothing at Clerk.
func (r *reconciliation) logNothingChanged(ctx context.Context, res result) {
	logger := log.FromContext(ctx).V(reconcile.QuietLevel)
	if !logger.Enabled() || len(r.did) > 0 {
		return
	}
	values := []any{"reason", res.Reason, "why", res.Message}
	switch {
	case r.released:
		values = []any{"why", "the object is released"}
	case r.suspended:
		values = []any{"reason", v1alpha1.ReasonSuspended, "why", suspendedMessage}
	case r.backingOff:
		values = []any{"reason", res.Reason, "why", "an earlier failure is in back-off: " + r.failure()}
	case r.err != nil:
		values = []any{"reason", res.Reason, "why", r.failure()}
	}
	if res.Err == nil && res.RequeueAfter > 0 {
		values = append(values, "again", r.now.Add(res.RequeueAfter).UTC().Format(time.RFC3339))
	}
	logger.Info("nothing was changed at Clerk", values...)
}

// changeEvents are the events for changes of an existing user. Each change of access has its own, and all others share one.
func (r *reconciliation) changeEvents() []pendingEvent {
	var made []pendingEvent
	var rest []plan.Change
	for _, change := range r.did {
		switch change.(type) {
		case plan.Create:
		case plan.Ban:
			made = append(made, pendingEvent{v1alpha1.EventBanned, "Ban", "banned the user, which ended all sessions"})
		case plan.Unban:
			made = append(made, pendingEvent{v1alpha1.EventUnbanned, "Unban", "removed the ban"})
		case plan.Lock:
			made = append(made, pendingEvent{v1alpha1.EventLocked, "Lock", "locked the user"})
		case plan.Unlock:
			made = append(made, pendingEvent{v1alpha1.EventUnlocked, "Unlock", "removed the lock"})
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
		what := "corrected what somebody else had changed: " + strings.Join(foreign, ", ")
		made = append(made, pendingEvent{v1alpha1.EventDriftCorrected, "Update", what})
	}
	return made
}

// logRepeated writes a failure that does not end the reconciliation, unless it repeats one that was written. of is what failed; it can
// be the same for many objects.
func (r *reconciliation) logRepeated(ctx context.Context, message, of string, err error, values ...any) {
	text := reconcile.StableText(err, errNotVisibleYet)
	occurred := r.failures.Failed("", logging.Failure{Kind: message, Of: of, Text: message + ": " + text})
	if !occurred.Write {
		return
	}
	if values = append(values, "reason", text); occurred.Repeated > 0 {
		values = append(values, "repeated", occurred.Repeated)
	}
	log.FromContext(ctx).Info(message, values...)
}
