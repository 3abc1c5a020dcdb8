// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"maps"
	"slices"
	"time"
)

// maxHad is how many failures of an object are kept beside the one that it has.
const maxHad = 3

// failing is an object that has a failure.
type failing struct {
	has Failure
	// had are other failures that it had since its last success. They stay counted, so that an object that changes between two
	// failures does not have each written.
	had []Failure
}

// assign has an object have a failure, which is counted.
func (f *Failures) assign(object string, failure Failure) {
	o, known := f.objects[object]
	switch {
	case object == "", !known && len(f.objects) >= maxObjects, known && o.has == failure:
		return
	case !known:
		f.objects[object] = &failing{has: failure}
	default:
		f.counted[o.has].objects--
		o.had = append(slices.DeleteFunc(o.had, func(had Failure) bool { return had == failure }), o.has)
		o.has = failure
		f.bound(o)
	}
	f.counted[failure].objects++
}

// bound forgets the failure that an object had least recently, if there are too many.
func (f *Failures) bound(o *failing) {
	if len(o.had) <= maxHad {
		return
	}
	oldest := o.had[0]
	o.had = slices.Clone(o.had[1:])
	if c := f.counted[oldest]; c != nil && c.objects == 0 {
		f.forget(oldest)
	}
}

// find returns the count of a failure, and the failure as which it counts.
func (f *Failures) find(failure Failure, now time.Time) (*count, Failure) {
	if f.counted[failure] == nil && !f.fits(failure.Kind) {
		f.forgetOld(now)
		if !f.fits(failure.Kind) {
			failure = f.overflow(failure.Kind)
		}
	}
	c, known := f.counted[failure]
	if !known {
		f.kinds[failure.Kind]++
	}
	if !known || now.Sub(c.last) > forgottenAfter {
		c = &count{first: now, interval: FirstRepeat, objects: objectsOf(c)}
		f.counted[failure] = c
	}
	return c, failure
}

// fits reports whether one more failure of a kind may be counted by itself.
func (f *Failures) fits(kind string) bool {
	_, known := f.kinds[kind]
	return f.kinds[kind] < maxFailures && (known || len(f.kinds) < maxKinds)
}

// overflow stands for all failures of a kind beyond the limit, and for those of all kinds beyond their limit.
func (f *Failures) overflow(kind string) Failure {
	if _, known := f.kinds[kind]; !known {
		kind = ""
	}
	return Failure{Kind: kind, Of: kind, Text: "further failures"}
}

// forget forgets a failure, which no object has.
func (f *Failures) forget(failure Failure) {
	delete(f.counted, failure)
	if f.kinds[failure.Kind]--; f.kinds[failure.Kind] <= 0 {
		delete(f.kinds, failure.Kind)
	}
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
	for failure, c := range f.counted {
		if now.Sub(c.last) > forgottenAfter {
			f.forget(failure)
		}
	}
	maps.DeleteFunc(f.objects, func(_ string, o *failing) bool { return f.counted[o.has] == nil })
}
