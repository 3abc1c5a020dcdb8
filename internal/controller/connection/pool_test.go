// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

var prod = types.NamespacedName{Namespace: "platform", Name: "prod"}

func usable(id string) State {
	return State{Connection: &Connection{InstanceID: id, Environment: v1alpha1.EnvironmentProduction}}
}

// heard empties a channel of announcements.
func heard(from <-chan types.NamespacedName) []types.NamespacedName {
	var all []types.NamespacedName
	for {
		select {
		case name := <-from:
			all = append(all, name)
		default:
			return all
		}
	}
}

func TestPoolAnnouncesWhatUsersHaveToKnow(t *testing.T) {
	t.Parallel()
	same := usable("ins_1")
	tests := map[string]struct {
		before *State
		set    State
		want   bool
	}{
		"FirstConnection":    {nil, usable("ins_1"), true},
		"FirstProblem":       {nil, State{Problem: "no key"}, true},
		"SameConnection":     {&same, same, false},
		"AnotherInstance":    {&same, usable("ins_2"), true},
		"ConnectionLost":     {&same, State{Problem: "no key"}, true},
		"ConnectionRegained": {&State{Problem: "no key"}, usable("ins_1"), true},
		"SameProblem":        {&State{Problem: "no key"}, State{Problem: "no key"}, false},
		"AnotherProblem":     {&State{Problem: "no key"}, State{Problem: "no Secret"}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := NewPool(time.Now)
			if tc.before != nil {
				p.Set(prod, *tc.before)
				heard(p.Changed())
			}
			p.Set(prod, tc.set)
			got := heard(p.Changed())
			if tc.want != (len(got) == 1 && got[0] == prod) || len(got) > 1 {
				t.Errorf("announced were %v, want one: %t", got, tc.want)
			}
			if s, known := p.State(prod); !known || s != tc.set {
				t.Errorf("the state is %+v, known %t; want what was set", s, known)
			}
		})
	}
}

func TestPoolTakesTheNewConnectionAlsoWhereItAnnouncesNothing(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	p.Set(prod, usable("ins_1"))
	rotated := usable("ins_1")
	p.Set(prod, rotated)
	if s, _ := p.State(prod); s.Connection != rotated.Connection {
		t.Error("users are still given the connection with the old key")
	}
}

func TestPoolKnowsOnlyWhatWasSet(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	if _, known := p.State(prod); known {
		t.Error("an empty pool knows an instance")
	}
	p.Set(prod, usable("ins_1"))
	if _, known := p.State(types.NamespacedName{Namespace: "other", Name: "prod"}); known {
		t.Error("an instance of that name in another namespace is known")
	}
	heard(p.Changed())
	p.Drop(prod)
	if s, known := p.State(prod); known || s.Connection != nil {
		t.Error("a dropped instance is known")
	}
	p.Drop(prod)
	p.Set(prod, usable("ins_1"))
	if got := heard(p.Changed()); len(got) != 1 {
		t.Errorf("an instance that came back was announced %d times, want once", len(got))
	}
}

func TestPoolSharesAMirrorByInstanceID(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	first := p.Mirror("ins_1")
	if p.Mirror("ins_1") != first {
		t.Error("the same instance has two mirrors")
	}
	if p.Mirror("ins_1") == p.Mirror("ins_2") {
		t.Error("two instances share a mirror")
	}
}

func TestDoubtNeverBlocks(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	for range 3 * backlog {
		p.Doubt(prod)
	}
	got := heard(p.Doubted())
	if len(got) == 0 || got[0] != prod {
		t.Errorf("%d doubts are heard, want at least one about the instance", len(got))
	}
	if len(heard(p.Changed())) != 0 {
		t.Error("a doubt was announced as a change")
	}
}

// Run with the race detector.
func TestPoolIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	p := NewPool(time.Now)
	stop := make(chan struct{})
	var reader, workers sync.WaitGroup
	reader.Go(func() {
		for {
			select {
			case <-p.Changed():
			case <-p.Doubted():
			case <-stop:
				return
			}
		}
	})
	for i := range 8 {
		workers.Go(func() {
			name := types.NamespacedName{Name: fmt.Sprint(i % 3)}
			for n := range 500 {
				p.Set(name, usable(fmt.Sprint("ins_", n%2)))
				p.State(name)
				p.Mirror(fmt.Sprint("ins_", n%5))
				p.Doubt(name)
				p.Drop(name)
			}
		})
	}
	workers.Wait()
	close(stop)
	reader.Wait()
}
