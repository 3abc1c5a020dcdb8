// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"crypto/sha256"
	"maps"
	"time"
)

const (
	firstProbe = time.Second
	lastProbe  = time.Minute
	// probeTime is how long a probe is given before another one is let through.
	probeTime = 15 * time.Second
	// refusalKept is how long a refused key is remembered that nobody uses.
	refusalKept = time.Hour
)

// keyID tells secret keys apart without being one: a digest, which cannot be searched for what has a key's randomness. ""
// is no key.
type keyID string

func identify(key string) keyID {
	sum := sha256.Sum256([]byte(key))
	return keyID(sum[:])
}

// refusals are the secret keys that Clerk refuses. Each is closed but for one probe at a time, with a growing back-off; the
// others of the instance go on.
type refusals map[keyID]*refusal

type refusal struct {
	backoff time.Duration
	probeAt time.Time
}

// closed returns when the next probe with the key is let through, if that is not now.
func (r refusals) closed(key keyID, now time.Time) (time.Time, bool) {
	if one, refusing := r[key]; refusing {
		return one.probeAt, one.probeAt.After(now)
	}
	return time.Time{}, false
}

// probe reports whether the call now let through is a probe, and holds back others until it is answered.
func (r refusals) probe(key keyID, now time.Time) bool {
	one, refusing := r[key]
	if refusing {
		one.probeAt = now.Add(probeTime)
	}
	return refusing
}

// refuse records a 401 and reports whether it is the key's first. Answers to calls that were under way when it came tell
// nothing new.
func (r refusals) refuse(t ticket, now time.Time) bool {
	one, refusing := r[t.secret]
	switch {
	case !refusing:
		maps.DeleteFunc(r, func(_ keyID, old *refusal) bool { return now.Sub(old.probeAt) > refusalKept })
		r[t.secret] = &refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case t.probe:
		one.backoff = min(2*one.backoff, lastProbe)
		one.probeAt = now.Add(one.backoff)
	}
	return !refusing
}

// unclear records a probe that told nothing about the key.
func (r refusals) unclear(t ticket, now time.Time) {
	if one, refusing := r[t.secret]; refusing && t.probe {
		one.probeAt = now.Add(one.backoff)
	}
}

// accept records a proper answer and reports whether it opened the office for the key. Only a probe's does: the others were
// under way when the key was refused.
func (r refusals) accept(t ticket) bool { return t.probe && r.open(t.secret) }

// open forgets that a key was refused and reports whether it was.
func (r refusals) open(key keyID) bool {
	_, refusing := r[key]
	delete(r, key)
	return refusing
}
