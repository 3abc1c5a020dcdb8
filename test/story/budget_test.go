// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestPassesThatNeedManyCallsEndOnATightBudget gives every object one call in a while. What needs several must not spend
// each on beginning anew.
func TestPassesThatNeedManyCallsEndOnATightBudget(t *testing.T) {
	w := newWorld(t, patient, func(i *v1alpha1.ClerkInstance) {
		i.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10)}
	})
	w.clerk.Seed(verified("taken"))
	adoptable := w.clerk.Seed(verified("adoptable"))
	w.start()
	w.create(w.user("taken"))
	w.create(w.user("adoptable", ifUnmanaged, full))
	w.create(w.user("absent", full, func(s *spec) {
		s.Mode, s.ExternalID, s.Username = ptr.To(v1alpha1.ModeObserve), ptr.To("hr-0"), ptr.To("absent_1")
		s.PhoneNumbers[0].Number = "+15555550199"
	}))
	w.becomes("taken", v1alpha1.ReasonAlreadyExists)
	w.becomes("absent", v1alpha1.ReasonObserved)
	if id := w.becomes("adoptable", v1alpha1.ReasonInSync).Status.UserID; id != adoptable.ID {
		t.Errorf("bound to %s, want %s", id, adoptable.ID)
	}
	w.wantCalls(2, "POST", "/users")
	w.edit("adoptable", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionDelete) })
	w.delete(w.read("adoptable"))
	w.vanishes("adoptable")
	if w.clerk.User(adoptable.ID) != nil {
		t.Error("the user was not deleted")
	}
	// The user that is gone may have had the identifier of the other object, which asks again, with one call in a while too.
	w.eventually("the creation of the other user to be refused again and explained", func() error {
		lookUps := slices.DeleteFunc(w.clerk.Journal().Matching("GET", "/users"), func(e emulator.Entry) bool {
			return !strings.Contains(e.Query, "taken%40")
		})
		if refusals := w.calls("POST", "/users"); refusals < 3 || len(lookUps) < 2 {
			return fmt.Errorf("%d creating calls and %d look-ups were seen", refusals, len(lookUps))
		}
		return nil
	})
	if n := len(w.clerk.Journal()); n > 24 {
		t.Errorf("%d calls, want no more than 24\n%s", n, w.describe())
	}
	w.rests()
}
