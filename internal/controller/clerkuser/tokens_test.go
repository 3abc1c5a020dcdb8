// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// reconcileUntil reconciles the objects when each is due, until done, and returns the time that it took by the clock. An object
// without a requeue is not reconciled again.
func (f *fixture) reconcileUntil(names []string, patience time.Duration, done func() bool) time.Duration {
	f.t.Helper()
	begin, due := f.clock.at, map[string]time.Time{}
	for !done() {
		next := names[0]
		for _, name := range names {
			if due[name].Before(due[next]) {
				next = name
			}
		}
		if due[next].After(f.clock.at) {
			f.clock.at = due[next]
		}
		if f.clock.at.Sub(begin) > patience {
			f.t.Fatalf("not done after %s and %d calls", patience, len(f.clerk.Journal()))
		}
		due[next] = f.clock.at.Add(2 * patience)
		if again := f.reconcile(next).RequeueAfter; again > 0 {
			due[next] = f.clock.at.Add(again)
		}
	}
	return f.clock.at.Sub(begin)
}

// A reconciliation that waited for a token must not spend it on a call that it made before. Otherwise many objects that need
// two calls each keep one another from making the second.
func TestManyObjectsShareASmallBudget(t *testing.T) {
	t.Parallel()
	const many = 30
	tests := map[string]struct {
		before func(*v1alpha1.ClerkUser)
		change func(f *fixture, name string)
	}{
		"Edited": {
			func(*v1alpha1.ClerkUser) {},
			func(f *fixture, name string) {
				f.edit(name, func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
			},
		},
		"ChangedBySomebodyElse": {
			func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") },
			func(f *fixture, name string) {
				if _, err := f.clerk.Edit(f.user(name).Status.UserID, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
					f.t.Fatal(err)
				}
			},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.discardEvents()
			names := make([]string, many)
			for i := range names {
				names[i] = fmt.Sprint("user-", i)
				f.create(newTestUser(names[i], tc.before))
				f.expectReason(names[i], v1alpha1.ReasonInSync)
			}
			for _, name := range names {
				tc.change(f, name)
			}
			f.fullSync()
			f.limitRate(50)
			f.clerk.ResetJournal()
			took := f.reconcileUntil(names, 2*time.Minute, func() bool {
				for _, user := range f.clerk.Users() {
					if user.FirstName == nil || *user.FirstName != "Ann" {
						return false
					}
				}
				return true
			})
			if calls := len(f.clerk.Journal()); calls != many {
				t.Errorf("%d calls in %s for %d objects", calls, took, many)
			}
		})
	}
}
