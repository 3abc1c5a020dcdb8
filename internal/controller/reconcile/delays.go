// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"
)

const (
	// ReportingTime is kept back of the time of a reconciliation so that its outcome can always be written.
	ReportingTime = 10 * time.Second
	// stopTime is how long a reconciliation may go on after the process was told to end: for the call in flight, which takes up to
	// 10 s, and for the report. A manager waits for 30 s.
	stopTime = 20 * time.Second
	// Impatience is how long reconciliations of an object may fail before its conditions say so.
	Impatience = 30 * time.Second

	// ConflictPause is for an object whose newer copy is on its way.
	ConflictPause = 100 * time.Millisecond
	// StaleRetry is for a read that did not show what was written before.
	StaleRetry = 2 * time.Second
	// DisagreementRetry is for answers of Clerk that contradict each other.
	DisagreementRetry = 10 * time.Second
	// RecheckInterval is for what has to change without an event that is seen here, such as a key that is about to be checked.
	RecheckInterval = 30 * time.Second
	// SourceRetry is for a Secret or ConfigMap that is missing or refused, where none are watched. One that is missing is read
	// more often at first; see Arrival.
	SourceRetry = time.Minute
)

// untilReported returns a context that ends at the deadline of ctx, and stopTime after ctx was canceled.
func untilReported(ctx context.Context) (context.Context, context.CancelFunc) {
	lasting, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if deadline, limited := ctx.Deadline(); limited {
		lasting, cancel = context.WithDeadline(lasting, deadline)
	}
	unused := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, cancel) })
	return lasting, func() {
		unused()
		cancel()
	}
}

// WorkingTime returns a context that ends ReportingTime before the given one, if that ends.
func WorkingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-ReportingTime))
}
