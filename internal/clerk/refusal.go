// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

const (
	firstProbe = time.Second
	lastProbe  = time.Minute
	// probeTime is how long a probe is given before another one is let through.
	probeTime = 15 * time.Second
)

// refusal is the state of an office whose key Clerk refuses: closed but for one probe at a time, with a growing back-off.
type refusal struct {
	refusing bool
	backoff  time.Duration
	probeAt  time.Time
}

// closed returns when the next probe is let through, if that is not now.
func (r *refusal) closed(now time.Time) (time.Time, bool) {
	return r.probeAt, r.refusing && r.probeAt.After(now)
}

// probe reports whether the call now let through is a probe, and holds back others until it is answered.
func (r *refusal) probe(now time.Time) bool {
	if r.refusing {
		r.probeAt = now.Add(probeTime)
	}
	return r.refusing
}

// refused records a 401 and reports whether it is the first. Answers to calls that were under way when it came tell
// nothing new.
func (r *refusal) refused(t ticket, now time.Time) bool {
	first := !r.refusing
	switch {
	case first:
		r.refusing, r.backoff = true, firstProbe
	case t.probe:
		r.backoff = min(2*r.backoff, lastProbe)
	default:
		return false
	}
	r.probeAt = now.Add(r.backoff)
	return first
}

// unclear records a probe that told nothing about the key.
func (r *refusal) unclear(t ticket, now time.Time) {
	if r.refusing && t.probe {
		r.probeAt = now.Add(r.backoff)
	}
}

// open records a proper answer and reports whether it opened the office. Only a probe's does: the others were under way
// when the key was refused.
func (r *refusal) open(t ticket) bool {
	if !r.refusing || !t.probe {
		return false
	}
	*r = refusal{}
	return true
}
