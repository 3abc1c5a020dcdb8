// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

const (
	testDeadline = 10 * time.Second
	us, them     = "us", "them"
)

// fakeLock is a lease whose holder is the last writer.
type fakeLock struct {
	resourcelock.Interface

	holder string
	writes int
	err    error
	// during is called during a write.
	during func()
}

func (f *fakeLock) Identity() string { return us }
func (f *fakeLock) Describe() string { return "operators/clerk-operator" }

func (f *fakeLock) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	return &resourcelock.LeaderElectionRecord{HolderIdentity: f.holder}, nil, f.err
}

func (f *fakeLock) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	return f.Update(ctx, r)
}

func (f *fakeLock) Update(_ context.Context, r resourcelock.LeaderElectionRecord) error {
	f.writes++
	if f.during != nil {
		f.during()
	}
	if f.err == nil {
		f.holder = r.HolderIdentity
	}
	return f.err
}

// guarded is a guard with a lock and clocks that a test moves.
type guarded struct {
	*Guard

	t    *testing.T
	now  instant
	fake *fakeLock
	lock *lock
}

func newGuarded(t *testing.T) *guarded {
	t.Helper()
	g := &guarded{t: t, now: instant{monotonic: time.Hour, wall: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)}, fake: &fakeLock{}}
	g.Guard = newGuard(testDeadline, func() instant { return g.now })
	g.lock = &lock{Interface: g.fake, guard: g.Guard}
	return g
}

// advance moves both clocks. jump moves only the wall clock, as after a pause of a virtual machine or a change of the
// clock.
func (g *guarded) advance(d time.Duration) {
	g.now.monotonic += d
	g.jump(d)
}

func (g *guarded) jump(d time.Duration) { g.now.wall = g.now.wall.Add(d) }

func (g *guarded) renew() error {
	return g.lock.Update(g.t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: us})
}

func (g *guarded) giveBack() error {
	return g.lock.Update(g.t.Context(), resourcelock.LeaderElectionRecord{})
}

func (g *guarded) want(want error) {
	g.t.Helper()
	if err := g.Check(); !errors.Is(err, want) || want == nil && err != nil {
		g.t.Errorf("the check says %v, want %v", err, want)
	}
}

func TestLeaseIsFreshForTheDeadlineAfterItsLastRenewal(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		steps func(g *guarded) error
		want  error
	}{
		"NeverHeld": {func(*guarded) error { return nil }, ErrNotHeld},
		"Created": {func(g *guarded) error {
			return g.lock.Create(g.t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: us})
		}, nil},
		"Taken":                    {(*guarded).renew, nil},
		"AtTheDeadline":            {func(g *guarded) error { defer g.advance(testDeadline); return g.renew() }, nil},
		"PastTheDeadline":          {func(g *guarded) error { defer g.advance(testDeadline + 1); return g.renew() }, ErrLost},
		"PausedVirtualMachine":     {func(g *guarded) error { defer g.jump(testDeadline + 1); return g.renew() }, ErrLost},
		"ClockSetAsMuchAsTolerant": {func(g *guarded) error { defer g.jump(testDeadline); return g.renew() }, nil},
		"ClockSetBack":             {func(g *guarded) error { defer g.jump(-time.Hour); return g.renew() }, nil},
		"ClockSetBackAndFrozen": {func(g *guarded) error {
			defer func() { g.advance(testDeadline + 1); g.jump(-time.Hour) }()
			return g.renew()
		}, ErrLost},
		"RenewedInTime": {func(g *guarded) error {
			err := g.renew()
			g.advance(testDeadline)
			defer g.advance(testDeadline)
			return errors.Join(err, g.renew())
		}, nil},
		"RenewalThatFails": {func(g *guarded) error {
			err := g.renew()
			g.advance(testDeadline)
			g.fake.err = errors.New("no answer")
			if g.renew() == nil {
				return errors.New("a renewal that fails succeeds")
			}
			g.advance(1)
			return err
		}, ErrLost},
		"SlowRenewalCountsFromItsBegin": {func(g *guarded) error {
			g.fake.during = func() { g.advance(testDeadline) }
			defer g.advance(1)
			return g.renew()
		}, ErrLost},
		"GivenBack": {func(g *guarded) error { return errors.Join(g.renew(), g.giveBack()) }, ErrLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t)
			if err := tc.steps(g); err != nil {
				t.Fatal(err)
			}
			g.want(tc.want)
		})
	}
}

// Work that began before another process may have become the leader must not continue, so the lease is not taken again.
func TestLeaseThatWasLostIsNotTakenAgain(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	if err := g.renew(); err != nil {
		t.Fatal(err)
	}
	g.advance(testDeadline + 1)
	g.fake.holder, g.fake.writes = "", 0
	if err := g.renew(); !errors.Is(err, ErrLost) || g.fake.writes > 0 {
		t.Errorf("taking the lease again says %v, with %d writes", err, g.fake.writes)
	}
	g.want(ErrLost)
	g.now = instant{}
	g.want(ErrLost)
}

// client-go clears the holder of a lease at its end without checking who it is.
func TestLeaseOfAnotherIsNotGivenBack(t *testing.T) {
	t.Parallel()
	g := newGuarded(t)
	if err := g.renew(); err != nil {
		t.Fatal(err)
	}
	g.advance(testDeadline + 1)
	g.fake.holder = them
	if err := g.giveBack(); !errors.Is(err, ErrLost) || g.fake.holder != them {
		t.Errorf("giving back what is another's says %v; the holder is %q", err, g.fake.holder)
	}
}

func TestProcessEndsSoonAfterTheLeaseIsLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := NewGuard(testDeadline)
		l := &lock{Interface: &fakeLock{}, guard: g}
		if err := l.Update(t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: us}); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := g.Start(t.Context()); !errors.Is(err, ErrLost) {
			t.Errorf("it ends with %v", err)
		}
		if took := time.Since(began); took <= testDeadline || took > 3*testDeadline/2 {
			t.Errorf("it ends %s after the last renewal", took)
		}
	})
}

func TestGuardEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := NewGuard(testDeadline).Start(ctx); err != nil {
			t.Errorf("one that never led ends with %v", err)
		}
	})
}

func TestMissingRightsAreNamed(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(schema.GroupResource{Group: "coordination.k8s.io", Resource: "leases"}, Name, errors.New("no"))
	for name, request := range map[string]func(g *guarded) error{
		"Get":    func(g *guarded) error { _, _, err := g.lock.Get(g.t.Context()); return err },
		"Create": func(g *guarded) error { return g.lock.Create(g.t.Context(), resourcelock.LeaderElectionRecord{}) },
		"Update": func(g *guarded) error { return g.renew() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t)
			g.fake.err = forbidden
			err := request(g)
			if !apierrors.IsForbidden(err) {
				t.Errorf("the error is %v", err)
			}
			if ended := g.Start(t.Context()); !errors.Is(ended, err) {
				t.Errorf("the process ends with %v, want %v", ended, err)
			}
			g = newGuarded(t)
			if err := g.renew(); err != nil {
				t.Fatal(err)
			}
			g.fake.err = forbidden
			_ = request(g)
			if g.failure != nil {
				t.Errorf("one that leads ends before the lease is lost, with %v", g.failure)
			}
		})
	}
}

// A standby has nothing to renew.
func TestProcessIsAliveUntilItMustEnd(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	for name, tc := range map[string]struct {
		steps func(g *guarded) error
		want  error
	}{
		"Standby":          {func(g *guarded) error { g.advance(time.Hour); return nil }, nil},
		"Leader":           {(*guarded).renew, nil},
		"LeaderAtDeadline": {func(g *guarded) error { defer g.advance(testDeadline); return g.renew() }, nil},
		"CannotRenew":      {func(g *guarded) error { defer g.advance(testDeadline + 1); return g.renew() }, ErrLost},
		"CannotBeHad":      {func(g *guarded) error { g.cannotBeHad(refused); return nil }, refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newGuarded(t)
			if err := tc.steps(g); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if err := g.Alive(); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
					t.Errorf("it is alive: %v, want %v", err, tc.want)
				}
			}
		})
	}
}
