// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// person is what is compared of a user: what it is at Clerk, and what it is declared to be.
type person struct {
	UID       string
	Addresses []string
	Metadata  map[string]any
}

// expectDeclared waits until the users at Clerk are those that are declared, one for each object and nothing left over.
func (env *environment) expectDeclared() {
	env.t.Helper()
	env.eventually("Clerk to have what is declared and nothing else", func() error {
		declared, err := env.declared()
		if err != nil {
			return err
		}
		if diff := cmp.Diff(declared, env.held()); diff != "" {
			return fmt.Errorf("users (-declared +at Clerk):\n%s", diff)
		}
		return nil
	})
	if known, all := env.traffic.known(); known < all/2 {
		env.t.Errorf("of %d writes to Clerk the sender of %d is known: this test does not see who writes", all, known)
	}
}

func (env *environment) declared() ([]person, error) {
	users := &v1alpha1.ClerkUserList{}
	if err := env.client.List(env.t.Context(), users, client.InNamespace(env.namespace)); err != nil {
		return nil, fmt.Errorf("listing ClerkUsers: %w", err)
	}
	var all []person
	for i := range users.Items {
		user := &users.Items[i]
		p := person{UID: string(user.UID), Metadata: map[string]any{}}
		for _, email := range user.Spec.EmailAddresses {
			p.Addresses = append(p.Addresses, email.Address)
		}
		if err := json.Unmarshal(user.Spec.PublicMetadata.Raw, &p.Metadata); err != nil {
			return nil, fmt.Errorf("reading metadata: %w", err)
		}
		all = append(all, p)
	}
	return sorted(all), nil
}

func (env *environment) held() []person {
	var all []person
	for _, user := range env.clerk.Users() {
		all = append(all, person{UID: markedUID(user), Addresses: addresses(user), Metadata: user.PublicMetadata})
	}
	return sorted(all)
}

func addresses(user *emulator.User) []string {
	var all []string
	for _, email := range user.EmailAddresses {
		all = append(all, email.EmailAddress)
	}
	return all
}

// markedUID is the uid of the object that the owner mark names.
func markedUID(user *emulator.User) string {
	mark, _ := user.PrivateMetadata[v1alpha1.OwnerKey].(string)
	parts := strings.Fields(mark)
	if len(parts) < 4 {
		return "unmarked"
	}
	return parts[3]
}

func sorted(all []person) []person {
	for _, p := range all {
		slices.Sort(p.Addresses)
	}
	slices.SortFunc(all, func(a, b person) int { return strings.Compare(a.UID+a.Addresses[0], b.UID+b.Addresses[0]) })
	return all
}

// transitions counts how often Ready of each ClerkUser took another status or reason.
type transitions struct {
	mu    sync.Mutex
	last  map[string]string
	count map[string]int
	seen  map[string][]string
}

func watchTransitions(t *testing.T, c client.WithWatch, namespace string) *transitions {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	watcher, err := c.Watch(ctx, &v1alpha1.ClerkUserList{}, client.InNamespace(namespace))
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	counted := &transitions{last: map[string]string{}, count: map[string]int{}, seen: map[string][]string{}}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for event := range watcher.ResultChan() {
			counted.note(event)
		}
	}()
	t.Cleanup(func() {
		watcher.Stop()
		cancel()
		<-done
	})
	return counted
}

func (c *transitions) note(event watch.Event) {
	user, ok := event.Object.(*v1alpha1.ClerkUser)
	if !ok {
		return
	}
	ready := apimeta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	is := string(ready.Status) + " " + ready.Reason
	if c.last[user.Name] != is {
		c.last[user.Name] = is
		c.count[user.Name]++
		c.seen[user.Name] = append(c.seen[user.Name], is+": "+ready.Message)
	}
}

// expectAtMost fails for objects whose Ready changed more often.
func (c *transitions) expectAtMost(t *testing.T, limit int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, count := range c.count {
		if count > limit {
			t.Errorf("Ready of ClerkUser %s changed %d times, want at most %d: %v", name, count, limit, c.seen[name])
		}
	}
}
