// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"math"
	"time"
)

// turn is when a token can be granted: after a number of others, and when the bucket has fill tokens.
type turn struct {
	tokens int
	fill   float64
}

// forecast returns when the caller of a waiting request should retry: when its turn comes and the window has room, if
// there are no new requests.
//
// If more urgent requests arrived meanwhile, a caller of a lower level gets a later time: when its turn comes if they
// keep arriving as in the last window, or when its level gets its least share, if that is earlier. But the new wait is
// no longer than the wait so far, because they may have stopped. If more urgent levels used most tokens lately, the
// forecast uses the least share from the start.
func (s *scheduler) forecast(r *request, now time.Time) time.Time {
	// least keeps a caller from retrying again and again if the forecast is too early.
	const least = time.Millisecond
	likely, shareAfter := s.turnOf(r)
	wait := s.timeOf(likely).Sub(now)
	longer := wait
	if urgent := s.window.moreUrgent(r.caller.Level); urgent > 0 {
		left := max(1, s.window.limit-urgent)
		latest := max(s.timeOf(turn{shareAfter, 1}).Sub(now), s.refill(float64(shareAfter)))
		longer = min(wait*time.Duration(s.window.limit)/time.Duration(left), latest)
		if urgent >= left {
			wait = min(wait, latest)
		}
	}
	wait = max(wait, min(longer, now.Sub(r.since)), least)
	return later(now.Add(wait), s.window.after(likely.tokens, now))
}

// turnOf returns the turn of a request if there are no new requests: after those before it in its queue and all more
// urgent ones, or when its level gets its least share, if that is earlier. shareAfter is the number of tokens until
// that.
func (s *scheduler) turnOf(r *request) (t turn, shareAfter int) {
	level := r.caller.Level
	ahead := s.queues[level].ahead(r)
	urgent := 0
	for l := Interactive; l > level; l-- {
		urgent += s.queues[l].waiting
	}
	t = turn{s.interleaved(level, ahead+urgent), s.fill(level)}
	if level == Interactive {
		return t, ahead
	}
	shareAfter = ahead + max(0, (ahead+1)*(leastShare-1)-s.passedOver[level])
	if shareAfter <= ahead+urgent {
		t = turn{shareAfter, 1}
		if shareAfter-ahead > s.queues[Interactive].waiting {
			// The last of them is not interactive either and waits until the bucket is full enough for its own level.
			t.fill = max(1, s.fill(Drift)-1)
		}
	}
	return t, shareAfter
}

// interleaved returns how many tokens are granted before a request with so many requests of its own and more urgent
// levels before it: these, and the least share of the less urgent levels.
func (s *scheduler) interleaved(level PriorityLevel, tokens int) int {
	all := tokens
	for lower := range level {
		all += min(s.queues[lower].waiting, (tokens+s.passedOver[lower])/(leastShare-1))
	}
	return all
}

// timeOf returns the time of a turn.
func (s *scheduler) timeOf(t turn) time.Time {
	start := later(s.at, s.resumesAt)
	return start.Add(s.refill(max(0, float64(t.tokens)+t.fill-s.bucket.TokensAt(start))))
}

// refill returns the time in which so many tokens flow into the bucket.
func (s *scheduler) refill(tokens float64) time.Duration {
	return time.Duration(math.Ceil(tokens / float64(s.bucket.Limit()) * float64(time.Second)))
}
