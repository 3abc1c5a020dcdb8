// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// mostVanish creates eight users and has all but the last vanish from Clerk, and waits until those are held.
func (w *world) mostVanish() (names, ids []string) {
	w.t.Helper()
	for i := range 8 {
		names = append(names, fmt.Sprintf("user%d", i))
		w.create(w.user(names[i], cannotLeave))
	}
	for _, name := range names {
		ids = append(ids, w.becomes(name, v1alpha1.ReasonInSync).Status.UserID)
	}
	w.removeAtClerk(ids[:7]...)
	for _, name := range names[:7] {
		w.says(w.becomes(name, v1alpha1.ReasonDeletionHeld), "kubectl annotate clerkinstance", v1alpha1.AnnotationReleaseDeletions)
	}
	w.becomes(names[7], v1alpha1.ReasonInSync)
	return names[:7], ids[:7]
}

// comeBack has vanished users appear in Clerk again, under the same ids.
func (w *world) comeBack(names, ids []string) {
	for i, name := range names {
		back := verified(name)
		back.ID, back.DeleteSelfEnabled = ids[i], false
		w.clerk.Seed(back)
	}
	w.server.Clock().Advance(v1alpha1.DefaultFullInterval)
}

// TestManyUsersVanishAtOnce has most users vanish from Clerk's lists, which is more likely a fault than meant.
func TestManyUsersVanishAtOnce(t *testing.T) {
	t.Parallel()
	t.Run("AreHeld", func(t *testing.T) {
		w := newLiveWorld(t)
		w.mostVanish()
		w.wantCalls(8, "POST", "/users")
		w.wantCalls(2, "GET", "/instance")
		w.wantCalls(0, "GET", "/users/user_*")
		w.rests()
	})
	t.Run("AreCreatedAgainWhenReleased", func(t *testing.T) {
		w := newLiveWorld(t)
		names, _ := w.mostVanish()
		w.releaseDeletions(w.server.Clock().Now().Add(time.Second))
		for _, name := range names {
			w.tells(name, v1alpha1.EventRecreated)
			w.becomes(name, v1alpha1.ReasonInSync)
		}
		w.wantUsers(8)
		w.wantCalls(15, "POST", "/users")
		w.rests()
	})
	t.Run("AreLeftAloneWhenTheyAreBack", func(t *testing.T) {
		w := newLiveWorld(t)
		names, ids := w.mostVanish()
		w.comeBack(names, ids)
		for _, name := range names {
			w.becomes(name, v1alpha1.ReasonInSync)
		}
		w.wantUsers(8)
		w.wantCalls(8, "POST", "/users")
	})
}
