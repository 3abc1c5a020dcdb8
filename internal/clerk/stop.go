// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"time"
)

// stopKey is the key of the context that ends when the process begins to end.
type stopKey struct{}

// UntilStop returns a copy of ctx with which no call begins after stop has ended. Such a call returns a *WaitError, as if it had no
// token: it is left to the next process. The copy itself does not end then, so that the caller can write down what its last call
// did.
func UntilStop(ctx, stop context.Context) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// stopWait is how long a call waits that may not begin any more. It is of no effect: the queues are shut down.
const stopWait = time.Second

// mayBegin returns an error if no call may begin with this context.
func mayBegin(ctx context.Context, now time.Time) error {
	if err := ctx.Err(); err != nil {
		return &transportError{cause: err}
	}
	if stop, ok := ctx.Value(stopKey{}).(context.Context); ok && stop.Err() != nil {
		return &WaitError{At: now.Add(stopWait)}
	}
	return nil
}

// uncut returns the context of a call that has begun. It ends at the deadline of ctx or after the limit, and not when ctx is
// canceled: nobody would know what a write did that was cut.
func uncut(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	lasting, end := context.WithTimeout(context.WithoutCancel(ctx), limit)
	deadline, limited := ctx.Deadline()
	if !limited {
		return lasting, end
	}
	sooner, endSooner := context.WithDeadline(lasting, deadline)
	return sooner, func() {
		endSooner()
		end()
	}
}
