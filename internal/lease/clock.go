// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import "time"

// instant is one moment on two clocks. The monotonic clock may stand still while a virtual machine is paused, and the
// wall clock may be set back.
type instant struct {
	monotonic time.Duration
	wall      time.Time
}

// since returns the larger of the times that passed on the two clocks.
func (i instant) since(earlier instant) time.Duration {
	return max(i.monotonic-earlier.monotonic, i.wall.Sub(earlier.wall))
}

// clock returns the present moment.
type clock func() instant

// newClock returns the machine's clock.
func newClock() clock {
	began := time.Now()
	return func() instant {
		now := time.Now()
		// Without its monotonic part, a time is compared by the wall clock.
		return instant{monotonic: now.Sub(began), wall: now.Round(0)}
	}
}
