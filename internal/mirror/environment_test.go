// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// environment is a mirror with its source, in virtual time. Every user has one follower with the same name.
type environment struct {
	*Mirror

	t      *testing.T
	source *source
	stop   func()

	mu                                 sync.Mutex
	ahead                              time.Duration
	notified                           []string
	otherInstance, reported, fullSyncs int
}

// inEnvironment runs a test in virtual time, with a source and a mirror that does not run yet.
func inEnvironment(t *testing.T, test func(t *testing.T, s *environment)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &environment{t: t, source: newSource(time.Now), stop: func() {}}
		s.Mirror = New(Config{
			Now:           s.now,
			Changed:       s.notifyAll,
			FullSynced:    func() { s.count(&s.fullSyncs) },
			OtherInstance: func() { s.count(&s.otherInstance) },
			Reported:      func() { s.count(&s.reported) },
		})
		defer func() { s.stop() }()
		test(t, s)
	})
}

// now is the mirror's clock, which can be ahead of the clock of timers.
func (s *environment) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// putForward sets the mirror's clock forward.
func (s *environment) putForward(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

func (s *environment) notifyAll(followers []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notified = append(s.notified, followers...)
}

func (s *environment) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

func (s *environment) counted(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

// run runs the mirror with a source until stop is called, which waits for its end.
func (s *environment) run(from Source) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Run(ctx, from, instanceID)
	}()
	s.stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
}

// settle waits until everything has happened that takes no longer than gathering.
func (s *environment) settle() {
	s.t.Helper()
	s.wait(2 * gather)
}

func (s *environment) wait(d time.Duration) {
	s.t.Helper()
	time.Sleep(d)
	synctest.Wait()
}

// followAll follows the users with numbers from from up to before to.
func (s *environment) followAll(from, to int) {
	userIDs := map[string]string{}
	for _, id := range idsOf(from, to) {
		userIDs[id] = id
	}
	s.Follow(following(userIDs))
}

// following returns users to follow, with nothing but their ids.
func following(userIDs map[string]string) map[string]Followed {
	followed := map[string]Followed{}
	for follower, id := range userIDs {
		followed[follower] = Followed{UserID: id}
	}
	return followed
}

// load seeds and follows n users and waits until they are read. It clears the notifications and calls of that.
func (s *environment) load(n int) {
	s.t.Helper()
	s.source.seed(0, n)
	s.followAll(0, n)
	s.run(s.source)
	s.settle()
	if r := s.Report(); r.Followed != n || r.Pending != 0 {
		s.t.Fatalf("after loading %d users the report is %+v", n, r)
	}
	s.takeNotified()
	s.source.takeCalls()
}

// held returns the number of users about which the mirror knows something.
func (s *environment) held() int {
	s.Mirror.mu.Lock()
	defer s.Mirror.mu.Unlock()
	return len(s.users)
}

func (s *environment) takeNotified() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	notified := s.notified
	s.notified = nil
	slices.Sort(notified)
	return notified
}

// wantNotified compares the followers notified since the last check; a follower notified twice is listed twice.
func (s *environment) wantNotified(want ...string) {
	s.t.Helper()
	got := s.takeNotified()
	if want == nil {
		want = []string{}
	}
	if got == nil {
		got = []string{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("notified (-want +got):\n%s", diff)
	}
}

// wantView compares the mirror's view of each user: its first name, or its presence if there is no copy.
func (s *environment) wantView(want string, ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		if got := s.view(id); got != want {
			s.t.Errorf("the mirror shows %q of %s, want %q", got, id, want)
		}
	}
}

func (s *environment) view(id string) string {
	view := s.Look(id, id)
	if view.Presence == Present {
		return view.User.FirstName
	}
	return [...]string{Pending: "pending", Doubtful: "doubtful", Absent: "absent", MassAbsent: "mass absent"}[view.Presence]
}

// confirm reads users by id, as their followers do.
func (s *environment) confirm(ids ...string) {
	for _, id := range ids {
		if u := s.source.get(id); u != nil {
			s.Read(u, s.now())
		} else {
			s.NotFound(id, s.now())
		}
	}
}
