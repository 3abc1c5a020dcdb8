// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestIncrementalSyncShowsWhatChanged(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(0, 20)
		s.load(10)
		s.wait(30 * time.Second)
		s.source.rename(idOf(3), "changed")
		s.source.rename(idOf(15), "nobody's")
		s.source.edit(idOf(4), func(u *clerk.User) { u.UpdatedAt = time.Now() })
		s.source.edit("user_new", func(*clerk.User) {})
		s.wantView("first", idOf(3))
		s.wait(31 * time.Second)
		s.source.wantCalls(t, "changed")
		s.wantNotified(idOf(3))
		s.wantView("changed", idOf(3))
		s.wantView("first", idOf(4), idOf(5))
		s.wait(10 * time.Minute)
		s.wantNotified()
	})
}

func TestAllFollowersOfAUserAreNotified(t *testing.T) {
	inEnvironment(t, func(_ *testing.T, s *environment) {
		s.load(2)
		s.Look("second", idOf(0))
		s.Look("gone", idOf(0))
		s.Unbind("gone")
		s.Look("moved", idOf(0))
		s.Look("moved", idOf(1))
		s.source.rename(idOf(0), "changed")
		s.wait(time.Minute)
		s.wantNotified("second", idOf(0))
	})
}

// A change that lists show late is found if it is not later than the overlap.
func TestIncrementalSyncOverlaps(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		at, lag time.Duration
		want    string
	}{
		"WithoutLag":        {20 * time.Second, 0, "changed"},
		"WithinTheOverlap":  {35 * time.Second, 50 * time.Second, "changed"},
		"BeforeTheOverlap":  {20 * time.Second, 50 * time.Second, "first"},
		"LaterThanLagTimes": {35 * time.Second, 100 * time.Second, "first"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(_ *testing.T, s *environment) {
				s.source.seed(50, 300)
				s.load(50)
				start := time.Now()
				s.wait(tc.at)
				s.source.rename(idOf(7), "changed")
				s.source.set(func(s *source) {
					last := &s.histories[idOf(7)].versions[1]
					last.since = last.since.Add(tc.lag)
				})
				s.wait(25*time.Second - min(tc.at, 25*time.Second))
				s.source.rename(idOf(99), "other")
				s.wait(time.Until(start.Add(58 * time.Second)))
				// Other changes move the watermark; the second page of the incremental sync ends with the former one.
				s.source.renameAll(100, 299, "other")
				s.wait(10 * time.Minute)
				s.wantView(tc.want, idOf(7))
			})
		})
	}
}

func TestIncrementalSyncReadsBackToTheWatermark(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		changed int
		want    string
	}{
		"NothingChanged":        {0, "changed"},
		"LessThanAPage":         {98, "changed"},
		"MoreThanAPage":         {100, "changed x2"},
		"ThreePages":            {298, "changed x3"},
		"AllThatMayBeRead":      {498, "changed x5"},
		"OneMoreThanMayBeRead":  {500, "changed x5"},
		"ManyMoreThanMayBeRead": {800, "changed x5"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.source.seed(2, 2000)
				s.load(2)
				s.wait(50 * time.Second)
				s.source.renameAll(1000, 1000+tc.changed, "other")
				s.wait(11 * time.Second)
				s.source.wantCalls(t, tc.want)
				wantOverruns := int64(0)
				if tc.changed >= 500 {
					wantOverruns = 1
				}
				if r := s.Report(); r.IncrementalSyncOverruns != wantOverruns || r.IncrementalSyncs != 2-wantOverruns {
					t.Errorf("the report is %+v", r)
				}
			})
		})
	}
}

func TestIncrementalSyncsStopAfterOverrunByOthers(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(10, 2000)
		s.load(10)
		s.wait(40 * time.Second)
		s.source.rename(idOf(1), "changed")
		s.wait(time.Second)
		s.source.renameAll(1000, 1600, "other")
		s.wait(40 * time.Minute)
		s.source.wantCalls(t, "changed x5")
		s.wantNotified()
		s.wantView("first", idOf(1))
		s.wait(20 * time.Minute)
		s.source.wantCalls(t, "count, changed, ids")
		s.wantNotified(idOf(1))
		s.wantView("changed", idOf(1))
		if r := s.Report(); r.IncrementalSyncOverruns != 1 || r.IncrementalSyncs != 2 || r.FullSyncs != 2 {
			t.Errorf("the report is %+v", r)
		}
		// All 600 are within the overlap: they are read once more and not again.
		s.source.rename(idOf(2), "changed")
		s.wait(10 * time.Minute)
		s.wantNotified(idOf(2))
		if got := s.source.tally()["changed"]; got > 18 {
			t.Errorf("%d calls in ten minutes", got)
		}
		s.wait(10 * time.Minute)
		s.source.wantCalls(t, "changed x10")
	})
}

// While incremental syncs are stopped, nothing is read between full syncs; that does not count as success.
func TestStaleWhileIncrementalSyncsStop(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(10, 2000)
		s.load(10)
		s.source.renameAll(1000, 1600, "other")
		s.wait(2 * time.Minute)
		s.source.set(func(s *source) { s.fault = func(call) error { return errDown } })
		s.wait(63 * time.Minute)
		if r := s.Report(); !r.Stale || r.IncrementalSyncs != 1 {
			t.Errorf("the report is %+v", r)
		}
		// A sync that stopped at an overrun is not complete.
		if age := time.Since(s.Report().LastIncrementalSync); age < 65*time.Minute {
			t.Errorf("the last incremental sync began %v ago", age)
		}
	})
}

func TestIncrementalSyncContinuesAfterOverrunByOwnWrites(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(10, 2000)
		s.load(10)
		s.wait(40 * time.Second)
		for i := range 600 {
			u := s.source.edit(fmt.Sprintf("user_created%03d", i), func(*clerk.User) {})
			time.Sleep(time.Millisecond)
			s.Wrote(u, s.now())
			s.Bind(u.ID, u.ID)
		}
		s.wait(20 * time.Second)
		s.source.wantCalls(t, "changed x5")
		s.wait(time.Minute)
		// The users just created are within the overlap, and read once more.
		s.source.wantCalls(t, "changed x5")
		s.wait(20 * time.Minute)
		s.source.wantCalls(t, "changed x20")
		s.source.rename(idOf(3), "changed")
		s.wait(20 * time.Minute)
		s.source.wantCalls(t, "changed x20")
		s.wantNotified(idOf(3))
		if r := s.Report(); r.IncrementalSyncOverruns < 1 || r.IncrementalSyncOverruns > 2 {
			t.Errorf("the report is %+v", r)
		}
	})
}

// The watermark moves only after all pages were read.
func TestIncrementalSyncThatIsCutShortLosesNothing(t *testing.T) {
	t.Parallel()
	for page := range 3 {
		t.Run(fmt.Sprint("Page", page), func(t *testing.T) {
			inEnvironment(t, func(_ *testing.T, s *environment) {
				s.source.seed(300, 2000)
				s.load(300)
				s.wait(40 * time.Second)
				s.source.renameAll(0, 300, "changed")
				var failing atomic.Bool
				failing.Store(true)
				s.source.set(func(s *source) {
					s.fault = func(c call) error {
						if failing.Load() && c.offset == page*pageSize {
							return errDown
						}
						return nil
					}
				})
				s.wait(40 * time.Second)
				s.wantNotified(idsOf(300-page*pageSize, 300)...)
				// Later changes move unread users further back.
				s.source.renameAll(1000, 1150, "other")
				s.wait(10 * time.Minute)
				failing.Store(false)
				s.wait(3 * time.Minute)
				s.wantNotified(idsOf(0, 300-page*pageSize)...)
				s.wantView("changed", idsOf(0, 300)...)
			})
		})
	}
}

func TestIncrementalSyncOfAnEmptyInstance(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(0)
		s.wait(10*time.Minute + time.Second)
		if got := fmt.Sprint(s.source.tally()); got != "map[changed:10]" {
			t.Errorf("the calls were %s", got)
		}
		u := s.source.rename("user_a", "created")
		s.Wrote(u, s.now())
		s.Bind("a", u.ID)
		s.wait(2 * time.Minute)
		s.source.rename("user_a", "changed")
		s.wait(time.Minute)
		s.wantNotified("a")
	})
}

// Pages shift while they are read: what moves to the front is read by the next incremental sync.
func TestUsersThatChangeWhilePagesAreRead(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(300, 2000)
		s.load(300)
		s.wait(40 * time.Second)
		s.source.renameAll(0, 300, "changed")
		s.source.set(func(s *source) {
			s.fault = func(c call) error {
				if c.offset == 100 {
					go s.rename(idOf(0), "changed again")
				}
				return nil
			}
		})
		s.wait(30 * time.Second)
		s.source.set(func(s *source) { s.fault = nil })
		s.wait(2 * time.Minute)
		s.wantView("changed", idsOf(1, 300)...)
		s.wantView("changed again", idOf(0))
		notified := s.takeNotified()
		if missing := slices.DeleteFunc(idsOf(0, 300), func(id string) bool { return slices.Contains(notified, id) }); len(missing) > 0 {
			t.Errorf("not notified: %v", missing)
		}
	})
}
