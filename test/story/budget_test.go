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

// TestReconciliationsWithManyCallsEndOnATightBudget gives every object one call in a while. What needs several must not spend
// each on beginning anew.
func TestReconciliationsWithManyCallsEndOnATightBudget(t *testing.T) {
	env := newEnvironment(t, patient, func(i *v1alpha1.ClerkInstance) {
		i.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10)}
	})
	env.clerk.Seed(verified("taken"))
	adoptable := env.clerk.Seed(verified("adoptable"))
	env.start()
	env.create(env.user("taken"))
	env.create(env.user("adoptable", ifUnmanaged, full))
	env.create(env.user("absent", full, func(s *spec) {
		s.Mode, s.ExternalID, s.Username = ptr.To(v1alpha1.ModeObserve), ptr.To("hr-0"), ptr.To("absent_1")
		s.PhoneNumbers[0].Number = "+15555550199"
	}))
	env.expectReason("taken", v1alpha1.ReasonAlreadyExists)
	env.expectReason("absent", v1alpha1.ReasonObserved)
	if id := env.expectReason("adoptable", v1alpha1.ReasonInSync).Status.UserID; id != adoptable.ID {
		t.Errorf("bound to %s, want %s", id, adoptable.ID)
	}
	env.expectCalls(2, "POST", "/users")
	env.edit("adoptable", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionDelete) })
	env.delete(env.read("adoptable"))
	env.expectGone("adoptable")
	if env.clerk.User(adoptable.ID) != nil {
		t.Error("the user was not deleted")
	}
	// The user that is gone may have had the identifier of the other object, which asks again, with one call in a while too.
	env.eventually("the creation of the other user to be refused again and explained", func() error {
		lookUps := slices.DeleteFunc(env.clerk.Journal().Matching("GET", "/users"), func(e emulator.Entry) bool {
			return !strings.Contains(e.Query, "taken%40")
		})
		if refusals := env.calls("POST", "/users"); refusals < 3 || len(lookUps) < 2 {
			return fmt.Errorf("%d creating calls and %d look-ups were seen", refusals, len(lookUps))
		}
		return nil
	})
	if n := len(env.clerk.Journal()); n > 24 {
		t.Errorf("%d calls, want no more than 24\n%s", n, env.describe())
	}
	env.expectNoWrites()
}
