// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

func TestClerkInstancesOfOneClerkInstanceShareWhatItHas(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	limiter, shared := p.Join(ann, firstID, usual())
	if again, m := p.Join(ann, firstID, usual()); again != limiter || m != shared {
		t.Error("the same ClerkInstance is given something else when it joins again")
	}
	if others, m := p.Join(bob, firstID, usual()); others != limiter || m != shared {
		t.Error("two ClerkInstances of one Clerk instance do not share its rate limiter and mirror")
	}
	if others, m := p.Join(eve, secondID, usual()); others == limiter || m == shared {
		t.Error("two Clerk instances share a rate limiter or a mirror")
	}
	if m, found := p.Mirror(firstID); !found || m != shared {
		t.Error("the shared mirror is not found under the id of its instance")
	}
	if _, found := p.Mirror("ins_2Nobody"); found {
		t.Error("a Clerk instance that nobody leads to has a mirror")
	}

	p.Drop(ann)
	if m, found := p.Mirror(firstID); !found || m != shared {
		t.Error("what one ClerkInstance leaves is taken from the other")
	}
	p.Join(bob, secondID, usual())
	if _, found := p.Mirror(firstID); found {
		t.Error("the mirror of an instance that nobody leads to any more is kept")
	}
	if _, m := p.Join(ann, firstID, usual()); m == shared {
		t.Error("who comes back is given the copies of before")
	}
}

// tokens returns how many calls a rate limiter allows at once after a pause.
func (s *environment) tokens(limiter *clerk.RateLimiter) int {
	s.t.Helper()
	time.Sleep(time.Minute)
	client := s.client("key-1", limiter).For(ratelimit.Caller{ID: "test", Level: ratelimit.Interactive})
	for n := 0; ; n++ {
		if _, err := client.CountUsers(s.t.Context()); err != nil {
			if _, waiting := clerk.Waiting(err); !waiting {
				s.t.Fatal(err)
			}
			return n
		}
	}
}

func TestSmallestBudgetHolds(t *testing.T) {
	t.Parallel()
	budget := func(n int) Terms { return Terms{RequestsPer10s: n, Interval: time.Minute, FullInterval: time.Hour} }
	tests := map[string]struct {
		then func(p *Pool)
		want int
	}{
		"One":               {func(p *Pool) { p.Drop(bob) }, 200},
		"SmallerOfTwo":      {func(*Pool) {}, 100},
		"LargerMakesNone":   {func(p *Pool) { p.Join(eve, firstID, budget(500)) }, 100},
		"SmallerOfThree":    {func(p *Pool) { p.Join(eve, firstID, budget(50)) }, 50},
		"NewTerms":          {func(p *Pool) { p.Join(bob, firstID, budget(150)) }, 150},
		"NewTermsOfAnother": {func(p *Pool) { p.Join(ann, firstID, budget(60)) }, 60},
		"NoneSaid":          {func(p *Pool) { p.Join(eve, firstID, budget(0)) }, 100},
		"GoneElsewhere":     {func(p *Pool) { p.Join(bob, secondID, budget(10)) }, 200},
		"OthersInstance":    {func(p *Pool) { p.Join(eve, secondID, budget(10)) }, 100},
		"UnusableCountsOn":  {func(p *Pool) { p.Set(bob, State{Problem: "no key"}) }, 100},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newEnvironment(t)
				limiter, _ := s.pool.Join(ann, firstID, budget(200))
				s.pool.Join(bob, firstID, budget(100))
				tc.then(s.pool)
				want := s.tokens(clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: tc.want, Now: time.Now}))
				if got := s.tokens(limiter); got != want {
					t.Errorf("%d calls are let through at once, want %d as with a budget of %d", got, want, tc.want)
				}
			})
		})
	}
}

func TestShortestIntervalsHold(t *testing.T) {
	t.Parallel()
	each := func(interval, full time.Duration) Terms {
		return Terms{RequestsPer10s: 1000, Interval: interval, FullInterval: full}
	}
	tests := map[string]struct {
		then              func(s *environment)
		incremental, full int64
	}{
		"One":            {func(*environment) {}, 12, 4},
		"ShorterOfTwo":   {func(s *environment) { s.pool.Join(bob, firstID, each(time.Minute, 2*time.Hour)) }, 240, 4},
		"EachTheOther":   {func(s *environment) { s.pool.Join(bob, firstID, each(time.Hour, 30*time.Minute)) }, 12, 8},
		"ShorterIsGone":  {func(s *environment) { s.pool.Join(bob, firstID, each(time.Minute, time.Minute)); s.pool.Drop(bob) }, 12, 4},
		"OthersInstance": {func(s *environment) { s.pool.Join(bob, secondID, each(time.Minute, time.Minute)) }, 12, 4},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newEnvironment(t)
				s.join(ann, firstID, "key-1", each(20*time.Minute, time.Hour))
				tc.then(s)
				defer s.start()()
				m := s.mirror(firstID)
				m.Follow(nil)
				time.Sleep(time.Second)
				before := m.Report()
				time.Sleep(4*time.Hour + time.Second)
				after := m.Report()
				if got := after.IncrementalSyncs - before.IncrementalSyncs; got != tc.incremental {
					t.Errorf("in four hours %d incremental syncs, want %d", got, tc.incremental)
				}
				if got := after.FullSyncs - before.FullSyncs; got != tc.full {
					t.Errorf("in four hours %d full syncs, want %d", got, tc.full)
				}
			})
		})
	}
}

// The mirror reads with one key while that key is valid, and continues with another one.
func TestMirrorReadsWithTheKeyOfAMember(t *testing.T) {
	t.Parallel()
	refused := State{Problem: "Clerk rejects the key"}
	tests := map[string]struct {
		then func(s *environment)
		want []string
	}{
		"NothingHappens":   {func(*environment) {}, []string{"key-1"}},
		"AnotherIsDropped": {func(s *environment) { s.pool.Drop(bob) }, []string{"key-1"}},
		"AnotherIsRefused": {func(s *environment) { s.pool.Set(bob, refused) }, []string{"key-1"}},
		"AnotherComes": {func(s *environment) {
			s.join(types.NamespacedName{Namespace: "a", Name: "a"}, firstID, "key-3", usual())
		}, []string{"key-1"}},
		"ItsOwnIsDropped":     {func(s *environment) { s.pool.Drop(ann) }, []string{"key-2"}},
		"ItsOwnIsRefused":     {func(s *environment) { s.pool.Set(ann, refused) }, []string{"key-2"}},
		"ItsOwnGoesElsewhere": {func(s *environment) { s.pool.Join(ann, secondID, usual()) }, []string{"key-2"}},
		"ItsOwnIsRotated":     {func(s *environment) { s.join(ann, firstID, "key-3", usual()) }, []string{"key-3"}},
		"ItsOwnComesBackLater": {func(s *environment) {
			s.pool.Set(ann, refused)
			time.Sleep(time.Second)
			s.join(ann, firstID, "key-1", usual())
		}, []string{"key-2"}},
		"OnlyOneIsRotated": {func(s *environment) { s.pool.Drop(bob); s.join(ann, firstID, "key-3", usual()) }, []string{"key-3"}},
		"ConnectionIsElsewhere": {func(s *environment) {
			s.pool.Set(ann, usableWith(secondID, s.client("key-4", clerk.NewRateLimiter(clerk.RateLimiterConfig{})), nil))
		}, []string{"key-2"}},
		"AllAreRefused": {func(s *environment) { s.pool.Set(ann, refused); s.pool.Set(bob, refused) }, nil},
		"AllAreDropped": {func(s *environment) { s.pool.Drop(ann); s.pool.Drop(bob) }, nil},
		"OneIsCured": {func(s *environment) {
			s.pool.Set(ann, refused)
			s.pool.Set(bob, refused)
			time.Sleep(time.Minute)
			s.join(ann, firstID, "key-1", usual())
		}, []string{"key-1"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newEnvironment(t)
				user := s.first.Seed(emulator.User{Username: ptrTo("somebody")})
				s.join(ann, firstID, "key-1", usual())
				s.join(bob, firstID, "key-2", usual())
				m := s.mirror(firstID)
				m.Follow(map[string]mirror.Followed{"uid": {UserID: user.ID}})
				time.Sleep(10 * time.Minute)
				if got := keysUsed(s.first); got != nil {
					t.Fatalf("before its start the pool calls with %v", got)
				}
				defer s.start()()
				time.Sleep(10 * time.Minute)
				if diff := cmp.Diff([]string{"key-1"}, keysUsed(s.first)); diff != "" {
					t.Fatalf("at first read with (-want +got):\n%s", diff)
				}
				// Between two incremental syncs, so that none is under way.
				time.Sleep(30 * time.Second)
				s.first.ResetJournal()
				tc.then(s)
				time.Sleep(10*time.Minute + time.Second)
				if diff := cmp.Diff(tc.want, keysUsed(s.first)); diff != "" {
					t.Errorf("then read with (-want +got):\n%s", diff)
				}
				if r := m.Report(); r.FullSyncs != 1 || r.Pending != 0 {
					t.Errorf("the mirror begins anew: %+v", r)
				}
			})
		})
	}
}

func ptrTo[T any](v T) *T { return &v }

func TestMirrorIsNotDisturbedByWhatIsNoNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		s.join(ann, firstID, "key-1", usual())
		s.join(bob, firstID, "key-2", usual())
		s.server.InjectFault(emulator.Fault{Path: "/users/count", Delay: 5 * time.Second})
		defer s.start()()
		s.mirror(firstID).Follow(nil)
		time.Sleep(time.Second)
		state, _ := s.pool.State(ann)
		s.pool.Set(ann, state)
		s.pool.Join(ann, firstID, usual())
		s.pool.Join(bob, firstID, Terms{RequestsPer10s: 500, Interval: time.Minute, FullInterval: time.Hour})
		s.pool.Drop(bob)
		time.Sleep(10 * time.Second)
		if counts := s.first.Journal().Matching("GET", "/users/count"); len(counts) != 1 {
			t.Errorf("the first call was made %d times, want it to be let be", len(counts))
		}
	})
}

// The bubble fails the test if a goroutine is left.
func TestMirrorsEndWithThePool(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		s.join(ann, firstID, "key-1", usual())
		s.join(eve, secondID, "key-4", usual())
		m := s.mirror(firstID)
		m.Follow(nil)
		for round := range 3 {
			stop := s.start()
			time.Sleep(10*time.Minute + 30*time.Second)
			if keysUsed(s.first) == nil {
				t.Fatalf("round %d: the mirror does not run", round)
			}
			stop()
			time.Sleep(10 * time.Minute)
			s.join(bob, firstID, "key-2", usual())
			time.Sleep(10 * time.Minute)
			if got := keysUsed(s.first); got != nil {
				t.Fatalf("round %d: after its end the pool calls with %v", round, got)
			}
		}
		if r := m.Report(); r.FullSyncs != 2 {
			t.Errorf("in an hour and a half everything was compared %d times, want 2, however often the pool began", r.FullSyncs)
		}
	})
}

// A call that is under way when the pool stops may take its time.
func TestPoolEndsAfterItsMirrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		limiter, m := s.pool.Join(ann, firstID, usual())
		var atWork atomic.Bool
		client, err := clerk.New(clerk.Config{Key: clerk.NewSecret(secret("key-1")), RateLimiter: limiter, Now: time.Now, Transport: carrier(func(*http.Request) (*http.Response, error) {
			atWork.Store(true)
			time.Sleep(5 * time.Second)
			atWork.Store(false)
			return nil, io.EOF
		})})
		if err != nil {
			t.Fatal(err)
		}
		s.pool.Set(ann, usableWith(firstID, client, m))
		m.Follow(nil)
		stop := s.start()
		time.Sleep(time.Second)
		if !atWork.Load() {
			t.Fatal("the mirror makes no call")
		}
		stop()
		if atWork.Load() {
			t.Error("the pool has ended, and a mirror is still at work")
		}
	})
}

// carrier answers calls.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

func TestNoGoroutineIsLeftOfInstancesThatComeAndGo(t *testing.T) {
	before := runtime.NumGoroutine()
	s := newEnvironment(t)
	stop := s.start()
	for i := range 50 {
		id := fmt.Sprint("ins_2Round", i)
		s.join(ann, id, "key-1", usual())
		s.join(bob, id, "key-2", usual())
		s.mirror(id).Follow(nil)
		s.pool.Drop(ann)
		s.pool.Drop(bob)
	}
	deadline := time.Now().Add(10 * time.Second)
	for runtime.NumGoroutine() > before+1 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if n := runtime.NumGoroutine(); n > before+1 {
		t.Errorf("%d goroutines run, want the pool's own beside the %d there were", n, before)
	}
	stop()
	if n := len(s.pool.shared) + len(s.pool.states); n != 0 {
		t.Errorf("%d shared instances and states are kept of instances that are gone", n)
	}
}

func TestHooksReachTheMembersOfTheirInstance(t *testing.T) {
	t.Parallel()
	both := []types.NamespacedName{ann, bob}
	tests := map[string]struct {
		then  func(s *environment, client *clerk.Client)
		queue func(p *Pool) *DedupQueue[types.NamespacedName]
	}{
		"KeyRefused": {func(s *environment, client *clerk.Client) {
			s.first.RevokeKey(secret("key-3"))
			if _, err := client.CountUsers(s.t.Context()); !clerk.Unauthorized(err) {
				s.t.Errorf("with a revoked key: %v", err)
			}
		}, (*Pool).KeyChecks},
		"KeyAcceptedAgain": {func(s *environment, client *clerk.Client) {
			s.first.RevokeKey(secret("key-3"))
			_, _ = client.CountUsers(s.t.Context())
			s.first.AddKey(secret("key-3"))
			time.Sleep(time.Minute)
			if _, err := client.CountUsers(s.t.Context()); err != nil {
				s.t.Error(err)
			}
		}, (*Pool).Changed},
		"FullSyncAgain": {func(*environment, *clerk.Client) { time.Sleep(time.Hour) }, (*Pool).Changed},
		"UsersCounted": {func(s *environment, _ *clerk.Client) {
			s.first.Seed(emulator.User{Username: ptrTo("another")})
			time.Sleep(time.Hour)
		}, (*Pool).Reported},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newEnvironment(t)
				for _, name := range both {
					s.join(name, firstID, "key-1", usual())
				}
				s.join(eve, secondID, "key-4", Terms{Interval: time.Hour, FullInterval: 24 * time.Hour})
				defer s.start()()
				s.mirror(firstID).Follow(nil)
				s.mirror(secondID).Follow(nil)
				time.Sleep(time.Minute)
				for _, queue := range []*DedupQueue[types.NamespacedName]{s.pool.Changed(), s.pool.KeyChecks(), s.pool.Reported()} {
					queue.Take()
				}
				limiter, _ := s.pool.Join(ann, firstID, usual())
				tc.then(s, s.client("key-3", limiter).For(ratelimit.Caller{ID: "test", Level: ratelimit.Interactive}))
				synctest.Wait()
				if diff := cmp.Diff(both, received(tc.queue(s.pool))); diff != "" {
					t.Errorf("told (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestMirrorThatReadsAnotherInstanceHasItsKeysChecked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		s.join(ann, firstID, "key-4", usual())
		s.join(eve, secondID, "key-4", usual())
		follows := map[string]mirror.Followed{}
		for i := range 10 {
			follows[fmt.Sprint("uid-", i)] = mirror.Followed{UserID: s.first.Seed(emulator.User{Username: ptrTo(fmt.Sprint("somebody", i))}).ID}
		}
		defer s.start()()
		s.mirror(firstID).Follow(follows)
		time.Sleep(time.Second)
		if diff := cmp.Diff([]types.NamespacedName{ann}, received(s.pool.KeyChecks())); diff != "" {
			t.Errorf("doubted (-want +got):\n%s", diff)
		}
		if told := s.pool.ChangedUsers().Take(); len(told) != 0 {
			t.Errorf("%v are told that their users are missing", told)
		}
	})
}

func TestFollowersAreNotifiedAboutTheirUsers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		s.join(ann, firstID, "key-1", usual())
		user := s.first.Seed(emulator.User{Username: ptrTo("somebody")})
		defer s.start()()
		s.mirror(firstID).Follow(map[string]mirror.Followed{"uid-1": {UserID: user.ID}, "uid-2": {UserID: user.ID}})
		time.Sleep(time.Second)
		if got := s.pool.ChangedUsers().Take(); len(got) != 2 {
			t.Errorf("told are %v, want both", got)
		}
		time.Sleep(time.Hour)
		if got := s.pool.ChangedUsers().Take(); len(got) != 0 {
			t.Errorf("told are %v of a user that is as it was", got)
		}
		if _, err := s.first.Edit(user.ID, func(u *emulator.User) { u.Banned = true }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := s.pool.ChangedUsers().Take(); len(got) != 2 {
			t.Errorf("told are %v of a user that was changed, want both", got)
		}
	})
}
