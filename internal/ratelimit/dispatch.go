// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// leastShare is the number of tokens of which a waiting level gets one, whatever more urgent levels request.
const leastShare = 10

// rounding is how early a token may be granted, so that a caller that retries at the forecast time is never too early
// by a rounding error.
const rounding = time.Microsecond

// bucketFor returns the rate and the burst of the token bucket for a limit per window: a steady rate of nearly the
// whole limit, and a burst for a reconciliation that makes several calls at once. If both together exceed the limit,
// the window delays the calls.
func bucketFor(limit int) (rate.Limit, int) {
	const sustained, burst = 0.96, 0.1
	return rate.Limit(sustained * float64(limit) / windowLength.Seconds()), max(1, int(burst*float64(limit)))
}

// dispatch grants the available tokens to the first requests whose callers should have retried by now.
func (s *scheduler) dispatch(now time.Time) {
	s.sweep(now)
	s.at = later(s.at, now)
	for {
		level, fill := s.nextLevel()
		if level < 0 || !s.available(fill, now) {
			break
		}
		r := s.queues[level].front()
		if r.retryAt.After(now.Add(rounding)) {
			break
		}
		if now.Sub(r.retryAt) > grace {
			// The caller does not retry any more, so the next request gets the token.
			s.end(r)
			continue
		}
		s.grant(s.queues[level].pop(), now)
	}
	s.stretch(now)
}

// available reports whether the bucket has fill tokens and the window has room for one.
func (s *scheduler) available(fill float64, now time.Time) bool {
	return !s.timeOf(turn{fill: fill}).After(now.Add(rounding)) && !s.window.after(0, now).After(now)
}

// grant grants a token to a request that has left its queue. The window keeps room for the token only for a punctual
// caller; otherwise others would wait for every late caller.
func (s *scheduler) grant(r *request, now time.Time) {
	r.grantedAt = now
	s.bucket.ReserveN(now, 1)
	s.countToken(r.caller.Level)
	s.granted = append(s.granted, r)
	s.rooms = append(s.rooms, s.keepRoom(r, now.Add(punctual)))
}

// stretch enlarges the bucket while a request waits, so that no token is lost before its caller retries or the window
// has room.
func (s *scheduler) stretch(at time.Time) {
	burst := s.burst
	if level, _ := s.nextLevel(); level >= 0 {
		burst = 2*burst + quantum
	}
	if burst != s.bucket.Burst() {
		s.bucket.SetBurstAt(later(at, s.resumesAt), burst)
	}
}

// nextLevel returns the level that gets the next token, and the tokens that the bucket must have for it; -1 if there is
// none.
func (s *scheduler) nextLevel() (PriorityLevel, float64) {
	for level := range Interactive {
		if s.queues[level].waiting > 0 && s.passedOver[level] >= leastShare-1 {
			return level, 1
		}
	}
	for level := Interactive; level >= Background; level-- {
		if s.queues[level].waiting > 0 {
			return level, s.fill(level)
		}
	}
	return -1, 0
}

// countToken records that a level got a token.
func (s *scheduler) countToken(level PriorityLevel) {
	for other := range Interactive {
		if other != level && s.queues[other].waiting > 0 {
			s.passedOver[other]++
		} else {
			s.passedOver[other] = 0
		}
	}
}

// fill returns how many tokens the bucket must have for a level to get one. Interactive takes the last, Drift leaves a
// fifth of a full bucket, and Background leaves half of it. A full bucket is enough for every level.
func (s *scheduler) fill(level PriorityLevel) float64 {
	burst := float64(s.burst)
	left := 0.0
	switch level {
	case Interactive:
	case Drift:
		left = burst / 5
	default:
		left = burst / 2
	}
	return min(burst, left+1)
}

// pause grants no tokens until the given time. The bucket then has one token. The requests with an unused token are
// first in their queues, so that their callers retry one after the other.
func (s *scheduler) pause(until, now time.Time) {
	s.dispatch(now)
	if !until.After(s.resumesAt) {
		return
	}
	s.resumesAt = until
	if tokens := int(s.bucket.TokensAt(until)); tokens > 1 {
		s.bucket.ReserveN(until, tokens-1)
	}
	for _, r := range slices.Backward(s.granted) {
		if r.gone {
			continue
		}
		s.giveRoom(r)
		r.grantedAt, r.reserved = time.Time{}, false
		s.queues[r.caller.Level].rejoin(r)
	}
	s.granted = nil
}
