// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// remembered is a kind's own state.
type remembered struct{ times int }

func TestNamesOfObjects(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	if _, met := s.Name("a"); met {
		t.Error("an object is known before it was met")
	}
	s.Wrote(object("a", "1"))
	if _, met := s.Name("a"); met {
		t.Error("an object has a name before it was met")
	}
	s.Meet(object("a", "1"))
	if name, met := s.Name("a"); !met || name != (types.NamespacedName{Namespace: "team-a", Name: "ann"}) {
		t.Errorf("the name is %s, %t", name, met)
	}
	s.Forget("a")
	if _, met := s.Name("a"); met {
		t.Error("a forgotten object is known")
	}
}

func TestCopiesFromBeforeOurLastWriteAreOutdated(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	s.Meet(object("met", "1"))
	s.Wrote(object("a", "9"))
	s.Wrote(object("a", "10"))
	for name, tc := range map[string]struct {
		uid     types.UID
		version string
		want    bool
	}{
		"Older":        {"a", "9", true},
		"Same":         {"a", "10", false},
		"Newer":        {"a", "11", false},
		"NotAVersion":  {"a", "x", false},
		"OtherObject":  {"b", "9", false},
		"NotWrittenTo": {"met", "0", false},
	} {
		if got := s.Outdated(object(tc.uid, tc.version)); got != tc.want {
			t.Errorf("%s: outdated is %t, want %t", name, got, tc.want)
		}
	}
	s.Forget("a")
	if s.Outdated(object("a", "9")) {
		t.Error("a forgotten object still has old copies")
	}
}

func TestWhatIsAskedIsSeenFirstOnce(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	for i, tc := range []struct {
		asked Asked
		now   int
		want  int
	}{
		{Asked{Generation: 1}, 0, 0},
		{Asked{Generation: 1}, 5, 0},
		{Asked{Generation: 2}, 10, 10},
		{Asked{Generation: 2}, 15, 10},
		{Asked{Generation: 2, RequestedAt: "now"}, 20, 20},
		{Asked{Generation: 2, RequestedAt: "now"}, 25, 20},
		{Asked{Generation: 1}, 30, 30},
	} {
		if got := s.FirstSeen("a", tc.asked, at(tc.now)); !got.Equal(at(tc.want)) {
			t.Errorf("%d: first seen at %s, want %s", i, got, at(tc.want))
		}
	}
	if got := s.FirstSeen("zero", Asked{}, at(1)); !got.Equal(at(1)) {
		t.Errorf("an object of which nothing is asked is first seen at %s", got)
	}
}

func TestSinceWhenReconciliationsFail(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	later := start.Add(time.Minute)
	for i, tc := range []struct {
		failures Failures
		now      time.Time
		want     time.Time
	}{
		{FailuresUnchanged, start, time.Time{}},
		{FailuresEnd, start, time.Time{}},
		{FailuresContinue, start, start},
		{FailuresContinue, later, start},
		{FailuresUnchanged, later, start},
		{FailuresEnd, later, time.Time{}},
		{FailuresContinue, later, later},
	} {
		s.RecordFailures("a", tc.failures, tc.now)
		if got := s.FailingSince("a"); !got.Equal(tc.want) {
			t.Errorf("%d: failing since %s, want %s", i, got, tc.want)
		}
	}
	if got := s.FailingSince("b"); !got.IsZero() {
		t.Errorf("another object is failing since %s", got)
	}
}

func TestKindsOwnState(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	s.Meet(object("met", "1"))
	for _, uid := range []types.UID{"a", "met"} {
		if got := s.Of(uid); got != (remembered{}) {
			t.Errorf("%s is remembered as %+v", uid, got)
		}
	}
	for range 2 {
		s.Change("a", func(r *remembered) { r.times++ })
	}
	if got := s.Of("a"); got.times != 2 {
		t.Errorf("it is remembered as %+v, want 2 times", got)
	}
	s.Forget("a")
	if got := s.Of("a"); got != (remembered{}) {
		t.Errorf("a forgotten object is remembered as %+v", got)
	}
}

// TestReadingTakesNoMemory checks that objects of which nothing is remembered are not in the store, of which there may be
// thousands.
func TestReadingTakesNoMemory(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	s.Of("a")
	s.Name("a")
	s.FailingSince("a")
	s.Outdated(object("a", "1"))
	s.RecordFailures("a", FailuresEnd, start)
	s.RecordFailures("a", FailuresUnchanged, start)
	if n := len(s.objects); n != 0 {
		t.Errorf("%d objects are remembered, want none", n)
	}
	s.Meet(object("a", "1"))
	s.FirstSeen("a", Asked{Generation: 1}, start)
	s.RecordFailures("a", FailuresContinue, start)
	if e := s.objects["a"]; e == nil || e.state != nil {
		t.Errorf("it is remembered as %+v, want it without a state of the kind's own", e)
	}
}

func TestStoreIsUsedByMany(t *testing.T) {
	t.Parallel()
	s := NewStore[remembered]()
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 200 {
				s.Meet(object("a", "1"))
				s.Wrote(object("a", "1"))
				s.Change("a", func(r *remembered) { r.times++ })
				s.FirstSeen("a", Asked{Generation: 1}, start)
				s.RecordFailures("a", FailuresContinue, start)
				s.FailingSince("a")
				s.Outdated(object("a", "1"))
				s.Name("a")
				s.Of("a")
				s.Forget("b")
			}
		})
	}
	workers.Wait()
	if got := s.Of("a").times; got != 800 {
		t.Errorf("%d changes are remembered, want 800", got)
	}
}
