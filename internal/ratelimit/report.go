// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"sort"
	"time"
)

// Report is the state of a Limiter at one moment.
type Report struct {
	// RequestsPerSecond is the limit.
	RequestsPerSecond float64
	// Tokens is the number of tokens that an Interactive caller could take at once; 0 during a pause. MaxTokens is its maximum,
	// the size of the token bucket.
	Tokens, MaxTokens float64
	// Waiting is the number of callers that wait for a token, by PriorityLevel. Callers that missed the time of their next
	// attempt do not count, and neither do callers whose user is limited.
	Waiting [Interactive + 1]int
	// Paused is true while the API limits all calls.
	Paused bool
	// UserPauses counts how often the API began to limit the calls for one user, Pauses how often it began to limit all calls.
	// A limit that is reported again while it lasts counts once.
	UserPauses, Pauses int64
}

// Report returns the present state, and changes none. Its cost grows with the number of waiting callers.
func (l *Limiter) Report() Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	return Report{
		RequestsPerSecond: float64(l.scheduler.window.limit) / windowLength.Seconds(),
		Tokens:            l.scheduler.tokens(now),
		MaxTokens:         float64(l.scheduler.burst),
		Waiting:           l.scheduler.waiting(now),
		Paused:            l.scheduler.paused(now),
		UserPauses:        l.userPauses,
		Pauses:            l.pauses,
	}
}

// paused reports whether no token is granted because the API limits all calls.
func (s *scheduler) paused(now time.Time) bool { return s.resumesAt.After(now) }

// tokens returns how many tokens could be granted at once: those in the bucket for which the window has room. A bucket that is
// enlarged for waiting requests counts as a full one.
func (s *scheduler) tokens(now time.Time) float64 {
	if s.paused(now) {
		return 0
	}
	room := s.window.limit - s.window.used(now) - roomsKept(s.rooms, now) - roomsKept(s.reservedRooms, now)
	return max(0, min(s.bucket.TokensAt(now), float64(s.burst), float64(room)))
}

// waiting returns the number of waiting requests, by level, whose callers can still retry in time. Requests of other callers
// leave their queues only when it is their turn.
func (s *scheduler) waiting(now time.Time) (byLevel [Interactive + 1]int) {
	for _, r := range s.requests {
		if r.waiting() && now.Sub(r.retryAt) <= grace {
			byLevel[r.caller.Level]++
		}
	}
	return byLevel
}

// used returns the number of used tokens that count at the time now.
func (w *window) used(now time.Time) int {
	old := sort.Search(len(w.uses), func(i int) bool { return now.Sub(w.uses[i].at) < windowLength+windowSlack })
	return len(w.uses) - old
}

// roomsKept returns the number of rooms that are still kept.
func roomsKept(rooms []room, now time.Time) int {
	kept := 0
	for _, r := range rooms {
		if now.Before(r.until) && r.request.roomUntil.Equal(r.until) {
			kept++
		}
	}
	return kept
}
