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
	// probeTime is how long a probe may take before another one is allowed.
	probeTime = 15 * time.Second
	// recoveryTime is how long calls with a key must succeed before its next refusal counts as the first one.
	recoveryTime = time.Minute
	// refusalKept is how long a refused key that nobody uses is remembered.
	refusalKept = time.Hour
)

// keyID identifies a secret key without revealing it. It is a digest; a key has so much randomness that nobody can find
// it by search. "" is no key.
type keyID string

func identify(key string) keyID {
	sum := sha256.Sum256([]byte(key))
	return keyID(sum[:])
}

// refusedKeys are the secret keys that Clerk refuses. With each of them only one call at a time is made, a probe, after
// a growing back-off. Calls with other keys continue, because ClerkInstances of the same instance may have other keys.
type refusedKeys map[keyID]*refusal

type refusal struct {
	backoff time.Duration
	probeAt time.Time
	// prober is the caller that reserved the probe until proberUntil; zero if there is none.
	prober      string
	proberUntil time.Time
	// acceptedAt is when calls were allowed again; zero while the key is refused. The refusal is kept: if some calls with
	// the key succeed and others are refused, each refusal lasts longer than the one before.
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

// probeNow allows the next probe with the key now, unless the key was refused repeatedly. It reports whether the key is
// refused.
func (r refusedKeys) probeNow(key keyID, now time.Time) bool {
	one, refused := r.current(key)
	if refused && one.backoff == firstProbe {
		one.probeAt = now
	}
	return refused
}

// probe reports whether the call that is allowed now is a probe, and blocks others until it is answered.
func (r refusedKeys) probe(key keyID, now time.Time) bool {
	one, refused := r.current(key)
	if refused {
		one.probeAt, one.proberUntil = now.Add(probeTime), time.Time{}
	}
	return refused
}

// reserveProbe makes the caller's next call before until the probe, if the key is refused, and blocks others.
func (r refusedKeys) reserveProbe(key keyID, caller string, now, until time.Time) {
	if one, refused := r.current(key); refused {
		one.probeAt = now.Add(probeTime)
		one.prober, one.proberUntil = caller, until
	}
}

// refuse records a 401, and reports whether calls with the key were allowed until now. Answers to calls that were sent
// before that add no information.
func (r refusedKeys) refuse(t token, now time.Time) bool {
	one, refused := r.current(t.key)
	switch {
	case one == nil:
		maps.DeleteFunc(r, func(_ keyID, old *refusal) bool { return now.Sub(old.probeAt) > refusalKept })
		r[t.key] = &refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case !refused && now.Sub(one.acceptedAt) > recoveryTime:
		*one = refusal{backoff: firstProbe, probeAt: now.Add(firstProbe)}
	case !refused, t.probe:
		backoff := min(2*one.backoff, lastProbe)
		*one = refusal{backoff: backoff, probeAt: now.Add(backoff)}
	}
	return !refused
}

// postpone records a probe that did not tell whether the key is accepted.
func (r refusedKeys) postpone(t token, now time.Time) {
	if one, refused := r.current(t.key); refused && t.probe {
		one.probeAt = now.Add(one.backoff)
	}
}

// accept records a valid answer, and reports whether it ends the refusal of the key. Only a probe's answer does: other
// calls were sent before the key was refused.
func (r refusedKeys) accept(t token, now time.Time) bool {
	one, refused := r.current(t.key)
	if !refused || !t.probe {
		return false
	}
	one.acceptedAt = now
	return true
}
