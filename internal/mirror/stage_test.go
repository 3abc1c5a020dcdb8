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

// stage is a mirror with its source, in virtual time. Every user has one follower, which has the same name.
type stage struct {
	*Mirror

	t      *testing.T
	source *source
	stop   func()

	mu                          sync.Mutex
	ahead                       time.Duration
	told                        []string
	doubted, reported, compared int
}

// onStage runs a test in virtual time, with a source and a mirror that does not run yet.
func onStage(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &stage{t: t, source: newSource(time.Now), stop: func() {}}
		s.Mirror = New(Config{
			Now:      s.now,
			Changed:  s.tellAll,
			Compared: func() { s.count(&s.compared) },
			Doubted:  func() { s.count(&s.doubted) },
			Reported: func() { s.count(&s.reported) },
		})
		defer func() { s.stop() }()
		test(t, s)
	})
}

// now is the mirror's clock, which can be ahead of the one that timers have.
func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

// putForward moves the mirror's clock.
func (s *stage) putForward(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ahead += d
}

func (s *stage) tellAll(followers []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, followers...)
}

func (s *stage) count(n *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	*n++
}

func (s *stage) counted(n *int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *n
}

// run has the mirror run with a source until stop is called, which waits for its end.
func (s *stage) run(from Source) {
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

// settle lets everything happen that does not take longer than gathering does.
func (s *stage) settle() {
	s.t.Helper()
	s.wait(2 * gather)
}

func (s *stage) wait(d time.Duration) {
	s.t.Helper()
	time.Sleep(d)
	synctest.Wait()
}

// followAll follows users from one number up to before another.
func (s *stage) followAll(from, to int) {
	userIDs := map[string]string{}
	for _, id := range idsOf(from, to) {
		userIDs[id] = id
	}
	s.Follow(following(userIDs))
}

// following says of users no more than who they are.
func following(userIDs map[string]string) map[string]Followed {
	followed := map[string]Followed{}
	for follower, id := range userIDs {
		followed[follower] = Followed{UserID: id}
	}
	return followed
}

// load seeds and follows n users and has them read. Nothing of that is left in what was told and called.
func (s *stage) load(n int) {
	s.t.Helper()
	s.source.seed(0, n)
	s.followAll(0, n)
	s.run(s.source)
	s.settle()
	if r := s.Report(); r.Followed != n || r.Pending != 0 {
		s.t.Fatalf("after loading %d users the report is %+v", n, r)
	}
	s.takeTold()
	s.source.takeCalls()
}

// held is how many users the mirror knows something about.
func (s *stage) held() int {
	s.Mirror.mu.Lock()
	defer s.Mirror.mu.Unlock()
	return len(s.users)
}

func (s *stage) takeTold() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	told := s.told
	s.told = nil
	slices.Sort(told)
	return told
}

// wantTold compares who was told since it was last asked; one that was told twice stands there twice.
func (s *stage) wantTold(want ...string) {
	s.t.Helper()
	got := s.takeTold()
	if want == nil {
		want = []string{}
	}
	if got == nil {
		got = []string{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("told (-want +got):\n%s", diff)
	}
}

// wantSight compares what the mirror shows of users, each in turn: its first name, or its presence if there is no copy.
func (s *stage) wantSight(want string, ids ...string) {
	s.t.Helper()
	for _, id := range ids {
		if got := s.sight(id); got != want {
			s.t.Errorf("the mirror shows %q of %s, want %q", got, id, want)
		}
	}
}

func (s *stage) sight(id string) string {
	sight := s.Look(id, id)
	if sight.Presence == Present {
		return sight.User.FirstName
	}
	return [...]string{Pending: "pending", Doubtful: "doubtful", Absent: "absent", MassAbsent: "mass absent"}[sight.Presence]
}

// confirm reads users by id, as their followers would.
func (s *stage) confirm(ids ...string) {
	for _, id := range ids {
		if u := s.source.get(id); u != nil {
			s.Read(u, s.now())
		} else {
			s.NotFound(id, s.now())
		}
	}
}
