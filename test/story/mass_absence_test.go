// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestManyUsersVanishAtOnce has most users vanish from Clerk's lists, which is more likely a fault than meant.
func TestManyUsersVanishAtOnce(t *testing.T) {
	vanished := func(t *testing.T) (w *world, names []string) {
		t.Helper()
		w = newLiveWorld(t)
		var ids []string
		for i := range 8 {
			name := fmt.Sprintf("user%d", i)
			names = append(names, name)
			w.create(w.user(name, cannotLeave))
		}
		for _, name := range names {
			ids = append(ids, w.becomes(name, v1alpha1.ReasonInSync).Status.UserID)
		}
		names = names[:7]
		w.removeAtClerk(ids[:7]...)
		for _, name := range names {
			w.says(w.becomes(name, v1alpha1.ReasonDeletionHeld), "kubectl annotate clerkinstance", v1alpha1.AnnotationReleaseDeletions)
		}
		w.becomes("user7", v1alpha1.ReasonInSync)
		return w, names
	}
	t.Run("AreHeld", func(t *testing.T) {
		w, _ := vanished(t)
		w.wantCalls(8, "POST", "/users")
		w.wantCalls(2, "GET", "/instance")
		w.wantCalls(0, "GET", "/users/user_*")
		w.rests()
	})
	t.Run("AreCreatedAgainWhenReleased", func(t *testing.T) {
		w, names := vanished(t)
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
		w, names := vanished(t)
		for _, name := range names {
			id := w.read(name).Status.UserID
			back := verified(name)
			back.ID = id
			back.DeleteSelfEnabled = false
			w.clerk.Seed(back)
		}
		w.server.Clock().Advance(v1alpha1.DefaultFullInterval)
		for _, name := range names {
			w.becomes(name, v1alpha1.ReasonInSync)
		}
		w.wantUsers(8)
		w.wantCalls(8, "POST", "/users")
	})
}
