// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// queue hands out the tickets, one after the other as the flow allows, each to who is first at that moment: of the classes
// the most urgent that waits, and within it the first in its line. Whoever waits has a place there and is told when its turn
// will come as things stand; if others who go first come later, it is told again when it comes back.
//
// Nobody waits in it, and no clock runs: a ticket is handed out when somebody asks and one is there, to him if he is first or
// the first was told to come later, and to the first if he was told to come before and is late, for whom it is kept a while.
type queue struct {
	flow   *rate.Limiter
	burst  int
	window window
	// opens is when Clerk's last 429 for the whole instance ends.
	opens time.Time
	lines [ratelimit.Interactive + 1]line
	// passed counts, for each class in which somebody waits, the tickets that others were given since its last.
	passed [ratelimit.Interactive]int
	// places are those of all callers, by key; ready are those whose ticket was handed out, swept when that was looked through.
	places map[string]*place
	ready  []*place
	swept  time.Time
	// recent are the tickets handed out for which room is kept, and held those whose callers said that they are ready, both
	// in the order in which that ends.
	recent, held []hold
	// at is the time up to which tickets were handed out.
	at time.Time
	// turnedAway counts who was given no place.
	turnedAway uint
}

// hold is until when room was to be kept for the ticket of a place.
type hold struct {
	place *place
	until time.Time
}

// horizon is how far ahead a place is given; it bounds their number.
const horizon = 10 * time.Minute

func newQueue(budget int) queue {
	budget = max(1, budget)
	limit, burst := pace(budget)
	return queue{
		flow: rate.NewLimiter(limit, burst), burst: burst, window: window{size: budget}, places: map[string]*place{},
	}
}

// resize changes the budget.
func (q *queue) resize(budget int, now time.Time) {
	budget = max(1, budget)
	if budget == q.window.size {
		return
	}
	q.advance(now)
	q.window.size = budget
	limit, burst := pace(budget)
	q.burst = burst
	if len(q.window.given) == 0 && len(q.places) == 0 {
		// Nothing was spent, so there is nothing to carry over and the burst is there from the start.
		q.flow = rate.NewLimiter(limit, burst)
		return
	}
	start := later(now, q.opens)
	q.flow.SetLimitAt(start, limit)
	q.flow.SetBurstAt(start, burst)
}

// claim returns the caller's place if it has a ticket that may be used now, else when to come again.
func (q *queue) claim(caller ratelimit.Caller, secret keyID, now time.Time) (*place, time.Time) {
	q.advance(now)
	p := q.find(caller.ID, now)
	switch {
	case p == nil:
		p = &place{caller: caller, secret: secret, since: now, told: now}
		q.lines[caller.Level].assign(p)
		if q.tell(p, now).Sub(now) > horizon {
			return nil, q.turnAway(now)
		}
		q.enter(p, now)
	case p.waiting() && (caller.Level > p.caller.Level || caller.Flow != p.caller.Flow):
		// It is about something else now. What was more urgent remains to be made.
		caller.Level = max(caller.Level, p.caller.Level)
		q.leave(p)
		p = &place{caller: caller, secret: secret, since: p.since, told: now}
		q.enter(p, now)
	}
	if p.waiting() {
		if !q.there(q.level(p.caller.Level), now) {
			p.told = q.tell(p, now)
			return nil, p.told
		}
		p = q.pass(p, now)
	}
	if room := q.window.after(-p.rooms(), now); room.After(now) {
		p.told = room
		return nil, room
	}
	return p, time.Time{}
}

// find returns a caller's place, nil for none.
func (q *queue) find(key string, now time.Time) *place {
	p := q.places[key]
	if p != nil && p.lapsed(now) {
		q.leave(p)
		return nil
	}
	return p
}

// enter gives a place at the end of what its group waits for, and its ticket if that is there.
func (q *queue) enter(p *place, now time.Time) {
	q.places[p.caller.ID] = p
	q.lines[p.caller.Level].join(p)
	q.advance(now)
}

// pass hands a ticket that is there to a place whose caller is there, since those before it are to come later.
func (q *queue) pass(p *place, now time.Time) *place {
	served := &place{caller: p.caller, secret: p.secret, since: p.since, told: now}
	q.leave(p)
	q.places[p.caller.ID] = served
	q.serve(served, now)
	return served
}

// turnAway returns when to come again for somebody who would have to wait for too long to be given a place. Those times are
// spread evenly, so that they do not come all at once.
func (q *queue) turnAway(now time.Time) time.Time {
	const half = horizon / 2
	const golden = 0.6180339887498949
	q.turnedAway++
	_, part := math.Modf(float64(q.turnedAway) * golden)
	return now.Add(half + time.Duration(part*float64(half)))
}

// use takes the ticket of a place for a call.
func (q *queue) use(p *place, now time.Time) {
	q.leave(p)
	if last := len(q.ready) - 1; q.ready[last] == p {
		q.ready = q.ready[:last]
	}
	q.window.add(now, p.caller.Level)
}

// hold keeps the ticket of a place, and room in the window for it, for the caller's next call.
func (q *queue) hold(p *place, now time.Time) {
	p.ready = true
	q.held = append(q.held, q.keepRoom(p, now.Add(holding)))
}

// keepRoom keeps room in the window for the ticket of a place.
func (q *queue) keepRoom(p *place, until time.Time) hold {
	q.giveRoom(p)
	p.room = until
	q.window.held++
	return hold{place: p, until: until}
}

// giveRoom gives up the room that is kept for the ticket of a place.
func (q *queue) giveRoom(p *place) {
	if !p.room.IsZero() {
		p.room = time.Time{}
		q.window.held--
	}
}

// takeBack takes the ticket of a place back.
func (q *queue) takeBack(p *place) {
	q.giveRoom(p)
	p.due, p.ready, p.probe = time.Time{}, false, false
}

// probes reports whether the caller holds the ticket of a probe.
func (q *queue) probes(key string, now time.Time) bool {
	p := q.places[key]
	return p != nil && p.probe && !p.lapsed(now)
}

// leave gives up a place.
func (q *queue) leave(p *place) {
	if p.waiting() {
		q.lines[p.caller.Level].leave(p)
	}
	q.giveRoom(p)
	p.gone = true
	delete(q.places, p.caller.ID)
}

// leaveAll gives up the places of everybody who calls with the secret key.
func (q *queue) leaveAll(secret keyID) {
	for _, p := range q.places {
		if p.secret == secret {
			q.leave(p)
		}
	}
}

// sweep forgets what has ended: at once where others need the room, else from time to time.
func (q *queue) sweep(now time.Time) {
	q.window.forget(now)
	var ended []*place
	ended, q.recent = over(q.recent, now)
	for _, p := range ended {
		q.giveRoom(p)
	}
	ended, q.held = over(q.held, now)
	for _, p := range ended {
		q.leave(p)
	}
	if now.Sub(q.swept) < grace {
		return
	}
	q.swept = now
	q.ready = slices.DeleteFunc(q.ready, func(p *place) bool {
		if p.lapsed(now) && !p.gone {
			q.leave(p)
		}
		return p.gone
	})
	if len(q.places) == 0 {
		// A map keeps what it once needed.
		q.places = map[string]*place{}
	}
}

// over splits holds into the places whose holding has ended and the others.
func over(holds []hold, now time.Time) ([]*place, []hold) {
	var ended []*place
	for len(holds) > 0 && !now.Before(holds[0].until) {
		// Else it was used, or is held for longer.
		if first := holds[0]; first.place.room.Equal(first.until) {
			ended = append(ended, first.place)
		}
		holds = holds[1:]
	}
	return ended, holds
}
