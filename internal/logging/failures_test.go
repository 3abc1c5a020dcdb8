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
	failure, ended := f.Succeeded("ann")
	if failure != noAnswer("ann") || ended != (Occurrence{Write: true, Repeated: 5*3600 - 1, For: 5 * time.Hour}) {
		t.Errorf("the end is %+v %+v", failure, ended)
	}
}

func TestOtherFailureIsWrittenAtOnce(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	for n, failure := range []Failure{noAnswer("ann"), {Of: "ann", Text: "refused"}, noAnswer("ann"), noAnswer("bob")} {
		if o := f.Failed("ann", failure); !o.Write || o.Repeated != 0 {
			t.Errorf("failure %d: %+v", n, o)
		}
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
		if _, o := f.Succeeded(fmt.Sprint(n)); o.Write != (n == 9_999) {
			t.Errorf("after %d objects of 10000 succeeded: %+v", n+1, o)
		}
	}
	if o := f.Failed("0", noAnswer("instance")); !o.Write || o.Repeated != 0 {
		t.Errorf("after the end: %+v", o)
	}
}

func TestEndOfASingleFailureIsNotWritten(t *testing.T) {
	t.Parallel()
	f, _ := newFailures()
	if _, o := f.Succeeded("ann"); o.Write {
		t.Error("the end of no failure is written")
	}
	f.Failed("ann", noAnswer("ann"))
	if _, o := f.Succeeded("ann"); o.Write {
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
	if _, o := f.Succeeded(""); o.Write {
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

func TestNoFailuresCountNothing(t *testing.T) {
	t.Parallel()
	var f *Failures
	for range 2 {
		if o := f.Failed("ann", noAnswer("ann")); !o.Write || o.Repeated != 0 {
			t.Errorf("the failure is %+v", o)
		}
	}
	if _, o := f.Succeeded("ann"); o.Write {
		t.Errorf("the end is %+v", o)
	}
}
