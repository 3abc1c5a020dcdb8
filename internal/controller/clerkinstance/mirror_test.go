// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// reconcile makes one reconciliation of the ClerkInstance and returns it as it is stored then.
func (s *fixture) reconcile(t *testing.T) *v1alpha1.ClerkInstance {
	t.Helper()
	if _, err := s.r.Reconcile(t.Context(), read(t, s.r)); err != nil {
		t.Fatal(err)
	}
	return read(t, s.r)
}

// awaken runs the mirrors until the test ends, and returns the one of the instance.
func (s *fixture) awaken(t *testing.T) *mirror.Mirror {
	t.Helper()
	shared, found := s.r.Pool.Mirror(s.clerk.ID())
	if !found {
		t.Fatal("the instance has no mirror")
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.r.Pool.Start(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Start() = %v", err)
		}
	})
	shared.Follow(nil)
	return shared
}

// await lets ten seconds pass on the clock again and again until the mirror reports what is waited for, and fails unless
// the instance is then to be looked at.
func (s *fixture) await(t *testing.T, shared *mirror.Mirror, done func(mirror.Report) bool) {
	t.Helper()
	told := make(chan types.NamespacedName, 100)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	go s.r.Pool.Reported().Receive(ctx, func(names []types.NamespacedName) {
		for _, name := range names {
			told <- name
		}
	})
	for !done(shared.Report()) {
		if ctx.Err() != nil {
			t.Fatalf("the mirror reports %+v", shared.Report())
		}
		time.Sleep(2 * time.Millisecond)
		s.clock.advance(10 * time.Second)
	}
	select {
	case name := <-told:
		if name != prod {
			t.Errorf("%s is to be looked at, want %s", name, prod)
		}
	case <-ctx.Done():
		t.Error("the instance is not looked at, although its mirror has news")
	}
}

func TestUsersAreCountedByTheMirror(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	for _, name := range []string{"a", "b", "c"} {
		s.clerk.Seed(emulator.User{Username: ptr.To("somebody" + name)})
	}
	if err := s.r.Client.Create(t.Context(), s.instance); err != nil {
		t.Fatal(err)
	}
	if got := s.reconcile(t).Status.Users; got != nil {
		t.Errorf("before anybody counted there are %d users", *got)
	}
	shared := s.awaken(t)
	s.await(t, shared, func(r mirror.Report) bool { return r.Users != nil })
	before := len(s.clerk.Journal())
	if got := s.reconcile(t).Status.Users; got == nil || *got != 3 {
		t.Errorf("users are %v, want 3", got)
	}
	if calls := s.clerk.Journal()[before:].Matching("GET", "/users/count"); len(calls) != 0 {
		t.Error("the reconciliation counts for itself")
	}
	for _, name := range []string{"a", "b", "c", "d"} {
		user := bound("team-a", name)
		if err := s.r.Client.Create(t.Context(), &user); err != nil {
			t.Fatal(err)
		}
	}
	s.clock.advance(defaultCountInterval)
	if got := s.reconcile(t).Status.Users; got == nil || *got != 4 {
		t.Errorf("users are %v, want at least the 4 that are managed", got)
	}
}

// Users are kept from their work by a key that is no good, but not by lists that cannot be read.
func TestMirrorThatReadsNothingIsToldButKeepsNobodyFromWork(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.instance.Spec.Drift = &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: time.Millisecond}}
	if err := s.r.Client.Create(t.Context(), s.instance); err != nil {
		t.Fatal(err)
	}
	s.reconcile(t)
	opened, _ := s.r.Pool.State(prod)
	fault := s.server.InjectFault(emulator.Fault{Path: "/users/**", Status: 503, Times: -1})
	shared := s.awaken(t)
	s.await(t, shared, func(r mirror.Report) bool { return r.Stale })
	if got := saidBy(s.reconcile(t)); got["Ready"].Reason != v1alpha1.ReasonMirrorStale || got["Ready"].Status != "False" || len(got) != 1 {
		t.Errorf("with a stale mirror: %+v", got)
	}
	if state, _ := s.r.Pool.State(prod); state != opened {
		t.Errorf("users are given %+v, want the connection that they had", state)
	}
	s.server.RemoveFault(fault)
	s.await(t, shared, func(r mirror.Report) bool { return !r.Stale })
	if got := saidBy(s.reconcile(t))["Ready"]; got.Reason != v1alpha1.ReasonKeyAccepted || got.Status != "True" {
		t.Errorf("when the mirror reads again: %+v", got)
	}
}

func TestClerkInstancesOfOneClerkInstanceAreConnectedToOneMirror(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	first, _, err := s.connect(t)
	if err != nil {
		t.Fatal(err)
	}
	const other = "sk_test_OtherOtherOther"
	s.clerk.AddKey(other)
	secret := newTestSecret(other)
	secret.Namespace = "team-a"
	if err := s.r.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	theirs := s.instance.DeepCopy()
	theirs.Namespace, theirs.UID = "team-a", "their-uid"
	second, _, err := s.r.connect().run(t.Context(), theirs)
	if err != nil {
		t.Fatal(err)
	}
	if second == first || second.Client == first.Client || second.Mirror != first.Mirror {
		t.Error("two keys of an instance are not two ways to one mirror")
	}
	s.r.Pool.Drop(prod)
	if shared, found := s.r.Pool.Mirror(s.clerk.ID()); !found || shared != second.Mirror {
		t.Error("the mirror goes with the first of those that use it")
	}
}

// A budget that was changed holds for the connection that users have, and costs no call.
func TestBudgetOfTheSpecHoldsWithoutAnotherCheck(t *testing.T) {
	t.Parallel()
	tokens := func(s *fixture, client *clerk.Client) (n int) {
		t.Helper()
		s.clock.advance(time.Minute)
		for {
			if _, err := client.CountUsers(t.Context()); err != nil {
				if _, waiting := clerk.Waiting(err); !waiting {
					t.Fatal(err)
				}
				return n
			}
			n++
		}
	}
	s := newFixture(t)
	c, _, err := s.connect(t)
	if err != nil {
		t.Fatal(err)
	}
	usual := tokens(s, c.Client)
	for _, step := range []struct {
		requests int32
		more     bool
	}{{20, false}, {500, true}} {
		s.instance.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: &step.requests}
		if again, _, err := s.connect(t); err != nil || again != c {
			t.Fatalf("connect() = %v, %v; want the connection of before", again, err)
		}
		if got := tokens(s, c.Client); got == usual || got > usual != step.more {
			t.Errorf("with %d requests in 10 s %d calls are let through at once, with the usual 50 it is %d", step.requests, got, usual)
		}
	}
	if n := len(s.clerk.Journal().Matching("GET", "/instance")); n != 1 {
		t.Errorf("Clerk was asked about the key %d times, want once", n)
	}
}

// A reconciliation that comes before the key is probed must not ask again.
func TestRefusedKeyIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.clerk.RevokeKey(testKey)
	asked := func() int { return len(s.server.Journal().Matching("GET", "/instance")) }
	for range 5 {
		if _, _, err := s.connect(t); !clerk.Unauthorized(err) {
			t.Fatalf("connect() = %v, want the key refused", err)
		}
	}
	if n := asked(); n != 1 {
		t.Errorf("five reconciliations at the same time asked %d times, want once", n)
	}
	if _, found := s.r.Pool.Mirror(s.clerk.ID()); found {
		t.Error("a key that leads nowhere has a mirror")
	}
	s.clerk.AddKey(testKey)
	s.clock.advance(time.Minute)
	if _, _, err := s.connect(t); err != nil {
		t.Errorf("with a good key: %v", err)
	}
}
