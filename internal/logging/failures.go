// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"maps"
	"sync"
	"time"
)

const (
	// FirstRepeat is the interval between the first two lines about the same failure. It doubles with each line.
	FirstRepeat = time.Minute
	// LongestRepeat is the longest interval.
	LongestRepeat = time.Hour

	// maxFailures is how many different failures are counted by themselves, and maxObjects for how many objects it is known which
	// failure they have. What is beyond that counts as one further failure.
	maxFailures = 1000
	maxObjects  = 20_000

	// forgottenAfter is after which time without the failure it counts as a new one.
	forgottenAfter = 2 * LongestRepeat
)

// Failure identifies a failure.
type Failure struct {
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
	objects map[string]Failure
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

// NewFailures returns Failures that has none.
func NewFailures(now func() time.Time) *Failures {
	return &Failures{now: now, counted: map[Failure]*count{}, objects: map[string]Failure{}}
}

// Failed counts a failure of an object. The object no longer has the failure that it had before. Without an object (""), only the
// failure is counted.
func (f *Failures) Failed(object string, failure Failure) Occurrence {
	if f == nil {
		return Occurrence{Write: true}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	c, failure := f.find(failure, now)
	if before, had := f.objects[object]; had && before != failure {
		f.leave(before)
		delete(f.objects, object)
	}
	if _, had := f.objects[object]; !had && object != "" && len(f.objects) < maxObjects {
		f.objects[object] = failure
		c.objects++
	}
	c.times, c.last = c.times+1, now
	if c.times > 1 && now.Before(c.next) {
		return Occurrence{}
	}
	c.next, c.interval = now.Add(c.interval), min(2*c.interval, LongestRepeat)
	return Occurrence{Write: true, Repeated: c.times - 1, Objects: c.objects, For: now.Sub(c.first)}
}

// Succeeded counts a success of an object. It returns the failure that ended with it, if a failure was repeated and no other object
// has it. Occurrence.Write is false if there is none.
func (f *Failures) Succeeded(object string) (Failure, Occurrence) {
	if f == nil {
		return Failure{}, Occurrence{}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	failure, had := f.objects[object]
	if !had {
		return Failure{}, Occurrence{}
	}
	delete(f.objects, object)
	c := f.counted[failure]
	if !f.leave(failure) || c.times == 1 {
		return Failure{}, Occurrence{}
	}
	return failure, Occurrence{Write: true, Repeated: c.times - 1, For: f.now().Sub(c.first)}
}

// leave takes an object off a failure. It reports whether no object has the failure any more, and forgets the failure then.
func (f *Failures) leave(failure Failure) (ended bool) {
	c := f.counted[failure]
	c.objects--
	if c.objects > 0 {
		return false
	}
	delete(f.counted, failure)
	return true
}

// overflow stands for all failures beyond maxFailures.
func overflow() Failure { return Failure{Text: "further failures"} }

// find returns the count of a failure, and the failure as which it counts.
func (f *Failures) find(failure Failure, now time.Time) (*count, Failure) {
	if _, known := f.counted[failure]; !known && len(f.counted) >= maxFailures {
		f.forgetOld(now)
		if len(f.counted) >= maxFailures {
			failure = overflow()
		}
	}
	c, known := f.counted[failure]
	if !known || now.Sub(c.last) > forgottenAfter {
		c = &count{first: now, interval: FirstRepeat, objects: objectsOf(c)}
		f.counted[failure] = c
	}
	return c, failure
}

// objectsOf is how many objects have a failure.
func objectsOf(c *count) int {
	if c == nil {
		return 0
	}
	return c.objects
}

// forgetOld forgets the failures that did not occur for long: their objects may be gone.
// This takes long, so it is done once in a while.
func (f *Failures) forgetOld(now time.Time) {
	if now.Sub(f.swept) < FirstRepeat {
		return
	}
	f.swept = now
	maps.DeleteFunc(f.counted, func(_ Failure, c *count) bool { return now.Sub(c.last) > forgottenAfter })
	maps.DeleteFunc(f.objects, func(_ string, failure Failure) bool { return f.counted[failure] == nil })
}
