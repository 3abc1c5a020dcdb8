// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

const (
	// grace is how long after a caller was told to come its ticket is kept for it.
	grace = 5 * time.Second
	// holding is how long the ticket of a caller that said it is ready is kept, and room in the window for it.
	holding = 5 * time.Second
	// punctual is how long room in the window is kept for any other ticket, from when it was handed out. Who comes later
	// gets the room that there is, for else each minute that callers are late would be one in which others wait.
	punctual = 200 * time.Millisecond
)

// place is where a caller stands: in the line of its class, or before a ticket that waits for it.
type place struct {
	caller ratelimit.Caller
	secret keyID
	// since is when the caller asked first, told when it was told to come last.
	since, told time.Time
	// due is when the ticket was handed out; zero is not yet.
	due time.Time
	// room is until when room in the window is kept for the ticket; zero is none.
	room time.Time
	// ready is true of a ticket whose caller said that it is.
	ready bool
	// probe is true of a ticket that is for the call that finds out whether the key is still refused.
	probe bool
	// gone is true of a place that was left or used up, and is only still found in the order of others.
	gone bool

	// round and seat are where in its line the place is, fresh in which of its rounds; next is the place behind it.
	round, seat int
	fresh       bool
	next        *place
}

// waiting reports whether the ticket was not handed out yet.
func (p *place) waiting() bool { return p.due.IsZero() }

// lapsed reports whether there is a ticket that is not kept any longer.
func (p *place) lapsed(now time.Time) bool {
	switch {
	case p.waiting():
		return false
	case p.ready:
		return !now.Before(p.room)
	default:
		return now.Sub(later(p.due, p.told)) > grace
	}
}

// rooms is how many tickets the window keeps room for on its account.
func (p *place) rooms() int {
	if p.room.IsZero() {
		return 0
	}
	return 1
}
