// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// followedUsers makes a full sync choose its users, which drops the users that nobody follows.
func (s *shelf) followedUsers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	(&session{Mirror: s.Mirror}).followed()
}

// An answer to a call that began before our last write does not show that write. It is dropped although the mirror has dropped
// the user meanwhile, and a new follower has requested it again.
func TestFenceOutlivesTheEntry(t *testing.T) {
	t.Parallel()
	dropped := map[string]struct {
		steps func(s *shelf)
		want  string
	}{
		"LastFollowerLeaves": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.advance(clerk.LagTime)
			s.Unbind("a")
		}, "pending"},
		"LastFollowerTurnsToAnotherUser": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.advance(clerk.LagTime)
			s.Look("a", "b")
		}, "pending"},
		"AnotherUserWasDroppedSince": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.advance(clerk.LagTime)
			s.Unbind("a")
			s.Unbind("b")
		}, "pending"},
		"FullSyncDropsTheUser": {func(s *shelf) {
			s.Wrote(named("written"), s.at)
			s.Unbind("a")
			s.advance(clerk.LagTime)
			s.followedUsers()
		}, "pending"},
		"PartlyWritten": {func(s *shelf) {
			s.WrotePart("a")
			s.advance(clerk.LagTime)
			s.Unbind("a")
		}, "pending"},
		"Bound": {func(s *shelf) {
			s.Bind("a", "a")
			s.advance(clerk.LagTime)
			s.Unbind("a")
		}, "pending"},
		"DeletedWithoutAFollower": {func(s *shelf) {
			s.Unbind("a")
			s.Wrote(named("written"), s.at)
			s.Forget("a")
		}, "doubtful"},
		"DeletedBeforeItWasEverRead": {func(s *shelf) {
			s.Unbind("a")
			s.Forget("a")
		}, "doubtful"},
		"DeletedLongAgo": {func(s *shelf) {
			s.Unbind("a")
			s.Wrote(named("written"), s.at)
			s.Forget("a")
			s.advance(clerk.LagTime)
			s.followedUsers()
		}, "pending"},
	}
	answers := map[string]func(s *shelf, asked time.Time){
		"Read":     func(s *shelf, asked time.Time) { s.Read(named("stale9"), asked) },
		"List":     func(s *shelf, asked time.Time) { s.list(named("stale9"), asked) },
		"NotFound": func(s *shelf, asked time.Time) { s.NotFound("a", asked) },
	}
	for name, tc := range dropped {
		for answer, deliver := range answers {
			t.Run(name+"/"+answer, func(t *testing.T) {
				t.Parallel()
				s := newShelf()
				asked := s.at
				s.advance(time.Millisecond)
				tc.steps(s)
				s.Look("x", "a")
				deliver(s, asked)
				if got := s.shows("x", "a"); got != tc.want {
					t.Errorf("a late answer makes the mirror show %q, want %q", got, tc.want)
				}
			})
		}
	}
}

// A read without a follower, as one for an action, obeys the fence too.
func TestFenceOutlivesTheEntryWithoutAFollower(t *testing.T) {
	t.Parallel()
	s := newShelf()
	asked := s.at
	s.Wrote(named("written"), s.at)
	s.Unbind("a")
	s.advance(clerk.LagTime)
	s.followedUsers()
	if user, ok := s.Read(named("stale9"), asked.Add(-time.Millisecond)); ok {
		t.Errorf("a read that began before our write returns %+v", user)
	}
	if user, ok := s.Recent("a", time.Hour); ok {
		t.Errorf("a read that began before our write is held as %+v", user)
	}
}

// The fence of a dropped user does not delay a new one: its lists count as usual, and its absence is believed.
func TestNewUsersAreReadAtOnceAfterADrop(t *testing.T) {
	t.Parallel()
	s := newShelf()
	s.Wrote(named("written"), s.at)
	s.advance(clerk.LagTime)
	s.Unbind("a")
	s.Look("x", "a")
	s.list(named("listed9"), s.at)
	if view := s.Look("x", "a"); view.Presence != Present || view.User.FirstName != "listed9" || view.Lagging {
		t.Errorf("the mirror shows %+v, want the listed user", view)
	}
	s.Look("y", "c")
	s.NotFound("c", s.at)
	if got := s.shows("y", "c"); got != "absent" {
		t.Errorf("the mirror shows %q of a user that Clerk does not have", got)
	}
}

// A listing need not show a user that was written or bound less than a minute before it began, although the user was dropped
// and followed again during the listing.
func TestFollowedAnewDuringAListingIsNotMissing(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(s *shelf){
		"Written": func(s *shelf) { s.Wrote(named("written"), s.at) },
		"Bound":   func(s *shelf) { s.Bind("a", "a") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			begin(s)
			began := newListing([]string{"a"}, s.advance(time.Second))
			s.advance(clerk.LagTime)
			s.Unbind("a")
			s.Follow(map[string]Followed{"x": {UserID: "a"}})
			(&session{Mirror: s.Mirror}).end(began, false)
			if s.shows("x", "a") != "doubtful" || s.Unlisted("a") {
				t.Errorf("the mirror shows %q, unlisted %t; want a doubt that no list confirms", s.shows("x", "a"), s.Unlisted("a"))
			}
		})
	}
}

// The answer to a write need not show another write that was answered while it was under way.
func TestOverlappingWrites(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		meanwhile func(s *shelf)
		want      string
		notified  bool
	}{
		"NothingElse":    {func(*shelf) {}, "written5", false},
		"AnotherUser":    {func(s *shelf) { s.WrotePart("b") }, "written5", false},
		"Read":           {func(s *shelf) { s.Read(named("read"), s.at) }, "written5", false},
		"Write":          {func(s *shelf) { s.Wrote(named("other"), s.at) }, "doubtful", true},
		"OlderWrite":     {func(s *shelf) { s.Wrote(named("other4"), s.at) }, "doubtful", true},
		"PartialWrite":   {func(s *shelf) { s.WrotePart("a") }, "doubtful", true},
		"Deletion":       {func(s *shelf) { s.Forget("a") }, "doubtful", true},
		"WriteAndItsEnd": {func(s *shelf) { s.WrotePart("a"); s.Read(named("read"), s.at) }, "doubtful", true},
		"WriteBeforeADrop": {func(s *shelf) {
			s.WrotePart("a")
			s.advance(clerk.LagTime)
			s.Unbind("a")
			s.Look("a", "a")
		}, "doubtful", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			s.Read(named("known"), s.at)
			asked := s.at
			s.advance(time.Second)
			tc.meanwhile(s)
			s.notified = nil
			s.advance(time.Second)
			s.Wrote(named("written5"), asked)
			if got := s.shows("a", "a"); got != tc.want {
				t.Errorf("the mirror shows %q, want %q", got, tc.want)
			}
			if (len(s.notified) == 1) != tc.notified {
				t.Errorf("notified %q, want the follower: %t", s.notified, tc.notified)
			}
			// A read that begins now shows all of them.
			if known, ok := s.Read(named("all6"), s.at); !ok || known.FirstName != "all6" {
				t.Errorf("a read after them returns %+v (%t)", known, ok)
			}
		})
	}
}

// A list that did not show the user confirms no absence that was found after a later write to the user.
func TestWriteOutdatesAListThatDidNotShowTheUser(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		later func(s *shelf)
		want  bool
	}{
		"Nothing":      {func(*shelf) {}, true},
		"NotFound":     {func(s *shelf) { s.NotFound("a", s.at) }, true},
		"Deletion":     {func(s *shelf) { s.Forget("a") }, true},
		"Read":         {func(s *shelf) { s.Read(named("read"), s.at) }, false},
		"Write":        {func(s *shelf) { s.Wrote(named("written"), s.at) }, false},
		"PartialWrite": {func(s *shelf) { s.WrotePart("a") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf()
			s.Read(named("read"), s.at)
			s.advance(clerk.LagTime)
			(&session{Mirror: s.Mirror}).end(newListing([]string{"a"}, s.advance(time.Second)), false)
			tc.later(s)
			if got := s.Unlisted("a"); got != tc.want {
				t.Errorf("the list confirms an absence: %t, want %t", got, tc.want)
			}
		})
	}
}

func TestWritesInARowDoNotOverlap(t *testing.T) {
	t.Parallel()
	s := newShelf()
	for _, name := range []string{"one", "two", "three"} {
		asked := s.at
		s.Wrote(named(name), asked)
		if got := s.shows("a", "a"); got != name {
			t.Errorf("the mirror shows %q, want %q", got, name)
		}
	}
}
