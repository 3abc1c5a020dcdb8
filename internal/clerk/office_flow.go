// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// share is how many tickets it takes for one of them to go to a class that waits, however many more urgent ones there are.
const share = 10

// rounding is how early a ticket may be handed out, so that whoever comes when told never comes too early by a rounding.
const rounding = time.Microsecond

// pace spreads a budget of requests per window: an even flow of nearly all of it, and a burst with which a pass that makes
// several calls goes through at once. Where both together would exceed the budget, the window holds them back.
func pace(budget int) (rate.Limit, int) {
	const sustained, burst = 0.96, 0.1
	return rate.Limit(sustained * float64(budget) / windowLength.Seconds()), max(1, int(burst*float64(budget)))
}

// advance hands out the tickets that are there to those who were told to come by now and are the first.
func (q *queue) advance(now time.Time) {
	q.sweep(now)
	q.at = later(q.at, now)
	for {
		class, level := q.next()
		if class < 0 || !q.there(level, now) {
			break
		}
		p := q.lines[class].front()
		if p.told.After(now.Add(rounding)) {
			break
		}
		if now.Sub(p.told) > grace {
			// Its caller does not come any more, so the ticket is the next one's.
			q.leave(p)
			continue
		}
		q.serve(q.lines[class].pop(), now)
	}
	q.stretch(now)
}

// there reports whether there is a ticket now, at a level of the bucket, and room for it in the window.
func (q *queue) there(level float64, now time.Time) bool {
	return !q.when(turn{level: level}).After(now.Add(rounding)) && !q.window.after(0, now).After(now)
}

// serve hands a ticket to who does not wait in line any more. Room is kept for it as long as he is punctual: others would
// wait for all those who are not.
func (q *queue) serve(p *place, now time.Time) {
	p.due = now
	q.flow.ReserveN(now, 1)
	q.count(p.caller.Level)
	q.ready = append(q.ready, p)
	q.recent = append(q.recent, q.keepRoom(p, now.Add(punctual)))
}

// stretch makes the bucket larger while somebody waits, so that what flows until he comes or the window has room is not lost.
func (q *queue) stretch(at time.Time) {
	burst := q.burst
	if class, _ := q.next(); class >= 0 {
		burst = 2*burst + quantum
	}
	if burst != q.flow.Burst() {
		q.flow.SetBurstAt(later(at, q.opens), burst)
	}
}

// next returns the class that is given the next ticket, and how full the bucket has to be for it; -1 is none.
func (q *queue) next() (ratelimit.PriorityLevel, float64) {
	for class := range ratelimit.Interactive {
		if q.lines[class].waiting > 0 && q.passed[class] >= share-1 {
			return class, 1
		}
	}
	for class := ratelimit.Interactive; class >= ratelimit.Background; class-- {
		if q.lines[class].waiting > 0 {
			return class, q.level(class)
		}
	}
	return -1, 0
}

// count notes that a class was given a ticket.
func (q *queue) count(class ratelimit.PriorityLevel) {
	for other := range ratelimit.Interactive {
		if other != class && q.lines[other].waiting > 0 {
			q.passed[other]++
		} else {
			q.passed[other] = 0
		}
	}
}

// level is how many tickets have to be in the bucket for a class to be given one: a person's change takes the last, drift
// work leaves a fifth of a full bucket, background reads leave half. A full bucket is enough for everybody.
func (q *queue) level(class ratelimit.PriorityLevel) float64 {
	burst := float64(q.burst)
	left := 0.0
	switch class {
	case ratelimit.Interactive:
	case ratelimit.Drift:
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
		if p.gone {
			continue
		}
		q.takeBack(p)
		q.lines[p.caller.Level].rejoin(p)
	}
	q.ready = nil
}
