// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// queue hands out the tickets, one after the other as the flow allows, each to who is first at that moment: of the classes
// the most urgent that waits, and within it the first in its line. Whoever waits has a place there and is told when its turn
// will come as things stand; if others who go first come later, it is told again when it comes back.
//
// There is no clock that runs: every call first catches up with what was to be handed out since the last one.
type queue struct {
	flow   *rate.Limiter
	window window
	// opens is when Clerk's last 429 for the whole instance ends.
	opens time.Time
	lines [Person + 1]line
	// passed counts, for each class in which somebody waits, the tickets that more urgent ones were given since its last.
	passed [Person + 1]int
	// places are those of all callers, by key; ready are those whose ticket was handed out, swept when that was looked through.
	places map[string]*place
	ready  []*place
	swept  time.Time
	// holds are those whose ticket is held, in the order in which that ends.
	holds []hold
	// at is the time up to which tickets were handed out.
	at time.Time
	// refused counts who was given no place.
	refused uint
}

// hold is until when the ticket of a place was to be held.
type hold struct {
	place *place
	until time.Time
}

// share is how many tickets it takes for one of them to go to a class that waits, however many more urgent ones there are.
const share = 10

// rounding is how early a ticket may be handed out, so that whoever comes when told never comes too early by a rounding.
const rounding = time.Microsecond

// horizon is how far ahead a place is given; it bounds their number.
const horizon = 10 * time.Minute

func newQueue(budget int) queue {
	budget = max(1, budget)
	return queue{flow: rate.NewLimiter(pace(budget)), window: window{size: budget}, places: map[string]*place{}}
}

// pace spreads a budget of requests per window: an even flow of nearly all of it, and a burst with which a pass that makes
// several calls goes through at once. Where both together would exceed the budget, the window holds them back.
func pace(budget int) (rate.Limit, int) {
	const sustained, burst = 0.96, 0.1
	return rate.Limit(sustained * float64(budget) / windowLength.Seconds()), max(1, int(burst*float64(budget)))
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
func (q *queue) claim(caller Caller, secret keyID, now time.Time) (*place, time.Time) {
	q.advance(now)
	p, found := q.places[caller.Key]
	if found && !p.waiting() && p.lapsed(now) {
		q.leave(p)
		found = false
	}
	switch {
	case !found:
		p = &place{caller: caller, secret: secret, since: now, told: now}
		q.enter(p, now)
	case p.waiting() && caller.Class > p.caller.Class:
		q.leave(p)
		p = &place{caller: caller, secret: secret, since: p.since, told: now}
		q.enter(p, now)
	}
	if p.waiting() {
		at := q.tell(p, now)
		if !found && at.Sub(now) > horizon {
			q.leave(p)
			return nil, q.turnAway(now)
		}
		p.told = at
		return nil, at
	}
	if room := q.window.after(-p.holds()); room.After(now) {
		p.told = room
		return nil, room
	}
	return p, time.Time{}
}

// enter gives a place at the end of its class's line, and its ticket if that is there.
func (q *queue) enter(p *place, now time.Time) {
	q.places[p.caller.Key] = p
	q.lines[p.caller.Class].join(p)
	q.advance(now)
}

// turnAway returns when to come again for somebody who would have to wait for too long to be given a place. Those times are
// spread evenly, so that they do not come all at once.
func (q *queue) turnAway(now time.Time) time.Time {
	const half = horizon / 2
	const golden = 0.6180339887498949
	q.refused++
	turns := float64(q.refused) * golden
	return now.Add(half + time.Duration((turns-float64(int(turns)))*float64(half)))
}

// use takes the ticket of a place for a call.
func (q *queue) use(p *place, now time.Time) {
	q.leave(p)
	q.window.add(now, p.caller.Class)
}

// hold keeps the ticket of a place, and room in the window for it, for the caller's next call.
func (q *queue) hold(p *place, now time.Time) {
	until := now.Add(holding)
	if !p.held.IsZero() {
		q.window.release()
	}
	p.held = until
	q.window.hold(until)
	q.holds = append(q.holds, hold{place: p, until: until})
}

// leave gives up a place.
func (q *queue) leave(p *place) {
	if !p.held.IsZero() {
		p.held = time.Time{}
		q.window.release()
	}
	if p.waiting() {
		q.lines[p.caller.Class].leave(p)
	}
	p.gone = true
	delete(q.places, p.caller.Key)
}

// leaveAll gives up the places of everybody who calls with the secret key.
func (q *queue) leaveAll(secret keyID) {
	for _, p := range q.places {
		if p.secret == secret {
			q.leave(p)
		}
	}
}

// advance hands out what was to be handed out until now.
func (q *queue) advance(now time.Time) {
	q.sweep(now)
	for {
		class, level := q.next()
		if class < 0 {
			break
		}
		due := q.when(turn{level: level})
		if due.After(now.Add(rounding)) {
			break
		}
		q.serve(class, due, now)
	}
	q.at = later(q.at, now)
}

// serve hands the first of a class the ticket that was due at the time given.
func (q *queue) serve(class Class, due, now time.Time) {
	p := q.lines[class].pop()
	if due.Sub(p.told) > grace {
		// Its caller does not come any more, so the ticket is the next one's.
		p.gone = true
		delete(q.places, p.caller.Key)
		return
	}
	p.due = due
	q.flow.ReserveN(due, 1)
	q.at = due
	q.count(class)
	q.ready = append(q.ready, p)
	if p.lapsed(now) {
		q.leave(p)
	}
}

// next returns the class that is given the next ticket, and how full the bucket has to be for it; -1 is none.
func (q *queue) next() (Class, float64) {
	for class := range Person {
		if q.lines[class].waiting > 0 && q.passed[class] >= share-1 {
			return class, 1
		}
	}
	for class := Person; class >= Background; class-- {
		if q.lines[class].waiting > 0 {
			return class, q.level(class)
		}
	}
	return -1, 0
}

// count notes that a class was given a ticket.
func (q *queue) count(class Class) {
	q.passed[class] = 0
	for lower := range class {
		if q.lines[lower].waiting > 0 {
			q.passed[lower]++
		} else {
			q.passed[lower] = 0
		}
	}
}

// level is how many tickets have to be in the bucket for a class to be given one: a person's change takes the last, drift
// work leaves a fifth of a full bucket, background reads leave half. A full bucket is enough for everybody.
func (q *queue) level(class Class) float64 {
	burst := float64(q.flow.Burst())
	left := 0.0
	switch class {
	case Person:
	case Drift:
		left = burst / 5
	default:
		left = burst / 2
	}
	return min(burst, left+1)
}

// close stops handing out tickets until the time given. The bucket holds but one ticket then, and those whose ticket was
// handed out and not used are the first in their lines, so that all come back one after the other.
func (q *queue) close(until, now time.Time) {
	q.advance(now)
	if !until.After(q.opens) {
		return
	}
	q.opens = until
	if tokens := int(q.flow.TokensAt(until)); tokens > 1 {
		q.flow.ReserveN(until, tokens-1)
	}
	for _, p := range slices.Backward(q.ready) {
		if p.gone || p.lapsed(now) {
			continue
		}
		if !p.held.IsZero() {
			p.held = time.Time{}
			q.window.release()
		}
		p.due = time.Time{}
		q.lines[p.caller.Class].rejoin(p)
	}
	q.ready = nil
}

// sweep forgets what has ended: at once where others need the room, else from time to time.
func (q *queue) sweep(now time.Time) {
	q.window.forget(now)
	for len(q.holds) > 0 && !now.Before(q.holds[0].until) {
		if ended := q.holds[0]; ended.place.held.Equal(ended.until) {
			q.leave(ended.place)
		}
		q.holds = q.holds[1:]
	}
	if now.Sub(q.swept) < grace {
		return
	}
	q.swept = now
	q.ready = slices.DeleteFunc(q.ready, func(p *place) bool {
		if !p.gone && p.lapsed(now) {
			q.leave(p)
		}
		return p.gone
	})
}
