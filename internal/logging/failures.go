// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"sync"
	"time"
)

const (
	// FirstRepeat is the interval between the first two lines about the same failure. It doubles with each line.
	FirstRepeat = time.Minute
	// LongestRepeat is the longest interval.
	LongestRepeat = time.Hour

	// maxFailures is how many different failures of one kind are counted by themselves, maxKinds is how many kinds there are, and
	// maxObjects is for how many objects it is known which failure they have. What is beyond that counts as one further failure.
	maxFailures = 1000
	maxKinds    = 100
	maxObjects  = 20_000

	// forgottenAfter is after which time without the failure it counts as a new one.
	forgottenAfter = 2 * LongestRepeat
)

// Failure identifies a failure.
type Failure struct {
	// Kind is the kind of what fails, such as the name of a controller. If many things of one kind fail, the failures of other kinds
	// are still counted by themselves.
	Kind string
	// Of is what fails: an object, or what several objects depend on.
	Of string
	// Text is what is the same each time.
	Text string
}

// Failures counts failures that repeat, so that only some of them are written. It is safe for concurrent use. Nil counts nothing,
// and has each written.
type Failures struct {
	now func() time.Time

	mu      sync.Mutex
	counted map[Failure]*count
	// kinds is how many failures of each kind are counted.
	kinds   map[string]int
	objects map[string]*failing
	// swept is when old failures were forgotten last.
	swept time.Time
}

// count is what is known of one failure.
type count struct {
	// first and last are when it occurred, times is how often, and objects is how many objects have it now.
	first, last time.Time
	times       int
	objects     int
	// next is when it is written again, and interval the time from then to the line after it.
	next     time.Time
	interval time.Duration
}

// Occurrence is what a line says of a failure beside the failure.
type Occurrence struct {
	// Write is false if no line is due.
	Write bool
	// Repeated is how often the failure occurred since its first line; 0 in that line.
	Repeated int
	// Objects is how many objects have the failure.
	Objects int
	// For is the time since the first line.
	For time.Duration
}

// Ended is a failure that was repeated, and that no object has any more.
type Ended struct {
	Failure

	// Repeated is how often it occurred after its first line.
	Repeated int
	// Lasted is the time since the first line.
	Lasted time.Duration
}

// NewFailures returns Failures that has none.
func NewFailures(now func() time.Time) *Failures {
	return &Failures{now: now, counted: map[Failure]*count{}, kinds: map[string]int{}, objects: map[string]*failing{}}
}

// Failed counts a failure of an object, which then does not have the failure that it had before. Without an object (""), only the
// failure is counted.
func (f *Failures) Failed(object string, failure Failure) Occurrence {
	if f == nil {
		return Occurrence{Write: true}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	c, failure := f.find(failure, now)
	f.assign(object, failure)
	c.times, c.last = c.times+1, now
	if c.times > 1 && now.Before(c.next) {
		return Occurrence{}
	}
	c.next, c.interval = now.Add(c.interval), min(2*c.interval, LongestRepeat)
	return Occurrence{Write: true, Repeated: c.times - 1, Objects: c.objects, For: now.Sub(c.first)}
}

// Succeeded counts a success of an object. It returns the failures that end with it.
func (f *Failures) Succeeded(object string) []Ended {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	o, failed := f.objects[object]
	if !failed {
		return nil
	}
	delete(f.objects, object)
	f.counted[o.has].objects--
	var ended []Ended
	for _, failure := range append(o.had, o.has) {
		c := f.counted[failure]
		if c == nil || c.objects > 0 {
			continue
		}
		f.forget(failure)
		if c.times > 1 {
			ended = append(ended, Ended{Failure: failure, Repeated: c.times - 1, Lasted: f.now().Sub(c.first)})
		}
	}
	return ended
}
