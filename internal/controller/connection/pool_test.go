// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

var prod = types.NamespacedName{Namespace: "platform", Name: "prod"}

func usable(id string) State {
	return State{Connection: &Connection{InstanceID: id, Environment: v1alpha1.EnvironmentProduction}}
}

func TestPoolAnnouncesWhatUsersHaveToKnow(t *testing.T) {
	t.Parallel()
	same := usable("ins_1")
	tests := map[string]struct {
		before *State
		set    State
		want   bool
	}{
		"FirstConnection":        {nil, usable("ins_1"), true},
		"FirstProblem":           {nil, State{Problem: "no key"}, true},
		"FirstOfNothing":         {nil, State{}, true},
		"SameConnection":         {&same, same, false},
		"ConnectionCheckedAgain": {&same, usable("ins_1"), true},
		"AnotherInstance":        {&same, usable("ins_2"), true},
		"ConnectionLost":         {&same, State{Problem: "no key"}, true},
		"ConnectionRegained":     {&State{Problem: "no key"}, usable("ins_1"), true},
		"SameProblem":            {&State{Problem: "no key"}, State{Problem: "no key"}, false},
		"AnotherProblem":         {&State{Problem: "no key"}, State{Problem: "no Secret"}, true},
		"AnotherGeneration":      {&State{Problem: "no key", Generation: 1}, State{Problem: "no key", Generation: 2}, true},
		"AnotherObject":          {&State{Problem: "no key", UID: "a"}, State{Problem: "no key", UID: "b"}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewPool(time.Now)
			if tc.before != nil {
				p.Set(prod, *tc.before)
				received(p.Changed())
			}
			p.Set(prod, tc.set)
			var want []types.NamespacedName
			if tc.want {
				want = append(want, prod)
			}
			if diff := cmp.Diff(want, received(p.Changed())); diff != "" {
				t.Errorf("announced (-want +got):\n%s", diff)
			}
			if s, known := p.State(prod); !known || s != tc.set {
				t.Errorf("the state is %+v, known %t; want what was set", s, known)
			}
		})
	}
}

func TestPoolKnowsOnlyWhatWasSet(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	if _, known := p.State(prod); known {
		t.Error("an empty pool knows an instance")
	}
	p.Join(prod, "ins_1", Terms{})
	if _, known := p.State(prod); known {
		t.Error("an instance that was not looked at to the end is known")
	}
	p.Set(prod, usable("ins_1"))
	if _, known := p.State(types.NamespacedName{Namespace: "other", Name: "prod"}); known {
		t.Error("an instance of that name in another namespace is known")
	}
	received(p.Changed())
	p.Drop(prod)
	if s, known := p.State(prod); known || s.Connection != nil {
		t.Error("a dropped instance is known")
	}
	p.Drop(prod)
	p.Set(prod, usable("ins_1"))
	if got := received(p.Changed()); len(got) != 1 {
		t.Errorf("an instance that came back was announced %d times, want once", len(got))
	}
}

func TestKeyCheckIsDeliveredOnce(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	for range 1000 {
		p.RequestKeyCheck(prod)
	}
	if got := received(p.KeyChecks()); len(got) != 1 || got[0] != prod {
		t.Errorf("doubts are received of %v, want one of the instance", got)
	}
	if len(received(p.Changed())) != 0 || len(received(p.Reported())) != 0 || len(p.ChangedUsers().Take()) != 0 {
		t.Error("a doubt was announced as something else")
	}
}

// Run with the race detector.
func TestPoolIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	s := newEnvironment(t)
	ctx, cancel := context.WithCancel(t.Context())
	var others, workers sync.WaitGroup
	others.Go(func() { _ = s.pool.Start(ctx) })
	for _, queue := range []*DedupQueue[types.NamespacedName]{s.pool.Changed(), s.pool.KeyChecks(), s.pool.Reported()} {
		others.Go(func() { queue.Receive(ctx, func([]types.NamespacedName) {}) })
	}
	others.Go(func() { s.pool.ChangedUsers().Receive(ctx, func([]string) {}) })
	for i := range 8 {
		workers.Go(func() {
			name := types.NamespacedName{Name: fmt.Sprint(i % 3)}
			for n := range 100 {
				id := []string{firstID, secondID}[n%2]
				s.join(name, id, "key-1", Terms{RequestsPer10s: 1 + n, Interval: time.Minute, FullInterval: time.Hour})
				if m, found := s.pool.Mirror(id); found {
					m.Follow(map[string]mirror.Followed{name.Name: {UserID: fmt.Sprint("user_2Pool", n%5)}})
				}
				s.pool.State(name)
				s.pool.RequestKeyCheck(name)
				if n%3 == 0 {
					s.pool.Set(name, State{Problem: "no key"})
				}
				if n%5 == 0 {
					s.pool.Drop(name)
				}
			}
		})
	}
	workers.Wait()
	cancel()
	others.Wait()
}
