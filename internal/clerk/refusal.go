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
	// calm is how long calls with a key have to go well for its next refusal to count as the first one.
	calm = time.Minute
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
	// opened is when calls went out again; zero while the key is refused. The refusal is kept: where some calls with the key
	// go well and others are refused, each refusal has to last longer than the one before.
	opened time.Time
}

// refusing returns the refusal of a key that is refused now.
func (r refusals) refusing(key keyID) (*refusal, bool) {
	one, known := r[key]
	return one, known && one.opened.IsZero()
}

// closed returns when the next probe with the key is let through, if that is not now.
func (r refusals) closed(key keyID, now time.Time) (time.Time, bool) {
	if one, refusing := r.refusing(key); refusing {
		return one.probeAt, one.probeAt.After(now)
	}
	return time.Time{}, false
}

// repeated reports whether the key is refused again although it was seen to work a moment before.
func (r refusals) repeated(key keyID) bool {
	one, refusing := r.refusing(key)
	return refusing && one.backoff > firstProbe
}

// hasten lets the next probe with the key through now, unless the key was refused repeatedly. It reports whether it is
// refused.
func (r refusals) hasten(key keyID, now time.Time) bool {
	one, refusing := r.refusing(key)
	if refusing && one.backoff == firstProbe {
		one.probeAt = now
	}
	return refusing
}

// probe reports whether the call now let through is a probe, and holds back others until it is answered.
func (r refusals) probe(key keyID, now time.Time) bool {
	one, refusing := r.refusing(key)
	if refusing {
		one.probeAt = now.Add(probeTime)
	}
	return refusing
}

// refuse records a 401 and reports whether calls with the key went out until now. Answers to calls that were under way when
// it came tell nothing new.
func (r refusals) refuse(t ticket, now time.Time) bool {
	one, refusing := r.refusing(t.secret)
	switch {
	case one == nil:
		maps.DeleteFunc(r, func(_ keyID, old *refusal) bool { return now.Sub(old.probeAt) > refusalKept })
		r[t.secret] = &refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case !refusing && now.Sub(one.opened) > calm:
		*one = refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case !refusing, t.probe:
		backoff := min(2*one.backoff, lastProbe)
		*one = refusal{backoff: backoff, probeAt: now.Add(backoff)}
	}
	return !refusing
}

// unclear records a probe that told nothing about the key.
func (r refusals) unclear(t ticket, now time.Time) {
	if one, refusing := r.refusing(t.secret); refusing && t.probe {
		one.probeAt = now.Add(one.backoff)
	}
}

// accept records a proper answer and reports whether it opened the office for the key. Only a probe's does: the others were
// under way when the key was refused.
func (r refusals) accept(t ticket, now time.Time) bool {
	one, refusing := r.refusing(t.secret)
	if !refusing || !t.probe {
		return false
	}
	one.opened = now
	return true
}
