// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package passes holds what passes over objects of several kinds have in common.
package passes

import (
	"context"
	"time"
)

const (
	// ReportingTime is what is kept back of a pass's time so that its outcome can always be written.
	ReportingTime = 10 * time.Second
	// Impatience is how long passes over an object may fail before its conditions say so.
	Impatience = 30 * time.Second
	// ConflictPause is for an object whose newer copy is on its way.
	ConflictPause = 100 * time.Millisecond
)

// WorkingTime returns a context that ends some time before the pass has to, if it has to.
func WorkingTime(ctx context.Context) (context.Context, context.CancelFunc) {
	deadline, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, deadline.Add(-ReportingTime))
}
