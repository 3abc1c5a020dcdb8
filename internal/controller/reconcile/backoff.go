// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import "time"

// Doubling is how delays grow: they begin with First, double with each failure, and end at Longest.
type Doubling struct{ First, Longest time.Duration }

// AfterPassingFailures is for failures that pass by themselves.
func AfterPassingFailures() Doubling { return Doubling{First: time.Second, Longest: time.Minute} }

// AfterLastingFailures is for failures that stay until somebody changes something.
func AfterLastingFailures() Doubling { return Doubling{First: 5 * time.Minute, Longest: 6 * time.Hour} }

// Next returns the delay that follows another one; 0 is none.
func (d Doubling) Next(delay time.Duration) time.Duration {
	return min(max(2*delay, d.First), d.Longest)
}

// BackOff keeps a failure from being repeated at once. It is a value that nobody changes; nil is none.
type BackOff[Inputs comparable] struct {
	// Inputs are what the failure depended on. With others, the back-off is over.
	Inputs Inputs
	// Err is the failure.
	Err error
	// Delay is how long the failure is not repeated, and Until is the end of that.
	Delay time.Duration
	Until time.Time
}

// Left returns how long a reconciliation with these inputs is not made yet; 0 is not at all. A clock that was set back does
// not prolong it beyond Delay.
func (b *BackOff[Inputs]) Left(inputs Inputs, now time.Time) time.Duration {
	if b == nil || b.Inputs != inputs {
		return 0
	}
	return min(max(b.Until.Sub(now), 0), b.Delay)
}

// Next returns the back-off after a failure with these inputs: a longer one if they are those of the last failure.
func (b *BackOff[Inputs]) Next(d Doubling, inputs Inputs, err error, now time.Time) *BackOff[Inputs] {
	var former time.Duration
	if b != nil && b.Inputs == inputs {
		former = b.Delay
	}
	delay := d.Next(former)
	return &BackOff[Inputs]{Inputs: inputs, Err: err, Delay: delay, Until: now.Add(delay)}
}
