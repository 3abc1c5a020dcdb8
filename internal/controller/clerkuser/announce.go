// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// occurrence is something that has happened, to be told in an event.
type occurrence struct {
	reason, action, note string
}

// notef records an occurrence. The arguments must not hold values of the spec.
func (p *pass) notef(reason, action, format string, args ...any) {
	p.happened = append(p.happened, occurrence{reason: reason, action: action, note: fmt.Sprintf(format, args...)})
}

// announce writes events, log lines and counts: for what happened, one for each reason, and for a turn of Ready. A quiet
// pass is not told of.
func (r *Reconciler) announce(ctx context.Context, before *v1alpha1.ClerkUser, p *pass, v verdict) {
	logger := log.FromContext(ctx)
	for _, o := range append(p.happened, p.changesMade()...) {
		r.Recorder.Eventf(p.user, nil, corev1.EventTypeNormal, o.reason, o.action, "%s", o.note)
		logger.Info(o.note, "reason", o.reason, "clerkUserID", p.userID)
	}
	for _, change := range p.did {
		cause := causeSpec
		if p.theirs() && (len(plan.Parts(change)) == 0 || len(p.foreign([]plan.Change{change})) > 0) {
			cause = causeDrift
		}
		r.Metrics.changed(change, cause)
	}
	if v.unchanged || p.released {
		return
	}
	was := readyCondition(before)
	if was != nil && was.Reason == v.reason && was.Status == v.ready {
		return
	}
	r.Metrics.turned(v.reason)
	if ofTheInstance(was, v) {
		logger = logger.V(1)
	}
	logger.Info("Ready turned", "status", v.ready, "reason", v.reason, "message", v.message)
	if v.ready == metav1.ConditionFalse && v.reason != v1alpha1.ReasonInstanceNotReady {
		r.Recorder.Eventf(p.user, nil, corev1.EventTypeWarning, v.reason, "Reconcile", "%s", v.message)
	}
}

// ofTheInstance reports whether Ready turned because the ClerkInstance cannot be used, or can be again. That is told of the
// ClerkInstance, once, and not of each of its users.
func ofTheInstance(was *metav1.Condition, v verdict) bool {
	return v.reason == v1alpha1.ReasonInstanceNotReady || was != nil && was.Reason == v1alpha1.ReasonInstanceNotReady
}

// changesMade tells the changes to an existing user: those to access each by itself, the others in one.
func (p *pass) changesMade() []occurrence {
	var told []occurrence
	var rest []plan.Change
	for _, change := range p.did {
		switch change.(type) {
		case plan.Create:
		case plan.Ban:
			told = append(told, occurrence{v1alpha1.EventBanned, "Ban", "banned the user, which ended all sessions"})
		case plan.Unban:
			told = append(told, occurrence{v1alpha1.EventUnbanned, "Unban", "lifted the ban"})
		case plan.Lock:
			told = append(told, occurrence{v1alpha1.EventLocked, "Lock", "locked the user"})
		case plan.Unlock:
			told = append(told, occurrence{v1alpha1.EventUnlocked, "Unlock", "lifted the lock"})
		default:
			rest = append(rest, change)
		}
	}
	fields := slices.DeleteFunc(plan.Fields(rest), func(f string) bool { return f == plan.FieldOwnerMark })
	foreign := p.foreign(rest)
	own := slices.DeleteFunc(fields, func(f string) bool { return slices.Contains(foreign, f) })
	if len(own) > 0 {
		told = append(told, occurrence{v1alpha1.EventUpdated, "Update", "changed " + strings.Join(own, ", ")})
	}
	if len(foreign) > 0 {
		what := "put right what somebody else had changed: " + strings.Join(foreign, ", ")
		told = append(told, occurrence{v1alpha1.EventDriftCorrected, "Update", what})
	}
	return told
}

// foreign names the fields of changes that somebody else has changed at Clerk, sorted.
func (p *pass) foreign(did []plan.Change) []string {
	if !p.theirs() {
		return nil
	}
	var foreign []string
	for _, part := range partsOf(did) {
		if !p.owed(part) && !slices.Contains(foreign, part.Field) {
			foreign = append(foreign, part.Field)
		}
	}
	slices.Sort(foreign)
	return foreign
}
