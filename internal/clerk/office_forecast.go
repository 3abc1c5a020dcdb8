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
// have stopped.
func (q *queue) tell(p *place, now time.Time) time.Time {
	at, turn := q.forecast(p)
	left := 1 - min(q.window.urgent(p.caller.Class), 1-1.0/share)
	wait := at.Sub(now)
	wait = max(wait, min(now.Sub(p.since), time.Duration(float64(wait)/left)))
	return later(now.Add(wait), q.window.after(turn.tickets))
}

// forecast returns the turn of a place if nobody else comes: after those before it in its line and those more urgent, or
// after as many of them as can go before one of its class whose share it is, whichever comes first.
func (q *queue) forecast(p *place) (time.Time, turn) {
	class := p.caller.Class
	ahead := q.lines[class].ahead(p)
	urgent := 0
	for c := Person; c > class; c-- {
		urgent += q.lines[c].waiting
	}
	t := turn{ahead + urgent, q.level(class)}
	if passing := max(0, (ahead+1)*(share-1)-q.passed[class]); passing <= urgent {
		t = turn{ahead + passing, 1}
	}
	t.tickets = q.interleaved(class, t.tickets)
	return q.when(t), t
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
