// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

var start = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

// clock is a time that stands still until a test moves it.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func (c *clock) advance(d time.Duration) time.Time {
	c.at = c.at.Add(d)
	return c.at
}

func named(name string) *clerk.User { return &clerk.User{ID: "user_1", FirstName: name} }

// seen is the first name in the mirror's copy, "" without one that is recent enough.
func seen(m *Mirror, maxAge time.Duration) string {
	user, ok := m.Recent("user_1", maxAge)
	if !ok {
		return ""
	}
	return user.FirstName
}

func TestFences(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		steps func(m *Mirror, c *clock)
		want  string
	}{
		"ReadIsKept": {func(m *Mirror, c *clock) { m.Read(named("read"), c.now()) }, "read"},
		"LaterReadReplacesEarlier": {func(m *Mirror, c *clock) {
			m.Read(named("first"), c.now())
			m.Read(named("second"), c.advance(time.Second))
		}, "second"},
		"ReadThatBeganEarlierIsDropped": {func(m *Mirror, c *clock) {
			earlier := c.now()
			m.Read(named("later"), c.advance(time.Second))
			m.Read(named("earlier"), earlier)
		}, "later"},
		"ReadThatBeganBeforeAWriteIsDropped": {func(m *Mirror, c *clock) {
			asked := c.now()
			c.advance(time.Second)
			m.Wrote(named("written"))
			c.advance(time.Second)
			m.Read(named("stale"), asked)
		}, "written"},
		"ReadThatBeganAfterAWriteIsKept": {func(m *Mirror, c *clock) {
			m.Wrote(named("written"))
			m.Read(named("fresh"), c.advance(time.Nanosecond))
		}, "fresh"},
		"ReadThatBeganWithTheAnswerIsKept": {func(m *Mirror, c *clock) {
			m.Wrote(named("written"))
			m.Read(named("fresh"), c.now())
		}, "fresh"},
		"WriteReplacesARead": {func(m *Mirror, c *clock) {
			m.Read(named("read"), c.now())
			m.Wrote(named("written"))
		}, "written"},
		"WriteReplacesAWrite": {func(m *Mirror, _ *clock) {
			m.Wrote(named("first"))
			m.Wrote(named("second"))
		}, "second"},
		"PartOfAnAnswerMakesTheCopyUseless": {func(m *Mirror, _ *clock) {
			m.Wrote(named("written"))
			m.WrotePart("user_1")
		}, ""},
		"PartOfAnAnswerDropsReadsUnderWay": {func(m *Mirror, c *clock) {
			asked := c.now()
			c.advance(time.Second)
			m.WrotePart("user_1")
			m.Read(named("stale"), asked)
		}, ""},
		"ReadAfterPartOfAnAnswerIsKept": {func(m *Mirror, c *clock) {
			m.WrotePart("user_1")
			m.Read(named("fresh"), c.advance(time.Second))
		}, "fresh"},
		"FenceOutlivesTheReadAfterIt": {func(m *Mirror, c *clock) {
			asked := c.now()
			c.advance(time.Second)
			m.WrotePart("user_1")
			m.Read(named("fresh"), c.advance(time.Second))
			m.Read(named("stale"), asked)
		}, "fresh"},
		"ForgottenUserIsGone": {func(m *Mirror, _ *clock) {
			m.Wrote(named("written"))
			m.Forget("user_1")
		}, ""},
		"OthersAreLeftAlone": {func(m *Mirror, _ *clock) {
			m.Wrote(named("written"))
			m.WrotePart("user_2")
			m.Forget("user_3")
			m.Wrote(&clerk.User{ID: "user_4", FirstName: "four"})
		}, "written"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &clock{at: start}
			m := New(c.now)
			tc.steps(m, c)
			if got := seen(m, time.Hour); got != tc.want {
				t.Errorf("the mirror shows %q, want %q", got, tc.want)
			}
		})
	}
}

func TestAgeCountsFromTheQuestion(t *testing.T) {
	t.Parallel()
	c := &clock{at: start}
	m := New(c.now)
	if got := seen(m, time.Hour); got != "" {
		t.Errorf("an empty mirror shows %q", got)
	}
	asked := c.now()
	c.advance(10 * time.Second)
	m.Read(named("read"), asked)
	for _, tc := range []struct {
		maxAge time.Duration
		want   string
	}{{10 * time.Second, "read"}, {10*time.Second - time.Nanosecond, ""}, {0, ""}, {time.Hour, "read"}} {
		if got := seen(m, tc.maxAge); got != tc.want {
			t.Errorf("a copy of at most %s: %q, want %q", tc.maxAge, got, tc.want)
		}
	}
	m.Wrote(named("written"))
	if got := seen(m, 0); got != "written" {
		t.Errorf("the answer to a write is not new: %q", got)
	}
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
			c := &clock{at: start}
			m := New(c.now)
			user := tc.user
			user.ID, user.FirstName = "user_1", "ann"
			m.Wrote(&user)
			c.advance(tc.after)
			got, ok := m.Recent("user_1", 24*time.Hour)
			if !ok || got.Locked != tc.locked || !got.LockedUntil.Equal(tc.until) || got.FirstName != "ann" {
				t.Errorf("the mirror shows %+v, want locked %t until %s", got, tc.locked, tc.until)
			}
			if user.Locked != tc.user.Locked || !user.LockedUntil.Equal(tc.user.LockedUntil) {
				t.Error("the user that was put in was changed")
			}
		})
	}
}

func TestBindings(t *testing.T) {
	t.Parallel()
	c := &clock{at: start}
	m := New(c.now)
	want := func(uid, userID string, age time.Duration, bound bool) {
		t.Helper()
		gotID, gotAge, ok := m.BoundTo(uid)
		if gotID != userID || ok != bound || ok && gotAge != age {
			t.Errorf("%s is bound to %q for %s: %t; want %q for %s: %t", uid, gotID, gotAge, ok, userID, age, bound)
		}
	}
	want("a", "", 0, false)
	m.Bind("a", "user_1")
	m.Bind("b", "user_2")
	c.advance(time.Minute)
	want("a", "user_1", time.Minute, true)
	m.Bind("a", "user_1")
	want("a", "user_1", time.Minute, true)
	m.Bind("a", "user_3")
	want("a", "user_3", 0, true)
	want("b", "user_2", time.Minute, true)

	m.Wrote(&clerk.User{ID: "user_3"})
	m.Wrote(&clerk.User{ID: "user_2"})
	m.Unbind("a")
	want("a", "", 0, false)
	if _, ok := m.Recent("user_3", time.Hour); ok {
		t.Error("the copy of a user that nobody is bound to stays")
	}
	if _, ok := m.Recent("user_2", time.Hour); !ok {
		t.Error("the copy of another user went along")
	}
	m.Unbind("never")
	want("b", "user_2", time.Minute, true)
}

// Run with the race detector.
func TestMirrorIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	m := New(time.Now)
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			id, uid := fmt.Sprint("user_", i%3), fmt.Sprint("uid-", i)
			for range 200 {
				m.Read(&clerk.User{ID: id, Locked: true, LockedUntil: start}, time.Now())
				m.Wrote(&clerk.User{ID: id})
				m.WrotePart(id)
				m.Bind(uid, id)
				m.BoundTo(uid)
				m.Recent(id, time.Hour)
				m.Unbind(uid)
				m.Forget(id)
			}
		})
	}
	workers.Wait()
}
