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

// refusedKeys are the secret keys that Clerk refuses. With each of them only one call at a time is made, a probe, after a
// growing back-off. Calls with other keys of the instance go on: ClerkInstances with other keys may share it.
type refusedKeys map[keyID]*refusal

type refusal struct {
	backoff time.Duration
	probeAt time.Time
	// prober is the caller that reserved the probe until proberUntil. Zero is none.
	prober      string
	proberUntil time.Time
	// acceptedAt is when calls went out again; zero while the key is refused. The refusal is kept: where some calls with the
	// key go well and others are refused, each refusal has to last longer than the one before.
	acceptedAt time.Time
}

// current returns the refusal of a key that is refused now.
func (r refusedKeys) current(key keyID) (*refusal, bool) {
	one, known := r[key]
	return one, known && one.acceptedAt.IsZero()
}

// admit returns a *KeyRefusedError if the caller must not make a call with the key now.
func (r refusedKeys) admit(key keyID, caller string, now time.Time) error {
	one, refused := r.current(key)
	if !refused || !one.probeAt.After(now) || one.prober == caller && now.Before(one.proberUntil) {
		return nil
	}
	return &KeyRefusedError{At: one.probeAt, Repeated: one.backoff > firstProbe}
}

// hasten lets the next probe with the key through now, unless the key was refused repeatedly. It reports whether the key is
// refused.
func (r refusedKeys) hasten(key keyID, now time.Time) bool {
	one, refused := r.current(key)
	if refused && one.backoff == firstProbe {
		one.probeAt = now
	}
	return refused
}

// probe reports whether the call now let through is a probe, and holds back others until it is answered.
func (r refusedKeys) probe(key keyID, now time.Time) bool {
	one, refused := r.current(key)
	if refused {
		one.probeAt, one.proberUntil = now.Add(probeTime), time.Time{}
	}
	return refused
}

// reserveProbe makes the caller's next call until then the probe, if the key is refused, and holds back others.
func (r refusedKeys) reserveProbe(key keyID, caller string, now, until time.Time) {
	if one, refused := r.current(key); refused {
		one.probeAt = now.Add(probeTime)
		one.prober, one.proberUntil = caller, until
	}
}

// refuse records a 401 and reports whether calls with the key went out until now. Answers to calls that were under way when
// it came tell nothing new.
func (r refusedKeys) refuse(t token, now time.Time) bool {
	one, refused := r.current(t.key)
	switch {
	case one == nil:
		maps.DeleteFunc(r, func(_ keyID, old *refusal) bool { return now.Sub(old.probeAt) > refusalKept })
		r[t.key] = &refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case !refused && now.Sub(one.acceptedAt) > calm:
		*one = refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case !refused, t.probe:
		backoff := min(2*one.backoff, lastProbe)
		*one = refusal{backoff: backoff, probeAt: now.Add(backoff)}
	}
	return !refused
}

// postpone records a probe that told nothing about the key.
func (r refusedKeys) postpone(t token, now time.Time) {
	if one, refused := r.current(t.key); refused && t.probe {
		one.probeAt = now.Add(one.backoff)
	}
}

// accept records a proper answer and reports whether it ends the refusal of the key. Only a probe's does: the other calls were
// under way when the key was refused.
func (r refusedKeys) accept(t token, now time.Time) bool {
	one, refused := r.current(t.key)
	if !refused || !t.probe {
		return false
	}
	one.acceptedAt = now
	return true
}
