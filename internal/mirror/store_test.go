// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// shelf is a mirror that does not run, at a time that only the test moves. The followers a and b follow the users with
// the same names.
type shelf struct {
	*Mirror

	at       time.Time
	notified []string
}

func newShelf() *shelf {
	s := &shelf{at: start}
	s.Mirror = New(Config{Now: func() time.Time { return s.at }, Changed: func(f []string) { s.notified = append(s.notified, f...) }})
	s.Follow(map[string]Followed{"a": {UserID: "a"}, "b": {UserID: "b"}})
	return s
}

func (s *shelf) advance(d time.Duration) time.Time {
	s.at = s.at.Add(d)
	return s.at
}

// list records a user from a list.
func (s *shelf) list(user *clerk.User, asked time.Time) {
	(&session{Mirror: s.Mirror}).recordPage([]*clerk.User{user}, asked)
}

// shows returns the view of a user: its name if it is present, otherwise its presence.
func (s *shelf) shows(follower, id string) string {
	view := s.Look(follower, id)
	switch view.Presence {
	case Present:
		return view.User.FirstName
	case Pending:
		return "pending"
	case Doubtful:
		return "doubtful"
	case Absent:
		return "absent"
	default:
		return "mass absent"
	}
}

// named is the user a. A number after the name is the time of the change in seconds after the start.
func named(name string) *clerk.User {
	u := &clerk.User{ID: "a", FirstName: name, UpdatedAt: start}
	if n := strings.IndexAny(name, "0123456789"); n > 0 {
		u.UpdatedAt = start.Add(time.Duration(name[n]-'0') * time.Second)
	}
	return u
}

func TestWhatCounts(t *testing.T) {
	t.Parallel()
	const second = time.Second
	tests := map[string]struct {
		steps func(s *shelf)
		want  string
		// notified is whether the follower is notified about the last step.
		notified bool
	}{
		"NothingIsKnown":   {func(*shelf) {}, "pending", false},
		"ReadIsKept":       {func(s *shelf) { s.Read(named("read"), s.at) }, "read", true},
		"ListIsTaken":      {func(s *shelf) { s.list(named("listed"), s.at) }, "listed", true},
		"WriteIsKept":      {func(s *shelf) { s.Wrote(named("written"), s.at) }, "written", true},
		"WriteAfterARead":  {func(s *shelf) { s.Read(named("read"), s.at); s.notified = nil; s.Wrote(named("written"), s.at) }, "written", false},
		"WriteAfterAWrite": {func(s *shelf) { s.Wrote(named("one"), s.at); s.notified = nil; s.Wrote(named("two"), s.at) }, "two", false},
		"OthersAreNotMoved": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.notified = nil
			s.WrotePart("b")
			s.Forget("b")
			s.NotFound("b", s.at)
		}, "read", false},
		"UnknownIsNotHeld": {func(s *shelf) { s.list(&clerk.User{ID: "c"}, s.at); s.NotFound("c", s.at); s.Forget("c") }, "pending", false},

		// The time of the request.
		"LaterReadReplacesEarlier": {func(s *shelf) {
			s.Read(named("first"), s.at)
			s.notified = nil
			s.Read(named("second"), s.advance(second))
		}, "second", true},
		"SameReadAgainIsNoNews": {func(s *shelf) {
			s.Read(named("same"), s.at)
			s.notified = nil
			s.Read(named("same"), s.advance(second))
		}, "same", false},
		"ReadThatBeganEarlierIsDropped": {func(s *shelf) {
			s.Read(named("later"), s.at.Add(second))
			s.notified = nil
			s.Read(named("earlier"), s.at)
		}, "later", false},
		"ListThatBeganEarlierIsDropped": {func(s *shelf) {
			s.Read(named("later"), s.at.Add(second))
			s.notified = nil
			s.list(named("earlier"), s.at)
		}, "later", false},
		"ReadThatBeganBeforeAListCounts": {func(s *shelf) {
			s.list(named("listed"), s.at.Add(second))
			s.notified = nil
			s.Read(named("read"), s.at)
		}, "read", true},
		"ListThatBeganBeforeAListIsDropped": {func(s *shelf) {
			s.list(named("listed"), s.at.Add(second))
			s.notified = nil
			s.list(named("earlier"), s.at)
		}, "listed", false},

		// Clerk's time of the change.
		"LowerUpdatedAtIsDropped": {func(s *shelf) {
			s.Read(named("new5"), s.at)
			s.notified = nil
			s.Read(named("old4"), s.advance(second))
		}, "new5", false},
		"LowerUpdatedAtInAList": {func(s *shelf) {
			s.Read(named("new5"), s.at)
			s.notified = nil
			s.list(named("old4"), s.advance(second))
		}, "new5", false},
		"HigherUpdatedAtInAList": {func(s *shelf) {
			s.Read(named("old4"), s.at)
			s.notified = nil
			s.list(named("new5"), s.advance(second))
		}, "new5", true},
		"EqualUpdatedAtInAList":        {func(s *shelf) { s.Read(named("one"), s.at); s.notified = nil; s.list(named("two"), s.advance(second)) }, "two", true},
		"HigherUpdatedAtAloneIsNoNews": {func(s *shelf) { s.Read(named("x"), s.at); s.notified = nil; s.list(bumped("x"), s.advance(second)) }, "x", false},
		"ItIsRememberedAllTheSame":     {func(s *shelf) { s.list(bumped("x"), s.at); s.notified = nil; s.list(named("y"), s.advance(second)) }, "x", false},
		"LowerUpdatedAtAfterAPartWrite": {func(s *shelf) {
			s.Read(named("new5"), s.at)
			s.WrotePart("a")
			s.notified = nil
			s.Read(named("old4"), s.advance(second))
		}, "doubtful", false},

		// Fences.
		"ReadThatBeganBeforeAWriteIsDropped": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.Read(named("stale"), s.at.Add(-second))
		}, "written", false},
		"ListThatBeganBeforeAWriteIsDropped": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.list(named("stale9"), s.at.Add(-second))
		}, "written", false},
		"ReadThatBeganWithTheAnswerIsKept": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.Read(named("fresh"), s.at)
		}, "fresh", true},
		"PartOfAnAnswerMakesItDoubtful": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.WrotePart("a")
		}, "doubtful", false},
		"PartOfAnAnswerDropsReadsUnderWay": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.advance(second)
			s.WrotePart("a")
			s.notified = nil
			s.Read(named("stale9"), s.at.Add(-second/2))
		}, "doubtful", false},
		"ReadAfterPartOfAnAnswerIsKept": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.WrotePart("a")
			s.notified = nil
			s.Read(named("fresh"), s.advance(second))
		}, "fresh", true},
		"FenceOutlivesTheReadAfterIt": {func(s *shelf) {
			s.WrotePart("a")
			s.Read(named("fresh"), s.at.Add(second))
			s.notified = nil
			s.Read(named("stale9"), s.at.Add(-second))
		}, "fresh", false},
		"FenceOutlivesForgetting": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.Forget("a")
			s.notified = nil
			s.list(named("stale9"), s.at.Add(-second))
		}, "doubtful", false},
		"ForgottenIsDoubtful": {func(s *shelf) { s.Read(named("read"), s.at); s.notified = nil; s.Forget("a") }, "doubtful", false},

		// Lists right after a write.
		"DifferenceRightAfterAWrite": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.list(named("other"), s.advance(clerk.LagTime-1))
		}, "doubtful", true},
		"DifferenceLongerAfterAWrite": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.list(named("other"), s.advance(clerk.LagTime))
		}, "other", true},
		"NoDifferenceRightAfterAWrite": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.list(named("written"), s.advance(second))
		}, "written", false},
		"DoubtIsToldOnce": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.list(named("other"), s.advance(second))
			s.notified = nil
			s.list(named("third"), s.advance(second))
		}, "doubtful", false},
		"DoubtIsNotEndedByAList": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.list(named("other"), s.advance(second))
			s.notified = nil
			s.list(named("written"), s.advance(second))
		}, "doubtful", false},
		"DoubtIsEndedByARead": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.list(named("other"), s.advance(second))
			s.notified = nil
			s.Read(named("written"), s.at)
		}, "written", false},
		"DoubtIsEndedByAWrite": {func(s *shelf) {
			s.WrotePart("a")
			s.notified = nil
			s.Wrote(named("written"), s.at)
		}, "written", false},
		"DoubtIsEndedByAListThatIsLateEnough": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.WrotePart("a")
			s.notified = nil
			s.list(named("read"), s.advance(clerk.LagTime))
		}, "read", true},
		"ListAfterAPartWriteWithoutACopy": {func(s *shelf) {
			s.WrotePart("a")
			s.notified = nil
			s.list(named("stale"), s.advance(second))
		}, "doubtful", false},
		"ListLongAfterAPartWriteWithoutACopy": {func(s *shelf) {
			s.WrotePart("a")
			s.notified = nil
			s.list(named("listed"), s.advance(clerk.LagTime))
		}, "listed", true},

		// Absence.
		"NotFoundIsAbsent":       {func(s *shelf) { s.Read(named("read"), s.at); s.notified = nil; s.NotFound("a", s.at) }, "absent", true},
		"NotFoundWhenInDoubt":    {func(s *shelf) { s.WrotePart("a"); s.notified = nil; s.NotFound("a", s.advance(clerk.LagTime)) }, "absent", true},
		"NotFoundThatNobodyKnew": {func(s *shelf) { s.NotFound("a", s.at) }, "absent", true},
		"NotFoundRightAfterAWrite": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.NotFound("a", s.advance(clerk.LagTime-1))
		}, "written", false},
		"NotFoundLongerAfterAWrite": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.NotFound("a", s.advance(clerk.LagTime))
		}, "absent", true},
		"NotFoundBeforeAWrite": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.notified = nil
			s.NotFound("a", s.at.Add(-time.Hour))
		}, "written", false},
		"NotFoundRightAfterBinding": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.Bind("a", "a")
			s.notified = nil
			s.NotFound("a", s.advance(clerk.LagTime-1))
		}, "read", false},
		"NotFoundLongerAfterBinding": {func(s *shelf) {
			s.Read(named("read"), s.at)
			s.Bind("a", "a")
			s.notified = nil
			s.NotFound("a", s.advance(clerk.LagTime))
		}, "absent", true},
		"NotFoundThatBeganBeforeARead": {func(s *shelf) { s.Read(named("read"), s.at.Add(second)); s.notified = nil; s.NotFound("a", s.at) }, "read", false},
		"ReadThatBeganBeforeNotFound":  {func(s *shelf) { s.NotFound("a", s.at.Add(second)); s.notified = nil; s.Read(named("read"), s.at) }, "absent", false},
		"ReadAfterNotFound":            {func(s *shelf) { s.NotFound("a", s.at); s.notified = nil; s.Read(named("read"), s.advance(second)) }, "read", true},
		"ListRightAfterNotFound": {func(s *shelf) {
			s.NotFound("a", s.at)
			s.notified = nil
			s.list(named("x"), s.advance(clerk.LagTime-1))
		}, "doubtful", true},
		"ListLongerAfterNotFound": {func(s *shelf) { s.NotFound("a", s.at); s.notified = nil; s.list(named("x"), s.advance(clerk.LagTime)) }, "x", true},
		"ListRightAfterNotFoundAndARead": {func(s *shelf) {
			s.Read(named("x"), s.at)
			s.NotFound("a", s.at)
			s.notified = nil
			s.list(named("x"), s.advance(second))
		}, "doubtful", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			tc.steps(s)
			if got := s.shows("a", "a"); got != tc.want {
				t.Errorf("the mirror shows %q, want %q", got, tc.want)
			}
			if notified := slices.Contains(s.notified, "a"); notified != tc.notified || len(s.notified) > 1 {
				t.Errorf("notified %q, want that it was notified: %t", s.notified, tc.notified)
			}
		})
	}
}

// bumped is a user with a later change that does not show.
func bumped(name string) *clerk.User {
	u := named(name)
	u.UpdatedAt = start.Add(time.Hour)
	return u
}

func TestReadReturnsWhatCounts(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		before func(s *shelf)
		want   string
	}{
		"Nothing":            {func(*shelf) {}, "read1"},
		"Older":              {func(s *shelf) { s.Read(named("older"), s.at.Add(-time.Second)) }, "read1"},
		"Later":              {func(s *shelf) { s.Read(named("later2"), s.at.Add(time.Second)) }, "later2"},
		"LaterWrite":         {func(s *shelf) { s.at = s.at.Add(time.Second); s.Wrote(named("later2"), s.at) }, "later2"},
		"LaterChangedInList": {func(s *shelf) { s.list(named("later2"), s.at.Add(time.Second)) }, "later2"},
		"LaterPartWrite":     {func(s *shelf) { s.at = s.at.Add(time.Second); s.WrotePart("a") }, ""},
		"Absent":             {func(s *shelf) { s.NotFound("a", s.at.Add(time.Second)) }, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			tc.before(s)
			got, ok := s.Read(named("read1"), start)
			if ok != (tc.want != "") || ok && got.FirstName != tc.want {
				t.Errorf("got %+v, %t, want %q", got, ok, tc.want)
			}
		})
	}
}

// Followers of a user are notified about what others read and write.
func TestOneFollowersAnswersAreAnothersNews(t *testing.T) {
	t.Parallel()
	known := func(s *shelf) { s.Read(named("known"), s.at) }
	tests := map[string]struct {
		before, step func(s *shelf)
		want         bool
	}{
		"FirstRead":       {func(*shelf) {}, known, true},
		"ReadWithNews":    {known, func(s *shelf) { s.Read(named("news"), s.at) }, true},
		"ReadWithoutNews": {known, func(s *shelf) { s.Read(named("known"), s.at) }, false},
		"Write":           {known, func(s *shelf) { s.Wrote(named("written"), s.at) }, true},
		"WriteOfTheSame":  {known, func(s *shelf) { s.Wrote(named("known"), s.at) }, false},
		"NotFound":        {known, func(s *shelf) { s.NotFound("a", s.at) }, true},
		"NotFoundAgain":   {func(s *shelf) { s.NotFound("a", s.at) }, func(s *shelf) { s.NotFound("a", s.at) }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			s.Look("second", "a")
			tc.before(s)
			s.notified = nil
			tc.step(s)
			if got := slices.Contains(s.notified, "second"); got != tc.want {
				t.Errorf("notified %q, want that the second was notified: %t", s.notified, tc.want)
			}
		})
	}
}

func TestRecentCountsFromTheQuestion(t *testing.T) {
	t.Parallel()
	s := newShelf()
	want := func(maxAge time.Duration, want string) {
		t.Helper()
		got := ""
		if u, ok := s.Recent("a", maxAge); ok {
			got = u.FirstName
		}
		if got != want {
			t.Errorf("a copy of at most %s: %q, want %q", maxAge, got, want)
		}
	}
	want(time.Hour, "")
	asked := s.at
	s.advance(10 * time.Second)
	s.Read(named("read"), asked)
	want(10*time.Second, "read")
	want(10*time.Second-time.Nanosecond, "")
	want(0, "")
	// A list shows an older state.
	s.list(named("read"), s.at)
	want(0, "")
	s.list(named("listed"), s.at)
	want(0, "")
	want(10*time.Second, "listed")
	s.Wrote(named("written"), s.at)
	want(0, "written")
	s.WrotePart("a")
	want(time.Hour, "")
	s.Read(named("read"), s.at)
	want(0, "read")
	s.NotFound("a", s.advance(clerk.LagTime))
	want(time.Hour, "")
}

func TestLapsedLocksReadAsNone(t *testing.T) {
	t.Parallel()
	until := start.Add(time.Minute)
	tests := map[string]struct {
		user   clerk.User
		after  time.Duration
		locked bool
		until  time.Time
	}{
		"NotLocked":         {clerk.User{}, time.Hour, false, time.Time{}},
		"StillLocked":       {clerk.User{Locked: true, LockedUntil: until}, time.Minute - time.Nanosecond, true, until},
		"LapsesOnTheSecond": {clerk.User{Locked: true, LockedUntil: until}, time.Minute, false, time.Time{}},
		"LapsedLongAgo":     {clerk.User{Locked: true, LockedUntil: until}, time.Hour, false, time.Time{}},
		"WithoutEnd":        {clerk.User{Locked: true}, time.Hour, true, time.Time{}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			user := tc.user
			user.ID, user.FirstName = "a", "ann"
			s.Wrote(&user, s.at)
			s.advance(tc.after)
			recent, _ := s.Recent("a", 24*time.Hour)
			read, _ := s.Read(&user, s.at)
			for how, got := range map[string]*clerk.User{"Look": s.Look("a", "a").User, "Recent": recent, "Read": read} {
				if got == nil || got.Locked != tc.locked || !got.LockedUntil.Equal(tc.until) || got.FirstName != "ann" {
					t.Errorf("%s: %+v, want locked %t until %s", how, got, tc.locked, tc.until)
				}
			}
			if user.Locked != tc.user.Locked || !user.LockedUntil.Equal(tc.user.LockedUntil) {
				t.Error("the user that was put in was changed")
			}
		})
	}
}

// The end of a lock is no news, because its time was known.
func TestLapsedLockIsNoNews(t *testing.T) {
	t.Parallel()
	s := newShelf()
	s.list(&clerk.User{ID: "a", Locked: true, LockedUntil: s.at.Add(time.Minute)}, s.at)
	s.notified = nil
	s.list(&clerk.User{ID: "a", Locked: true, LockedUntil: s.at.Add(time.Minute + time.Second)}, s.at)
	s.advance(2 * time.Minute)
	s.list(&clerk.User{ID: "a"}, s.at)
	if len(s.notified) > 0 {
		t.Errorf("notified %q", s.notified)
	}
	s.list(&clerk.User{ID: "a", Locked: true, LockedUntil: s.at.Add(time.Minute)}, s.at)
	if len(s.notified) != 1 {
		t.Errorf("notified %q of a lock", s.notified)
	}
}

func TestBindings(t *testing.T) {
	t.Parallel()
	s := newShelf()
	want := func(follower, userID string, age time.Duration, bound bool) {
		t.Helper()
		gotID, gotAge, ok := s.BoundTo(follower)
		if gotID != userID || ok != bound || gotAge != age {
			t.Errorf("%s is bound to %q for %s: %t; want %q for %s: %t", follower, gotID, gotAge, ok, userID, age, bound)
		}
	}
	want("x", "", 0, false)
	want("a", "", 0, false)
	s.Bind("x", "user_1")
	s.Bind("y", "user_2")
	s.advance(time.Minute)
	want("x", "user_1", time.Minute, true)
	s.Bind("x", "user_1")
	want("x", "user_1", time.Minute, true)
	s.Follow(map[string]Followed{"x": {UserID: "user_0"}})
	want("x", "user_1", time.Minute, true)
	s.Look("x", "user_1")
	want("x", "user_1", time.Minute, true)
	s.Bind("x", "user_3")
	want("x", "user_3", 0, true)
	want("y", "user_2", time.Minute, true)
	s.Look("a", "a")
	s.Bind("a", "a")
	want("a", "a", 0, true)

	s.Read(&clerk.User{ID: "user_2"}, s.at)
	s.Wrote(&clerk.User{ID: "user_3"}, s.at)
	s.advance(clerk.LagTime)
	s.Unbind("x")
	want("x", "", 0, false)
	if _, ok := s.Recent("user_3", time.Hour); ok {
		t.Error("the copy of a user that nobody follows stays")
	}
	if _, ok := s.Recent("user_2", time.Hour); !ok {
		t.Error("the copy of another user went along")
	}
	s.Unbind("never")
	s.Look("y", "user_4")
	want("y", "", 0, false)
	if r := s.Report(); r.Followed != 3 {
		t.Errorf("the report is %+v, want that a, b and y follow", r)
	}
}

func TestForgettingAUserThatNobodyFollows(t *testing.T) {
	t.Parallel()
	s := newShelf()
	s.Wrote(&clerk.User{ID: "user_1"}, s.at)
	s.Forget("user_1")
	s.advance(clerk.LagTime - time.Nanosecond)
	s.followedUsers()
	if _, found := s.users["user_1"]; !found {
		t.Error("it is dropped while a read may be under way")
	}
	s.advance(time.Nanosecond)
	s.followedUsers()
	if _, found := s.users["user_1"]; found {
		t.Error("it is still held")
	}
}

// Run with the race detector.
func TestMirrorIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	m := New(Config{Now: time.Now, Changed: func([]string) {}})
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			id, follower := fmt.Sprint("user_", i%3), fmt.Sprint("follower-", i)
			for range 200 {
				m.Follow(map[string]Followed{follower: {UserID: id}})
				m.Look(follower, id)
				m.Read(&clerk.User{ID: id, Locked: true, LockedUntil: start}, time.Now())
				m.Wrote(&clerk.User{ID: id}, time.Now())
				m.WrotePart(id)
				m.NotFound(id, time.Now())
				m.Bind(follower, id)
				m.BoundTo(follower)
				m.Recent(id, time.Hour)
				m.Report()
				(&session{Mirror: m}).recordPage([]*clerk.User{{ID: id}}, time.Now())
				m.SetIntervals(time.Minute, time.Hour)
				m.LastFullSync()
				m.Unbind(follower)
				m.Forget(id)
			}
		})
	}
	workers.Wait()
}

// TestEntryIsSmall guards the memory of the mirror, which has an entry for every user. 240 bytes are one of the sizes in which Go
// allocates; the next one is 256.
func TestEntryIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(entry{}); size > 240 {
		t.Errorf("an entry takes %d bytes, want at most 240", size)
	}
}
