// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import "time"

// Problem is an error whose consequence is known where it is found.
//
//nolint:errname // it is spoken of as a problem, and its constructors say which one
type Problem struct {
	// Reason and Message go into the conditions. The message says what to do, and holds nothing that differs from one
	// reconciliation to the next.
	Reason, Message string
	// Stalled means that somebody has to change something. It ends a ClerkUserAction, whose spec nobody can change.
	Stalled bool
	// Progressing means that the operator continues by itself, so that nobody has to do anything yet.
	Progressing bool
	// BackOff means that the reconciliation is not repeated until its inputs change or a growing time has passed.
	BackOff bool
	// RetryAfter is when to reconcile again without an event; 0 waits for one.
	RetryAfter time.Duration
	// Blocker is the name of the object in the same namespace whose deletion ends the problem; "" is unknown.
	Blocker string
}

// Error returns the message for people.
func (p *Problem) Error() string { return p.Message }

// WaitError is an error that passes by itself after a known time.
type WaitError struct {
	// After is that time.
	After time.Duration
	// Err says what is waited for.
	Err error
}

// Error says what is waited for.
func (e *WaitError) Error() string { return e.Err.Error() }

// Unwrap returns what is waited for.
func (e *WaitError) Unwrap() error { return e.Err }
