// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// DefaultApplyWindow is the default of Tools.ApplyWindow.
	DefaultApplyWindow = 30 * time.Second
	// arrivalSilence is how long nothing is said of a wait for what an object names. Most of it arrives within that time, and
	// what is said costs a write for each object.
	arrivalSilence = 5 * time.Second
	// firstPoll is the first delay between two reads of a Secret or ConfigMap that is missing.
	firstPoll = 2 * time.Second
	// pollShare is the share of the time waited so far after which such a read is repeated.
	pollShare = 4
)

// Arrival is the wait for an object that a spec names and that does not exist, or cannot be used yet.
type Arrival struct {
	// Now is the time, and Since is when the process first saw what the spec asks for.
	Now, Since time.Time
	// Window is as in Tools.
	Window time.Duration
}

// Left returns how long what is missing may still come from the same apply; 0 if it is reported as missing.
func (a Arrival) Left() time.Duration { return max(a.Window-a.waited(), 0) }

// Silence returns how long nothing is said of the wait yet; 0 if it is to be said now. Shortly before the end of the window
// nothing is said either, since another report follows at once.
func (a Arrival) Silence() time.Duration {
	left := a.Left()
	if said := arrivalSilence - a.waited(); said > 0 {
		return min(said, left)
	}
	if left <= arrivalSilence {
		return left
	}
	return 0
}

// Poll returns when to read a missing Secret or ConfigMap again: every 2 s at first, then after a quarter of the time waited so
// far, and no less often than the given interval. Those are about 20 reads in the first four minutes, where the interval is a
// minute.
func (a Arrival) Poll(longest time.Duration) time.Duration {
	return min(max(a.waited()/pollShare, firstPoll), longest)
}

// waited is not negative, also if the clock was set back.
func (a Arrival) waited() time.Duration { return max(a.Now.Sub(a.Since), 0) }

// Reported reports whether conditions have a result for this generation already, or had the same one for an earlier generation.
// Such a result is reported at once: the object did not come with what it lacks.
func (c Conditions) Reported(condition string, r Result) bool {
	is := c.Find(condition)
	if is == nil || is.Status == metav1.ConditionUnknown {
		return false
	}
	return is.ObservedGeneration == c.Generation || is.Status == r.Ready && is.Reason == r.Reason && is.Message == r.Message
}
