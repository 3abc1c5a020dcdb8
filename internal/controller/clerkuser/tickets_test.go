// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// ration gives the stage a budget that is smaller than what is to be done.
func (s *stage) ration(requestsPer10s int) {
	s.t.Helper()
	state, _ := s.Pool.State(instanceName(newTestInstance()))
	client, err := clerk.New(clerk.Config{
		APIURL: s.url, Key: clerk.NewSecret(s.clerk.Key()), Now: s.clock.now,
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: requestsPer10s, Now: s.clock.now}),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	state.Connection.Client = client
}

// passUntil makes passes over the objects when each is due, until done, and returns how long that took by the clock. One
// that is not to be looked at again is left alone.
func (s *stage) passUntil(names []string, patience time.Duration, done func() bool) time.Duration {
	s.t.Helper()
	begin, due := s.clock.at, map[string]time.Time{}
	for !done() {
		next := names[0]
		for _, name := range names {
			if due[name].Before(due[next]) {
				next = name
			}
		}
		if due[next].After(s.clock.at) {
			s.clock.at = due[next]
		}
		if s.clock.at.Sub(begin) > patience {
			s.t.Fatalf("not done after %s and %d calls", patience, len(s.clerk.Journal()))
		}
		due[next] = s.clock.at.Add(2 * patience)
		if again := s.pass(next).RequeueAfter; again > 0 {
			due[next] = s.clock.at.Add(again)
		}
	}
	return s.clock.at.Sub(begin)
}

// A pass that has to wait for a ticket must not spend the one it gets on what it did before, or many objects that each
// need two calls keep one another from ever making the second.
func TestManyObjectsShareASmallBudget(t *testing.T) {
	t.Parallel()
	const many = 30
	tests := map[string]struct {
		before func(*v1alpha1.ClerkUser)
		change func(s *stage, name string)
	}{
		"Edited": {
			func(*v1alpha1.ClerkUser) {},
			func(s *stage, name string) {
				s.edit(name, func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
			},
		},
		"ChangedBySomebodyElse": {
			func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") },
			func(s *stage, name string) {
				if _, err := s.clerk.Edit(s.user(name).Status.UserID, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
					s.t.Fatal(err)
				}
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.quiet()
			names := make([]string, many)
			for i := range names {
				names[i] = fmt.Sprint("user-", i)
				s.create(newTestUser(names[i], tc.before))
				s.becomes(names[i], v1alpha1.ReasonInSync)
			}
			for _, name := range names {
				tc.change(s, name)
			}
			s.compares()
			s.ration(50)
			s.clerk.ResetJournal()
			took := s.passUntil(names, 2*time.Minute, func() bool {
				for _, user := range s.clerk.Users() {
					if user.FirstName == nil || *user.FirstName != "Ann" {
						return false
					}
				}
				return true
			})
			if calls := len(s.clerk.Journal()); calls != many {
				t.Errorf("%d calls in %s for %d objects", calls, took, many)
			}
		})
	}
}
