// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import "time"

const (
	// grace is how long a token is kept for a caller that does not come at the time it was told.
	grace = 5 * time.Second
	// reservation is how long a reserved token is kept, and room in the window for it.
	reservation = 5 * time.Second
	// punctual is how long the window keeps room for any other granted token. A caller that comes later gets the room that
	// is left by then: otherwise others would wait for every caller that is late.
	punctual = 200 * time.Millisecond
)

// request is a caller's wish for one token. It waits in the queue of its level until the token is granted, and ends when the
// token is used or expires.
type request struct {
	caller     Caller
	credential string
	// since is when the caller asked first; retryAt is when it was last told to come.
	since, retryAt time.Time
	// grantedAt is when the token was granted; zero while the request waits.
	grantedAt time.Time
	// roomUntil is until when the window keeps room for the token; zero if it keeps none.
	roomUntil time.Time
	// reserved is true if the caller reserved its token.
	reserved bool
	// gone is true of a request that has ended. A round still holds it until its turn comes.
	gone bool

	// round and seat say where in its queue the request is, fresh in which of the queue's two kinds of rounds. next is the
	// request behind it.
	round, seat int
	fresh       bool
	next        *request
}

// waiting reports whether the token was not granted yet.
func (r *request) waiting() bool { return r.grantedAt.IsZero() }

// expired reports whether the token was granted and is not kept any longer.
func (r *request) expired(now time.Time) bool {
	switch {
	case r.waiting():
		return false
	case r.reserved:
		return !now.Before(r.roomUntil)
	default:
		return now.Sub(later(r.grantedAt, r.retryAt)) > grace
	}
}

// rooms is for how many tokens the window keeps room on account of this request.
func (r *request) rooms() int {
	if r.roomUntil.IsZero() {
		return 0
	}
	return 1
}
