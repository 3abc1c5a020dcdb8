// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// RequestInfo describes a call that has ended. It has no values of parameters, and only ids of answers.
type RequestInfo struct {
	// Operation is what the call was for.
	Operation Operation
	// Write is true for a call that changes something, or that Clerk counts as a change: anything but a GET.
	Write bool
	// Sent is true if anything may have reached the server.
	Sent bool
	// Withheld is true for a write that was not sent because MayWrite returned an error.
	Withheld bool
	// Status is the HTTP status of the answer; 0 if there was none. A proxy in front of Clerk can answer with any number.
	Status int
	// Unusable is true for an answer with a success status whose content is not usable.
	Unusable bool
	// CreatedUserID is the id of the user that a successful creating call created; "" for every other call.
	CreatedUserID string
	// TraceID names the call in Clerk's logs. It is "" if the answer has none, and for a read that was successful.
	TraceID string
	// Duration is the time from the sending of the request to the end of the answer.
	Duration time.Duration
	// AnswerLost is true for a write that was sent and whose outcome is unknown. The error of the call is then an
	// *AnswerLostError.
	AnswerLost bool
}

// Succeeded reports whether Clerk carried the call out.
func (r RequestInfo) Succeeded() bool {
	return r.Status >= http.StatusOK && r.Status < http.StatusMultipleChoices && !r.AnswerLost && !r.Unusable
}

// ended is a call that has ended.
type ended struct {
	operation Operation
	request   *request
	answer    *answer
	into      any
	sent      bool
	duration  time.Duration
}

// ended reports a call that has ended, with the error that its caller gets.
func (b *backend) ended(ctx context.Context, e ended, err error) {
	if b.observe == nil {
		return
	}
	var createdID string
	if created, ok := e.into.(*createdAnswer); ok && err == nil {
		createdID = created.canonical.ID
	}
	b.observe(ctx, RequestInfo{
		Operation:     e.operation,
		Write:         e.request.write(),
		Sent:          e.sent,
		Withheld:      is[*withheldError](err),
		Status:        e.answer.status,
		Unusable:      is[*malformedError](err),
		CreatedUserID: createdID,
		TraceID:       b.traceOf(e, err),
		Duration:      e.duration,
		AnswerLost:    is[*AnswerLostError](err),
	})
}

// traceOf returns the trace id of a call. It is not read from the answer to a successful read: its redaction would cost more
// than the trace of such a call is worth.
func (b *backend) traceOf(e ended, err error) string {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.TraceID
	}
	if !e.request.write() || !hasTrace(e.answer.header) {
		return ""
	}
	return traceID("", e.answer.header, b.redactor(e.request))
}

func hasTrace(header http.Header) bool {
	return header.Get(traceHeader) != "" || header.Get(cloudTraceHeader) != ""
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
