// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"math"
	"time"
)

// turn is how things are when a ticket is handed out: so many others were before it, and so full is the bucket.
type turn struct {
	tickets int
	level   float64
}

// tell returns when a place that waits is to come again: when its turn comes and there is room in the window, if nobody else
// comes. Who is not the most urgent and finds then that others did come is told a later time: when its turn comes if more
// urgent ones go on like in the last ten seconds. But he does not wait for longer than he has waited so far, since they may
// have stopped, nor for longer than until the turn that is his whoever comes.
func (q *queue) tell(p *place, now time.Time) time.Time {
	// least keeps a caller from coming again and again, should the forecast be too early.
	const least = time.Millisecond
	likely, sure := q.forecast(p)
	wait := q.when(likely).Sub(now)
	left := 1 - min(q.window.urgent(p.caller.Class), 1-1.0/share)
	longer := min(time.Duration(float64(wait)/left), now.Sub(p.since), q.when(sure).Sub(now))
	return later(now.Add(max(wait, longer, least)), q.window.after(likely.tickets))
}

// forecast returns the turn of a place if nobody else comes, and the one that is its whoever comes. The first is after those
// before it in its line and those more urgent, or the second if that comes before.
func (q *queue) forecast(p *place) (likely, sure turn) {
	class := p.caller.Class
	ahead := q.lines[class].ahead(p)
	urgent := 0
	for c := Person; c > class; c-- {
		urgent += q.lines[c].waiting
	}
	likely = turn{q.interleaved(class, ahead+urgent), q.level(class)}
	if class == Person {
		return likely, likely
	}
	// So many of other classes can go before it.
	passing := max(0, (ahead+1)*(share-1)-q.passed[class])
	sure = turn{ahead + passing, 1}
	if passing > q.lines[Person].waiting {
		// The last of them is not a person's change either and waits for the level of its own class.
		sure.level = max(1, q.level(Drift)-1)
	}
	if passing <= urgent {
		likely = sure
	}
	return likely, sure
}

// interleaved returns how many tickets are handed out before one that comes after so many of its class and more urgent ones:
// these and the share of those who are less urgent.
func (q *queue) interleaved(class Class, tickets int) int {
	all := tickets
	for lower := range class {
		all += min(q.lines[lower].waiting, (tickets+q.passed[lower])/(share-1))
	}
	return all
}

// when returns the time of a turn.
func (q *queue) when(t turn) time.Time {
	start := later(q.at, q.opens)
	missing := float64(t.tickets) + t.level - q.flow.TokensAt(start)
	return start.Add(time.Duration(math.Ceil(max(0, missing) / float64(q.flow.Limit()) * float64(time.Second))))
}
