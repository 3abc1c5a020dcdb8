// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"math"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// turn is how things are when a ticket is handed out: so many others were before it, and so full is the bucket.
type turn struct {
	tickets int
	level   float64
}

// tell returns when a place that waits is to come again: when its turn comes and there is room in the window, if nobody else
// comes. Who is not the most urgent and finds then that others did come is told a later time: when its turn comes if more
// urgent ones go on like in the last ten seconds, or when it is his share of the tickets, if that is before. But he does not
// wait for longer than he has waited so far, since they may have stopped. Where they took most tickets lately, he may count
// on his share from the start.
func (q *queue) tell(p *place, now time.Time) time.Time {
	// least keeps a caller from coming again and again, should the forecast be too early.
	const least = time.Millisecond
	likely, passing := q.forecast(p)
	wait := q.when(likely).Sub(now)
	longer := wait
	if urgent := q.window.urgent(p.caller.Level); urgent > 0 {
		left := max(1, q.window.size-urgent)
		latest := max(q.when(turn{passing, 1}).Sub(now), q.flowing(float64(passing)))
		longer = min(wait*time.Duration(q.window.size)/time.Duration(left), latest)
		if urgent >= left {
			wait = min(wait, latest)
		}
	}
	wait = max(wait, min(longer, now.Sub(p.since)), least)
	return later(now.Add(wait), q.window.after(likely.tickets, now))
}

// forecast returns the turn of a place if nobody else comes: after those before it in its line and those more urgent, or
// after so many others, passing, as can go before it because its class gets its share then, if there are no more.
func (q *queue) forecast(p *place) (t turn, passing int) {
	class := p.caller.Level
	ahead := q.lines[class].ahead(p)
	urgent := 0
	for c := ratelimit.Interactive; c > class; c-- {
		urgent += q.lines[c].waiting
	}
	t = turn{q.interleaved(class, ahead+urgent), q.level(class)}
	if class == ratelimit.Interactive {
		return t, ahead
	}
	passing = ahead + max(0, (ahead+1)*(share-1)-q.passed[class])
	if passing <= ahead+urgent {
		t = turn{passing, 1}
		if passing-ahead > q.lines[ratelimit.Interactive].waiting {
			// The last of them is not a person's change either and waits for the level of its own class.
			t.level = max(1, q.level(ratelimit.Drift)-1)
		}
	}
	return t, passing
}

// interleaved returns how many tickets are handed out before one that comes after so many of its class and more urgent ones:
// these and the share of those who are less urgent.
func (q *queue) interleaved(class ratelimit.PriorityLevel, tickets int) int {
	all := tickets
	for lower := range class {
		all += min(q.lines[lower].waiting, (tickets+q.passed[lower])/(share-1))
	}
	return all
}

// when returns the time of a turn.
func (q *queue) when(t turn) time.Time {
	start := later(q.at, q.opens)
	return start.Add(q.flowing(max(0, float64(t.tickets)+t.level-q.flow.TokensAt(start))))
}

// flowing returns how long it takes for so many tickets to flow into the bucket.
func (q *queue) flowing(tickets float64) time.Duration {
	return time.Duration(math.Ceil(tickets / float64(q.flow.Limit()) * float64(time.Second)))
}
