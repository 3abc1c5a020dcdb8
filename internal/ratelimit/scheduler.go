// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// scheduler grants tokens one after the other as the bucket fills, each to the first request in the queue of the most
// urgent waiting level. A caller whose request waits gets a time for its retry. That time is a forecast: if more urgent
// requests arrive later, the caller gets another time at its retry.
//
// No goroutine waits here and no timer runs. A token is granted at an attempt, if one is available. It goes to the
// caller of the attempt if its request is the first, or if the callers of earlier requests retry later. Otherwise it
// goes to the first request, whose caller may be late, and is kept for a while.
type scheduler struct {
	bucket *rate.Limiter
	// burst is the number of tokens of a full bucket while no request waits.
	burst  int
	window window
	// resumesAt is the end of the last pause, during which no token is granted.
	resumesAt time.Time
	queues    [Interactive + 1]queue
	// passedOver counts, for each waiting level, the tokens that other levels got since its last token.
	passedOver [Interactive]int
	// requests are all requests by the ids of their callers.
	requests map[string]*request
	// granted are the requests with an unused token. sweptAt is when ended ones were last removed.
	granted []*request
	sweptAt time.Time
	// rooms and reservedRooms are the granted tokens for which the window keeps room; reservedRooms are for reserved
	// tokens. Both are in the order of their ends.
	rooms, reservedRooms []room
	// at is the time up to which tokens were granted.
	at time.Time
	// rejected counts the callers that got a time for a retry without a request in a queue.
	rejected uint
}

// horizon is the maximum wait of a request that gets a seat. It limits the number of requests.
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
		// Nothing was used, so no state has to be kept and the burst is available from the start.
		s.bucket = rate.NewLimiter(perSecond, burst)
		return
	}
	start := later(now, s.resumesAt)
	s.bucket.SetLimitAt(start, perSecond)
	s.bucket.SetBurstAt(start, burst)
}

// claim returns the caller's request if its token may be used now, otherwise the time of the next attempt.
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
		// The caller makes another call now. The more urgent one still has to be made.
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

// find returns a caller's request; nil if there is none.
func (s *scheduler) find(id string, now time.Time) *request {
	r := s.requests[id]
	if r != nil && r.expired(now) {
		s.end(r)
		return nil
	}
	return r
}

// enqueue adds a request behind those of its flow, and grants its token if one is available.
func (s *scheduler) enqueue(r *request, now time.Time) {
	s.requests[r.caller.ID] = r
	s.queues[r.caller.Level].join(r)
	s.dispatch(now)
}

// overtake grants an available token to the request of the present caller, because the callers of earlier requests
// retry later.
func (s *scheduler) overtake(r *request, now time.Time) *request {
	served := &request{caller: r.caller, credential: r.credential, since: r.since, retryAt: now}
	s.end(r)
	s.requests[r.caller.ID] = served
	s.grant(served, now)
	return served
}

// reject returns when a caller should retry whose request would have to wait too long. These times are spread evenly,
// so that such callers do not retry all at once.
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

// reserve keeps the token of a request, and room in the window for it, for the caller's next call. It returns the end
// of the reservation.
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

// sweep forgets ended requests: at once if others need the room, otherwise from time to time.
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
		// A map keeps the memory of its largest size.
		s.requests = map[string]*request{}
	}
}
