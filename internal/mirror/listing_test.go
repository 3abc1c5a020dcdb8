// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestFullSyncFindsWhatAnIncrementalSyncDoesNot(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]int{"ByIDs": 2000, "ByWalk": 0} {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(_ *testing.T, s *environment) {
				s.source.seed(150, 150+others)
				s.load(150)
				s.wait(5 * time.Minute)
				s.source.renameSilently(idOf(3), "changed")
				s.source.renameSilently(idOf(40), "changed")
				s.source.remove(idOf(4))
				s.wait(54 * time.Minute)
				s.wantNotified()
				s.wantView("first", idOf(3), idOf(4))
				s.wait(time.Minute)
				s.wantNotified(idOf(3), idOf(4), idOf(40))
				s.wantView("changed", idOf(3), idOf(40))
				s.wantView("doubtful", idOf(4))
				s.confirm(idOf(4))
				s.wantNotified(idOf(4))
				s.wantView("absent", idOf(4))
				s.wait(3 * time.Hour)
				s.wantNotified()
				s.wantView("absent", idOf(4))
			})
		})
	}
}

func TestWalkThatCannotGoOn(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		ended error
		// gone is the user that vanishes; the first page ends with number 499.
		gone int
		want string
	}{
		"CursorIsRefused":         {refusal(422), 499, "count, changed, walk x2, ids x7"},
		"CursorIsRefusedAsBad":    {refusal(400), 499, "count, changed, walk x2, ids x7"},
		"CursorIsNotFound":        {refusal(404), 499, "count, changed, walk x2, ids x7"},
		"CursorEndsTheWalk":       {nil, 499, "count, changed, walk x2, ids x7"},
		"AnotherUserVanishes":     {refusal(422), 3, "count, changed, walk x3"},
		"UserStillToComeVanishes": {refusal(422), 600, "count, changed, walk x3, ids"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.source.ended = tc.ended
				s.load(1200)
				s.wait(59 * time.Minute)
				s.source.takeCalls()
				s.source.renameSilently(idOf(1150), "changed")
				s.source.set(func(s *source) {
					s.fault = func(c call) error {
						if c.kind == "walk" && c.after == idOf(499) {
							s.remove(idOf(tc.gone))
						}
						return nil
					}
				})
				s.wait(2 * time.Minute)
				calls := s.source.takeCalls()
				for len(calls) > 1 && calls[0].kind == "changed" {
					calls = calls[1:]
				}
				for len(calls) > 1 && calls[len(calls)-1].kind == "changed" {
					calls = calls[:len(calls)-1]
				}
				if got := summary(calls); got != tc.want {
					t.Errorf("the calls were %q, want %q", got, tc.want)
				}
				if tc.gone == 3 || tc.gone == 499 {
					// It was still there when its page was read.
					s.wantNotified(idOf(1150))
				} else {
					s.wantNotified(idOf(tc.gone), idOf(1150))
					s.wantView("doubtful", idOf(tc.gone))
				}
				s.wantView("first", idsOf(501, 520)...)
			})
		})
	}
}

func TestWalkWhoseFirstPageIsRefusedIsAFailure(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(300)
		s.source.set(func(s *source) {
			s.fault = func(c call) error {
				if c.kind == "walk" {
					return refusal(422)
				}
				return nil
			}
		})
		s.wait(62 * time.Minute)
		if r := s.Report(); r.FullSyncs != 1 {
			t.Errorf("the report is %+v", r)
		}
		s.wantNotified()
	})
}

func TestFullSyncContinuesAfterAnOutage(t *testing.T) {
	t.Parallel()
	for name, others := range map[string]int{"ByIDs": 5000, "ByWalk": 0} {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.source.seed(1200, 1200+others)
				s.load(1200)
				s.source.set(func(s *source) {
					n := 0
					s.fault = func(c call) error {
						if c.kind == "ids" || c.kind == "walk" {
							if n++; n > 1 && n < 10 {
								return errDown
							}
						}
						return nil
					}
				})
				s.wait(59*time.Minute + 30*time.Second)
				s.wantNotified()
				s.source.takeCalls()
				s.wait(20 * time.Minute)
				asked := map[string]int{}
				for _, c := range s.source.takeCalls() {
					if c.kind == "ids" {
						asked[c.ids[0]]++
					} else {
						asked[c.kind+c.after]++
					}
				}
				firsts := []string{idOf(0), idOf(100), idOf(1100)}
				retried := idOf(100)
				if others == 0 {
					firsts, retried = []string{"walk", "walk" + idOf(499), "walk" + idOf(999)}, "walk"+idOf(499)
				}
				for _, first := range firsts {
					want := 1
					if first == retried {
						want = 9
					}
					if asked[first] != want {
						t.Errorf("%s was asked for %d times, want %d", first, asked[first], want)
					}
				}
				if r := s.Report(); r.FullSyncs != 2 || asked["count"] != 1 {
					t.Errorf("the report is %+v, counted %d times", r, asked["count"])
				}
			})
		})
	}
}

func TestUsersNobodyFollowsAreForgotten(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(5)
		s.Read(s.source.get(idOf(4)), s.now())
		s.source.seed(5, 10)
		s.Read(s.source.get(idOf(7)), s.now())
		s.WrotePart(idOf(8))
		s.Unbind(idOf(0))
		if r := s.Report(); r.Followed != 4 || s.held() != 6 {
			t.Errorf("the report is %+v, %d users are held", r, s.held())
		}
		s.wait(time.Hour)
		calls := s.source.takeCalls()
		if got := calls[len(calls)-1]; fmt.Sprint(got.ids) != fmt.Sprint(idsOf(1, 5)) {
			t.Errorf("the listing asked for %v", got.ids)
		}
		if s.held() != 4 {
			t.Errorf("%d users are held", s.held())
		}
	})
}

// A user that gets a follower is not shown in the state from before.
func TestFollowingAnewReadsAnew(t *testing.T) {
	inEnvironment(t, func(_ *testing.T, s *environment) {
		s.source.seed(2, 500)
		s.load(1)
		s.source.seed(1, 2)
		s.Read(s.source.get(idOf(1)), s.now())
		s.source.renameSilently(idOf(1), "changed")
		s.wait(clerk.LagTime)
		s.wantView("pending", idOf(1))
		s.settle()
		s.wantView("changed", idOf(1))
		s.wantNotified(idOf(1))

		// Within that time the copy is valid, and incremental syncs keep it so.
		s.Wrote(s.source.rename(idOf(1), "written"), s.now())
		s.Unbind(idOf(1))
		s.wait(10 * time.Second)
		s.source.rename(idOf(1), "outside")
		s.wait(49*time.Second + 900*time.Millisecond)
		s.wantView("doubtful", idOf(1))
		s.confirm(idOf(1))
		s.wantView("outside", idOf(1))
	})
}

// The record of a write outlives its follower for as long as lists may lag.
func TestFenceOutlivesTheFollower(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(1)
		s.source.set(func(s *source) { s.lag = 50 * time.Second })
		s.wait(10 * time.Second)
		s.source.renameSilently(idOf(0), "written")
		s.Wrote(s.source.get(idOf(0)), s.now())
		s.Unbind(idOf(0))
		s.Look("successor", idOf(0))
		s.settle()
		if got := s.Look("successor", idOf(0)); got.Presence != Present || got.User.FirstName != "written" {
			t.Errorf("the successor sees %+v", got)
		}
		s.wait(3 * time.Hour)
		if got := s.Look("successor", idOf(0)); got.Presence != Present || got.User.FirstName != "written" {
			t.Errorf("the successor sees %+v", got)
		}
	})
}

func TestReportHasTheCount(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(1)
		s.wait(time.Hour)
		if n := s.counted(&s.reported); n != 1 {
			t.Errorf("reported %d times, want once", n)
		}
		s.source.edit("user_more", func(*clerk.User) {})
		s.wait(time.Hour)
		if r, n := s.Report(), s.counted(&s.reported); n != 2 || *r.Users != 2 {
			t.Errorf("reported %d times, of %d users, want twice and 2", n, *r.Users)
		}
	})
}
