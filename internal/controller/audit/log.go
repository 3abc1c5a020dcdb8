// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"cmp"
	"context"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/controller"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Message is the message of each audit line, and LoggerName the name of its logger.
const (
	Message    = "clerk write"
	LoggerName = "audit"
)

// CallMessage is the message of the line for each call, at level CallLevel.
const (
	CallMessage = "clerk call"
	CallLevel   = 2
)

// Outcome is what became of a write.
type Outcome string

const (
	// OutcomeSucceeded says that Clerk carried the write out.
	OutcomeSucceeded Outcome = "succeeded"
	// OutcomeRefused says that Clerk answered that it did not carry the write out.
	OutcomeRefused Outcome = "refused"
	// OutcomeLost says that the write was sent, and no answer says whether it was carried out.
	OutcomeLost Outcome = "lost"
)

// Log writes a line for each call to Clerk. Its Observe is a connection.Observer.
type Log struct{ audit, calls logr.Logger }

// NewLog returns a Log that writes to loggers with names of their own.
func NewLog(base logr.Logger) Log {
	return Log{audit: base.WithName(LoggerName), calls: base.WithName("clerk").V(CallLevel)}
}

// Observe logs a call that has ended: at level 0 if it is a write that may have reached Clerk, and at CallLevel in any case.
// instanceID is the id of the Clerk instance; "" while that is not known.
func (l Log) Observe(ctx context.Context, instanceID string, r clerk.RequestInfo) {
	if r.Write && r.Sent {
		l.audit.Info(Message, auditValues(ctx, instanceID, r)...)
	}
	if l.calls.Enabled() {
		l.calls.Info(CallMessage, callValues(ctx, instanceID, r)...)
	}
}

// auditValues are the keys and values of an audit line, as docs/reference/audit.md lists them.
func auditValues(ctx context.Context, instanceID string, r clerk.RequestInfo) []any {
	values := []any{
		"audit", true, "operation", string(r.Operation), "outcome", string(outcomeOf(r)), "durationMillis", r.Duration.Milliseconds(),
	}
	w, found := writeOf(ctx)
	if !found {
		return append(append(values, "cause", string(CauseUnknown)), sharedValues(ctx, instanceID, r)...)
	}
	values = append(values,
		"kind", w.Object.Kind, "namespace", w.Object.Namespace, "name", w.Object.Name,
		"uid", string(w.Object.UID), "generation", w.Object.Generation, "clerkInstance", w.Instance.String(),
		"change", w.Change, "fields", fieldsOf(w), "cause", string(w.Cause),
	)
	if userID := cmp.Or(w.UserID, r.CreatedUserID); userID != "" {
		values = append(values, "clerkUserID", userID)
	}
	return append(values, sharedValues(ctx, instanceID, r)...)
}

// callValues are the keys and values of the line for a call.
func callValues(ctx context.Context, instanceID string, r clerk.RequestInfo) []any {
	values := []any{"operation", string(r.Operation), "sent", r.Sent, "durationMillis", r.Duration.Milliseconds()}
	if w, found := writeOf(ctx); found {
		values = append(values, "kind", w.Object.Kind, "namespace", w.Object.Namespace, "name", w.Object.Name)
	}
	return append(values, sharedValues(ctx, instanceID, r)...)
}

// sharedValues are those that are absent if the answer, or the reconciliation, has none.
func sharedValues(ctx context.Context, instanceID string, r clerk.RequestInfo) []any {
	var values []any
	if instanceID != "" {
		values = append(values, "clerkInstanceID", instanceID)
	}
	if r.Status != 0 {
		values = append(values, "status", r.Status)
	}
	if r.TraceID != "" {
		values = append(values, "clerkTraceID", r.TraceID)
	}
	if id := controller.ReconcileIDFromContext(ctx); id != "" {
		values = append(values, "reconcileID", string(id))
	}
	return values
}

// fieldsOf are the fields of a write. A list is never null, so that a filter need not distinguish that.
func fieldsOf(w Write) []string {
	if w.Fields == nil {
		return []string{}
	}
	return w.Fields
}

// outcomeOf says what became of a write that was sent.
func outcomeOf(r clerk.RequestInfo) Outcome {
	switch {
	case r.AnswerLost:
		return OutcomeLost
	case r.Succeeded():
		return OutcomeSucceeded
	default:
		return OutcomeRefused
	}
}
