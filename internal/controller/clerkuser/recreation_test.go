// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
)

// recreates gives the stage an object whose user vanished and is to be created again.
func (f *fixture) recreates(name string, change func(*v1alpha1.ClerkUser)) {
	f.t.Helper()
	f.create(newTestUser(name, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
	f.expectReady(name, v1alpha1.ReasonInSync)
	f.edit(name, change)
	f.expectReady(name, v1alpha1.ReasonInSync)
	f.clock.advance(time.Hour)
	if err := f.clerk.Delete(f.user(name).Status.UserID); err != nil {
		f.t.Fatal(err)
	}
	f.fullSync()
	f.clerk.ResetJournal()
}

// What is on record of the creating call for a user that vanished says nothing of the call for the next one, also if that has to
// wait for its token.
func TestRecreationThatWaitsForItsToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.recreates("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
	f.limitRate(10)
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	for state.Connection.Client.Reserve() == nil {
		if _, err := state.Connection.Client.UsersBy(t.Context(), clerk.KindUsername, "nobody"); err != nil {
			t.Fatal(err)
		}
	}
	f.clerk.ResetJournal()
	f.reconcileUntil([]string{"ann"}, time.Minute, func() bool { return len(f.clerk.Journal()) == 1 })
	if c := creation.Of(f.user("ann")); f.user("ann").Status.UserID != "" || c == nil || c.Value != "new@example.com" {
		t.Errorf("after the user was missed, on record is a call for %+v", c)
	}
	f.reconcileUntil([]string{"ann"}, time.Minute, func() bool { return len(f.clerk.Users()) == 1 })
	f.expectCalls(2)
}
