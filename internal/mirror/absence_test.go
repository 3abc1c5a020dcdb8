// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		followed, gone int
		want           string
		asked          bool
	}{
		"One":                     {10, 1, "doubtful", false},
		"FiveOfFive":              {5, 5, "doubtful", false},
		"SixOfSix":                {6, 6, "mass absent", true},
		"SixOfThirty":             {30, 6, "doubtful", false},
		"SixOfTwentyNine":         {29, 6, "mass absent", true},
		"AFifthOfAHundred":        {100, 20, "doubtful", false},
		"MoreThanAFifth":          {100, 21, "mass absent", true},
		"AllOfManyHundred":        {300, 300, "mass absent", true},
		"FewOfManyHundred":        {300, 59, "doubtful", false},
		"ManyOfAWalk":             {300, 61, "mass absent", true},
		"SameWhereOthersAreThere": {250, 250, "mass absent", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				if name == "SameWhereOthersAreThere" {
					s.source.seed(1000, 3000)
				}
				s.load(tc.followed)
				s.wait(30 * time.Minute)
				s.source.remove(idsOf(0, tc.gone)...)
				s.wait(29 * time.Minute)
				s.wantNotified()
				s.wait(time.Minute)
				s.wantNotified(idsOf(0, tc.gone)...)
				s.wantView(tc.want, idsOf(0, tc.gone)...)
				s.wantView("first", idsOf(tc.gone, tc.followed)...)
				if got := s.source.tally()["instance"]; (got == 1) != tc.asked || got > 1 {
					t.Errorf("asked for the instance %d times", got)
				}
				count := s.MassAbsent(append(idsOf(0, tc.followed), "user_nobody"))
				if tc.asked && count != tc.gone || !tc.asked && count != 0 {
					t.Errorf("%d users count as missing together with many others", count)
				}
				since := s.Look("x", idOf(0)).Since
				if tc.asked != !since.IsZero() || tc.asked && time.Since(since) > time.Minute {
					t.Errorf("missed since %s", since)
				}
				if n := s.counted(&s.otherInstance); n != 0 {
					t.Errorf("otherInstance %d times", n)
				}
			})
		})
	}
}

func TestKeyThatLeadsElsewhere(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.source.seed(150, 2000)
		s.load(150)
		s.wait(30 * time.Minute)
		otherInstance := newSource(time.Now)
		otherInstance.instanceID = "ins_2"
		otherInstance.seed(5000, 9000)
		s.stop()
		s.run(otherInstance)
		s.wait(30 * time.Minute)
		s.wantNotified()
		s.wantView("first", idsOf(0, 150)...)
		if n := s.counted(&s.otherInstance); n != 1 {
			t.Errorf("otherInstance %d times, want once", n)
		}
		otherInstance.takeCalls()
		s.wait(time.Hour)
		got := otherInstance.tally()
		if got["instance"] < 60 || got["instance"] > 70 || len(got) != 1 {
			t.Errorf("in an hour the calls were %v, want only the instance, with growing pauses", got)
		}
		if n := s.counted(&s.otherInstance); n != 1+got["instance"] {
			t.Errorf("otherInstance %d times, want as often as it was asked", n)
		}
		if !s.Report().Stale {
			t.Errorf("the report is %+v", s.Report())
		}
		s.stop()

		s.source.rename(idOf(3), "changed")
		s.source.takeCalls()
		s.run(s.source)
		s.wait(2 * time.Minute)
		if got := summary(s.source.takeCalls()); got != "instance, count, changed, ids x2, changed" {
			t.Errorf("with the right key the calls were %q", got)
		}
		s.wantNotified(idOf(3))
		if s.Report().Stale {
			t.Errorf("the report is %+v", s.Report())
		}
	})
}

func TestKeyThatMayNotAskForTheInstance(t *testing.T) {
	inEnvironment(t, func(_ *testing.T, s *environment) {
		s.load(10)
		s.source.remove(idsOf(0, 10)...)
		s.source.set(func(s *source) {
			s.fault = func(c call) error {
				if c.kind == "instance" {
					return refusal(403)
				}
				return nil
			}
		})
		s.wait(time.Hour)
		s.wantView("mass absent", idsOf(0, 10)...)
	})
}

func TestGuardIsAskedAgainWhereItFailed(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]error{
		"NoAnswer": errDown, "Refused": refusal(401), "Rejected": refusal(400), "NoTicket": &clerk.WaitError{},
	} {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.load(10)
				s.source.remove(idsOf(0, 10)...)
				var failing atomic.Bool
				failing.Store(true)
				s.source.set(func(s *source) {
					s.fault = func(c call) error {
						if failing.Load() && c.kind == "instance" {
							return fault
						}
						return nil
					}
				})
				s.wait(65 * time.Minute)
				s.wantNotified()
				s.wantView("first", idsOf(0, 10)...)
				failing.Store(false)
				s.source.takeCalls()
				s.wait(2 * time.Minute)
				if got := s.source.tally(); got["ids"]+got["walk"]+got["count"] != 0 || got["instance"] != 1 {
					t.Errorf("the calls were %v, want the instance and incrementalRetries", got)
				}
				s.wantNotified(idsOf(0, 10)...)
				s.wantView("mass absent", idsOf(0, 10)...)
			})
		})
	}
}

// While the guard reads the instance, followers continue.
func TestWhatHappensWhileTheGuardAsks(t *testing.T) {
	inEnvironment(t, func(_ *testing.T, s *environment) {
		s.load(10)
		s.source.remove(idsOf(0, 10)...)
		s.source.set(func(s *source) { s.latency = 10 * time.Second })
		s.wait(time.Hour)
		for last := ""; last != "instance"; {
			s.wait(time.Second)
			if calls := s.source.takeCalls(); len(calls) > 0 {
				last = calls[len(calls)-1].kind
			}
		}
		s.Wrote(s.source.rename(idOf(0), "written"), s.now())
		s.Read(s.source.rename(idOf(1), "read"), s.now())
		s.NotFound(idOf(2), s.now())
		s.Unbind(idOf(3))
		s.Bind("successor", idOf(4))
		s.WrotePart(idOf(5))
		s.takeNotified()
		s.wait(20 * time.Second)
		s.wantNotified(idsOf(6, 10)...)
		s.wantView("written", idOf(0))
		s.wantView("read", idOf(1))
		s.wantView("absent", idOf(2))
		s.wantView("first", idOf(4))
		s.wantView("doubtful", idOf(5))
		s.wantView("mass absent", idsOf(6, 10)...)
	})
}

// A user that was read by id while lists did not show it exists.
func TestReadByIDBeatsAListThatDoesNotShowIt(t *testing.T) {
	inEnvironment(t, func(_ *testing.T, s *environment) {
		s.source.seed(300, 4000)
		s.load(300)
		s.source.set(func(s *source) { s.latency = 10 * time.Second })
		hidden := s.source.get(idOf(5))
		s.wait(59*time.Minute + 30*time.Second)
		s.source.remove(idOf(5), idOf(6))
		s.wait(65 * time.Second)
		s.Read(hidden, s.now())
		s.wait(5 * time.Minute)
		s.wantNotified(idOf(6))
		s.wantView("first", idOf(5))
		s.wantView("doubtful", idOf(6))
	})
}

func TestNewUsersAreNeverAbsent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		age  time.Duration
		make func(s *environment, id string)
		want string
	}{
		"WrittenJustNow":       {10 * time.Second, func(s *environment, id string) { s.Wrote(s.source.get(id), s.now()) }, "first"},
		"WrittenAMinuteAgo":    {59 * time.Second, func(s *environment, id string) { s.Wrote(s.source.get(id), s.now()) }, "first"},
		"WrittenLongerAgo":     {61 * time.Second, func(s *environment, id string) { s.Wrote(s.source.get(id), s.now()) }, "doubtful"},
		"PartWrittenJustNow":   {10 * time.Second, func(s *environment, id string) { s.WrotePart(id); s.confirm(id) }, "first"},
		"BoundJustNow":         {10 * time.Second, func(s *environment, id string) { s.Bind(id, id) }, "first"},
		"BoundAMinuteAgo":      {59 * time.Second, func(s *environment, id string) { s.Bind(id, id) }, "first"},
		"BoundLongerAgo":       {61 * time.Second, func(s *environment, id string) { s.Bind(id, id) }, "doubtful"},
		"FollowedOnly":         {10 * time.Second, func(s *environment, id string) { s.Look(id, id) }, "doubtful"},
		"BoundByAnotherObject": {10 * time.Second, func(s *environment, id string) { s.Bind("another", id) }, "first"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			inEnvironment(t, func(t *testing.T, s *environment) {
				s.load(20)
				// The first listing began a little before the end of loading.
				s.wait(time.Hour - 2*gather - tc.age)
				tc.make(s, idOf(0))
				s.takeNotified()
				s.source.remove(idOf(0))
				s.wait(tc.age + time.Second)
				s.wantView(tc.want, idOf(0))
				if r := s.Report(); r.FullSyncs != 2 {
					t.Errorf("the report is %+v", r)
				}
				s.wait(time.Hour)
				s.wantView("doubtful", idOf(0))
			})
		})
	}
}

// A user about which nothing is known is read by id, even if it is new.
func TestUserThatListsDoNotShowYet(t *testing.T) {
	inEnvironment(t, func(_ *testing.T, s *environment) {
		s.load(3)
		s.source.set(func(s *source) { s.lag = 50 * time.Second })
		s.source.rename("user_new", "new")
		s.Bind("user_new", "user_new")
		s.Look("user_new", "user_new")
		s.Look("user_none", "user_none")
		s.settle()
		s.wantNotified("user_new", "user_none")
		s.wantView("doubtful", "user_new", "user_none")
		s.confirm("user_new", "user_none")
		s.wantView("new", "user_new")
		s.wantView("absent", "user_none")
	})
}

func TestReappearingUsers(t *testing.T) {
	t.Parallel()
	for _, mass := range []bool{false, true} {
		t.Run(fmt.Sprint("Mass", mass), func(t *testing.T) {
			inEnvironment(t, func(_ *testing.T, s *environment) {
				s.source.seed(10, 3000)
				s.load(10)
				n, lost := 3, "absent"
				if mass {
					n, lost = 10, "mass absent"
				}
				former := map[string]*clerk.User{}
				for _, id := range idsOf(0, n) {
					former[id] = s.source.get(id)
				}
				s.source.remove(idsOf(0, n)...)
				s.wait(time.Hour)
				if !mass {
					s.confirm(idsOf(0, n)...)
				}
				s.takeNotified()
				s.wantView(lost, idsOf(0, n)...)
				s.wait(90 * time.Minute)
				s.wantNotified()
				s.wantView(lost, idsOf(0, n)...)
				for id, u := range former {
					s.source.edit(id, func(again *clerk.User) { *again = *u })
				}
				s.wait(time.Hour)
				s.wantNotified(idsOf(0, n)...)
				s.wantView("first", idsOf(0, n)...)
			})
		})
	}
}

// Lists show a deleted user for a while.
func TestListThatLagsDoesNotBringBackWhoIsGone(t *testing.T) {
	inEnvironment(t, func(t *testing.T, s *environment) {
		s.load(10)
		s.wait(30 * time.Minute)
		s.source.set(func(s *source) { s.lag = 50 * time.Second })
		s.source.rename(idOf(0), "changed")
		s.wait(20 * time.Second)
		s.source.remove(idOf(0))
		s.confirm(idOf(0))
		s.wantView("absent", idOf(0))
		for range 6 {
			s.wait(20 * time.Second)
			if got := s.view(idOf(0)); got != "absent" && got != "doubtful" {
				t.Fatalf("the mirror shows %q", got)
			}
			s.confirm(idOf(0))
			s.wantView("absent", idOf(0))
		}
		s.wait(2 * time.Hour)
		s.wantView("absent", idOf(0))
	})
}
