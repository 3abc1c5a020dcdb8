// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// scheduler grants the tokens one after the other, as the bucket fills: each to the first request in the queue of the most
// urgent level that waits. A caller whose request waits is told when to come again. The time is a forecast: if more urgent
// requests come later, the caller is told another time when it comes.
//
// No goroutine waits here and no timer runs. A token is granted when somebody asks and one is there: to the caller that asks,
// if its request is the first or the first was told to come later; else to the first, whose caller may be late, and for which
// the token is kept for a while.
type scheduler struct {
	bucket *rate.Limiter
	// burst is how many tokens a full bucket holds while no request waits.
	burst  int
	window window
	// resumesAt is when the last pause ends, in which no token is granted.
	resumesAt time.Time
	queues    [Interactive + 1]queue
	// passedOver counts, for each level with a request that waits, the tokens that other levels got since its last.
	passedOver [Interactive]int
	// requests are all of them, by their callers' ids.
	requests map[string]*request
	// granted are the requests with a token that was not used yet. sweptAt is when those that ended were last removed.
	granted []*request
	sweptAt time.Time
	// rooms and reservedRooms are for which granted tokens the window keeps room; the latter are for tokens that were
	// reserved. Both are in the order in which they end.
	rooms, reservedRooms []room
	// at is the time up to which tokens were granted.
	at time.Time
	// rejected counts the callers that were told to come again without a request in a queue.
	rejected uint
}

// horizon is how far ahead a token may be for its request to get a seat. It bounds the number of requests.
const horizon = 10 * time.Minute

func newScheduler(limit int) scheduler {
	limit = max(1, limit)
	perSecond, burst := bucketFor(limit)
	return scheduler{
		bucket: rate.NewLimiter(perSecond, burst), burst: burst, window: window{limit: limit}, requests: map[string]*request{},
	}
}

// setLimit changes the limit.
func (s *scheduler) setLimit(limit int, now time.Time) {
	limit = max(1, limit)
	if limit == s.window.limit {
		return
	}
	s.dispatch(now)
	s.window.limit = limit
	perSecond, burst := bucketFor(limit)
	s.burst = burst
	if len(s.window.uses) == 0 && len(s.requests) == 0 {
		// Nothing was used, so there is nothing to carry over and the burst is there from the start.
		s.bucket = rate.NewLimiter(perSecond, burst)
		return
	}
	start := later(now, s.resumesAt)
	s.bucket.SetLimitAt(start, perSecond)
	s.bucket.SetBurstAt(start, burst)
}

// claim returns the caller's request if its token may be used now, else when the caller is to come again.
func (s *scheduler) claim(caller Caller, credential string, now time.Time) (*request, time.Time) {
	s.dispatch(now)
	r := s.find(caller.ID, now)
	switch {
	case r == nil:
		r = &request{caller: caller, credential: credential, since: now, retryAt: now}
		s.queues[caller.Level].assign(r)
		if s.forecast(r, now).Sub(now) > horizon {
			return nil, s.reject(now)
		}
		s.enqueue(r, now)
	case r.waiting() && (caller.Level > r.caller.Level || caller.Flow != r.caller.Flow):
		// The caller wants another call now. The more urgent one is still to be made.
		caller.Level = max(caller.Level, r.caller.Level)
		s.end(r)
		r = &request{caller: caller, credential: credential, since: r.since, retryAt: now}
		s.enqueue(r, now)
	}
	if r.waiting() {
		if !s.available(s.fill(r.caller.Level), now) {
			r.retryAt = s.forecast(r, now)
			return nil, r.retryAt
		}
		r = s.overtake(r, now)
	}
	if free := s.window.after(-r.rooms(), now); free.After(now) {
		r.retryAt = free
		return nil, free
	}
	return r, time.Time{}
}

// find returns a caller's request, nil for none.
func (s *scheduler) find(id string, now time.Time) *request {
	r := s.requests[id]
	if r != nil && r.expired(now) {
		s.end(r)
		return nil
	}
	return r
}

// enqueue adds a request behind those of its flow, and grants its token if that is there.
func (s *scheduler) enqueue(r *request, now time.Time) {
	s.requests[r.caller.ID] = r
	s.queues[r.caller.Level].join(r)
	s.dispatch(now)
}

// overtake grants a token that is there to a request whose caller is there, because those before it were told to come later.
func (s *scheduler) overtake(r *request, now time.Time) *request {
	served := &request{caller: r.caller, credential: r.credential, since: r.since, retryAt: now}
	s.end(r)
	s.requests[r.caller.ID] = served
	s.grant(served, now)
	return served
}

// reject returns when a caller is to come again whose request would have to wait for too long. These times are spread evenly,
// so that such callers do not come all at once.
func (s *scheduler) reject(now time.Time) time.Time {
	const half = horizon / 2
	const golden = 0.6180339887498949
	s.rejected++
	_, part := math.Modf(float64(s.rejected) * golden)
	return now.Add(half + time.Duration(part*float64(half)))
}

// use takes the token of a request for a call.
func (s *scheduler) use(r *request, now time.Time) {
	s.end(r)
	if last := len(s.granted) - 1; s.granted[last] == r {
		s.granted = s.granted[:last]
	}
	s.window.add(now, r.caller.Level)
}

// reserve keeps the token of a request, and room in the window for it, for the caller's next call. It returns until when.
func (s *scheduler) reserve(r *request, now time.Time) time.Time {
	r.reserved = true
	until := now.Add(reservation)
	s.reservedRooms = append(s.reservedRooms, s.keepRoom(r, until))
	return until
}

// end removes a request. Its token, if granted, is lost.
func (s *scheduler) end(r *request) {
	if r.waiting() {
		s.queues[r.caller.Level].leave(r)
	}
	s.giveRoom(r)
	r.gone = true
	delete(s.requests, r.caller.ID)
}

// endAll removes all requests with a credential.
func (s *scheduler) endAll(credential string) {
	for _, r := range s.requests {
		if r.credential == credential {
			s.end(r)
		}
	}
}

// sweep forgets what has ended: at once where others need the room, else from time to time.
func (s *scheduler) sweep(now time.Time) {
	s.window.forget(now)
	var ended []*request
	ended, s.rooms = split(s.rooms, now)
	for _, r := range ended {
		s.giveRoom(r)
	}
	ended, s.reservedRooms = split(s.reservedRooms, now)
	for _, r := range ended {
		s.end(r)
	}
	if now.Sub(s.sweptAt) < grace {
		return
	}
	s.sweptAt = now
	s.granted = slices.DeleteFunc(s.granted, func(r *request) bool {
		if r.expired(now) && !r.gone {
			s.end(r)
		}
		return r.gone
	})
	if len(s.requests) == 0 {
		// A map keeps the memory that it once needed.
		s.requests = map[string]*request{}
	}
}
