// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import "time"

const (
	// grace is how long a token is kept for a caller that does not retry at the forecast time.
	grace = 5 * time.Second
	// reservation is how long a reserved token, and its room in the window, is kept.
	reservation = 5 * time.Second
	// punctual is how long the window keeps room for any other granted token. A later caller gets the remaining room;
	// otherwise others would wait for every late caller.
	punctual = 200 * time.Millisecond
)

// request is a caller's request for one token. It waits in the queue of its level until the token is granted, and ends
// when the token is used or expires.
type request struct {
	caller     Caller
	credential string
	// since is the time of the caller's first attempt. retryAt is the last time that the caller got for a retry.
	since, retryAt time.Time
	// grantedAt is when the token was granted; zero while the request waits.
	grantedAt time.Time
	// roomUntil is the end of the time for which the window keeps room for the token; zero if it keeps none.
	roomUntil time.Time
	// reserved is true if the caller reserved its token.
	reserved bool
	// gone is true for a request that has ended. A round still holds it until its turn comes.
	gone bool

	// round and seat are the position in the queue; fresh says which of the queue's two kinds of rounds it is. next is the
	// request behind it.
	round, seat int
	fresh       bool
	next        *request
}

// waiting reports whether the token is not granted yet.
func (r *request) waiting() bool { return r.grantedAt.IsZero() }

// expired reports whether the token was granted and is no longer kept.
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

// rooms returns the number of tokens for which the window keeps room because of this request.
func (r *request) rooms() int {
	if r.roomUntil.IsZero() {
		return 0
	}
	return 1
}
