// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock stands still until it is advanced.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newFailures() (*Failures, *clock) {
	c := &clock{at: time.Date(2026, 5, 12, 12, 0, 0, 0, time.UTC)}
	return NewFailures(c.now), c
}

func noAnswer(of string) Failure { return Failure{Of: of, Text: "no answer"} }

func TestFailureIsWrittenAtGrowingIntervals(t *testing.T) {
	t.Parallel()
	f, c := newFailures()
	var written []string
	for range 5 * 3600 {
		if o := f.Failed("ann", noAnswer("ann")); o.Write {
			written = append(written, fmt.Sprintf("%s repeated %d", o.For, o.Repeated))
		}
		c.at = c.at.Add(time.Second)
	}
	want := []string{
		"0s repeated 0", "1m0s repeated 60", "3m0s repeated 180", "7m0s repeated 420", "15m0s repeated 900", "31m0s repeated 1860",
		"1h3m0s repeated 3780", "2h3m0s repeated 7380", "3h3m0s repeated 10980", "4h3m0s repeated 14580",
	}
	if diff := cmp.Diff(want, written); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	end := []Ended{{Failure: noAnswer("ann"), Repeated: 5*3600 - 1, Lasted: 5 * time.Hour}}
	if diff := cmp.Diff(end, f.Succeeded("ann")); diff != "" {
		t.Errorf("the end (-want +got):\n%s", diff)
	}
}

func TestOtherFailureIsWrittenAtOnce(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	for n, failure := range []Failure{noAnswer("ann"), {Of: "ann", Text: "refused"}, noAnswer("bob")} {
		if o := f.Failed("ann", failure); !o.Write || o.Repeated != 0 {
			t.Errorf("failure %d: %+v", n, o)
		}
	}
}

func TestAlternatingFailuresAreWrittenAtGrowingIntervals(t *testing.T) {
	t.Parallel()
	f, c := newFailures()
	failures := []Failure{noAnswer("ann"), {Of: "ann", Text: "refused"}, {Of: "ann", Text: "unsettled"}}
	lines := 0
	for n := range 3600 {
		if f.Failed("ann", failures[n%len(failures)]).Write {
			lines++
		}
		c.at = c.at.Add(time.Second)
	}
	// Each has lines at 0, 1, 3, 7, 15 and 31 minutes.
	if lines != 6*len(failures) {
		t.Errorf("%d lines in an hour", lines)
	}
	if ended := f.Succeeded("ann"); len(ended) != len(failures) || len(f.counted) != 0 || len(f.kinds) != 0 {
		t.Errorf("the success ends %+v, and leaves %d", ended, len(f.counted))
	}
	if o := f.Failed("ann", noAnswer("ann")); !o.Write || o.Repeated != 0 {
		t.Errorf("after the end: %+v", o)
	}
}

func TestFewFailuresOfAnObjectAreKept(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	for n := range 1000 {
		f.Failed("ann", noAnswer(fmt.Sprint(n)))
	}
	if len(f.counted) != maxHad+1 {
		t.Errorf("%d failures are kept", len(f.counted))
	}
}

func TestFailureOfAnotherObjectOutlastsItsFormerObject(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	for range 2 {
		f.Failed("ann", noAnswer("instance"))
		f.Failed("bob", noAnswer("instance"))
	}
	f.Failed("ann", noAnswer("ann"))
	if ended := f.Succeeded("ann"); len(ended) != 0 {
		t.Errorf("ended: %+v", ended)
	}
	if ended := f.Succeeded("bob"); len(ended) != 1 || ended[0].Failure != noAnswer("instance") {
		t.Errorf("ended: %+v", ended)
	}
}

func TestSharedFailureIsWrittenOnce(t *testing.T) {
	t.Parallel()
	f, c := newFailures()
	lines := 0
	for n := range 10_000 {
		if f.Failed(fmt.Sprint(n), noAnswer("instance")).Write {
			lines++
		}
	}
	if lines != 1 {
		t.Errorf("%d lines, want 1", lines)
	}
	c.at = c.at.Add(FirstRepeat)
	if o := f.Failed("0", noAnswer("instance")); o != (Occurrence{Write: true, Repeated: 10_000, Objects: 10_000, For: FirstRepeat}) {
		t.Errorf("the second line is %+v", o)
	}
	for n := range 10_000 {
		if ended := f.Succeeded(fmt.Sprint(n)); (len(ended) == 1) != (n == 9_999) {
			t.Errorf("after %d objects of 10000 succeeded: %+v", n+1, ended)
		}
	}
	if o := f.Failed("0", noAnswer("instance")); !o.Write || o.Repeated != 0 {
		t.Errorf("after the end: %+v", o)
	}
}

func TestEndOfASingleFailureIsNotWritten(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	if len(f.Succeeded("ann")) > 0 {
		t.Error("the end of no failure is written")
	}
	f.Failed("ann", noAnswer("ann"))
	if len(f.Succeeded("ann")) > 0 {
		t.Error("the end of a failure that was not repeated is written")
	}
}

func TestFailureAfterALongTimeIsNew(t *testing.T) {
	t.Parallel()
	f, c := newFailures()
	for range 100 {
		f.Failed("", noAnswer("metrics"))
	}
	c.at = c.at.Add(forgottenAfter + time.Second)
	if o := f.Failed("", noAnswer("metrics")); !o.Write || o.Repeated != 0 {
		t.Errorf("a failure after a long time: %+v", o)
	}
	if len(f.Succeeded("")) > 0 {
		t.Error("what is no object succeeded")
	}
}

func TestMemoryOfFailuresIsBounded(t *testing.T) {
	t.Parallel()
	f, c := newFailures()
	lines := 0
	fail := func(n int) {
		name := fmt.Sprint(n)
		if f.Failed(name, noAnswer(name)).Write {
			lines++
		}
	}
	for range 2 {
		for n := range 3 * maxObjects {
			fail(n)
		}
	}
	if len(f.counted) > maxFailures+1 || len(f.objects) > maxObjects {
		t.Errorf("%d failures and %d objects are kept", len(f.counted), len(f.objects))
	}
	if lines != maxFailures+1 {
		t.Errorf("%d lines about %d failures, want %d and one for the rest", lines, 3*maxObjects, maxFailures)
	}
	c.at = c.at.Add(forgottenAfter + time.Second)
	lines = 0
	fail(-1)
	if lines != 1 || len(f.counted) != 1 || len(f.objects) != 1 {
		t.Errorf("after a long time, a new failure has %d lines, and %d failures and %d objects are kept", lines, len(f.counted), len(f.objects))
	}
}

func TestManyFailuresOfAKindDoNotHideOthers(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	for n := range 2 * maxFailures {
		f.Failed(fmt.Sprint(n), Failure{Kind: "clerkuser", Of: fmt.Sprint(n), Text: "unsettled"})
	}
	for n := range 3 * maxKinds {
		kind := fmt.Sprint("kind ", n)
		o := f.Failed("", Failure{Kind: kind, Of: kind, Text: "no"})
		// The kinds beyond the limit have one line together.
		if want := n <= maxKinds-1; o.Write != want {
			t.Errorf("the first failure of kind %d of %d: %+v", n+1, 3*maxKinds, o)
		}
	}
	if len(f.kinds) > maxKinds+1 || len(f.counted) > maxFailures+1+maxKinds {
		t.Errorf("%d failures of %d kinds are kept", len(f.counted), len(f.kinds))
	}
}

func TestNoFailuresCountNothing(t *testing.T) {
	t.Parallel()
	var f *Failures
	for range 2 {
		if o := f.Failed("ann", noAnswer("ann")); !o.Write || o.Repeated != 0 {
			t.Errorf("the failure is %+v", o)
		}
	}
	if ended := f.Succeeded("ann"); len(ended) > 0 {
		t.Errorf("the end is %+v", ended)
	}
}
