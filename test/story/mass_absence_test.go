// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// deleteMostAtClerk creates eight users, deletes all but the last at Clerk, and waits until re-creation is held.
func (env *environment) deleteMostAtClerk() (names, ids []string) {
	env.t.Helper()
	for i := range 8 {
		names = append(names, fmt.Sprintf("user%d", i))
		env.create(env.user(names[i], cannotLeave))
	}
	for _, name := range names {
		ids = append(ids, env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID)
	}
	env.removeAtClerk(ids[:7]...)
	for _, name := range names[:7] {
		env.expectMessage(env.expectReason(name, v1alpha1.ReasonDeletionHeld), "kubectl annotate clerkinstance", v1alpha1.AnnotationReleaseDeletions)
	}
	env.expectReason(names[7], v1alpha1.ReasonInSync)
	return names[:7], ids[:7]
}

// restoreAtClerk creates deleted users at Clerk again, with the same ids.
func (env *environment) restoreAtClerk(names, ids []string) {
	for i, name := range names {
		back := verified(name)
		back.ID, back.DeleteSelfEnabled = ids[i], false
		env.clerk.Seed(back)
	}
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval)
}

// TestManyUsersVanishAtOnce deletes most users at Clerk, which is more likely a fault than intended.
func TestManyUsersVanishAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("AreHeld", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.deleteMostAtClerk()
		env.expectCalls(8, "POST", "/users")
		env.expectCalls(2, "GET", "/instance")
		env.expectCalls(0, "GET", "/users/user_*")
		env.expectNoWrites()
	})
	t.Run("AreCreatedAgainWhenReleased", func(t *testing.T) {
		env := newRunningEnvironment(t)
		names, _ := env.deleteMostAtClerk()
		env.releaseDeletions(env.server.Clock().Now().Add(time.Second))
		for _, name := range names {
			env.expectEvent(name, v1alpha1.EventRecreated)
			env.expectReason(name, v1alpha1.ReasonInSync)
		}
		env.expectUsers(8)
		env.expectCalls(15, "POST", "/users")
		env.expectNoWrites()
	})
	t.Run("AreLeftAloneWhenTheyAreBack", func(t *testing.T) {
		env := newRunningEnvironment(t)
		names, ids := env.deleteMostAtClerk()
		env.restoreAtClerk(names, ids)
		for _, name := range names {
			env.expectReason(name, v1alpha1.ReasonInSync)
		}
		env.expectUsers(8)
		env.expectCalls(8, "POST", "/users")
	})
}
