// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func object(json string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(json)} }

func TestUserIsCreatedWithOneCall(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *v1alpha1.ClerkUserSpec) {
		s.FirstName, s.LastName, s.Username = ptr.To("Ann"), ptr.To("Lee"), ptr.To("Ann_Lee")
		s.PublicMetadata = object(`{"role":"admin","teams":["a","b"]}`)
		s.Banned = ptr.To(true)
	}))
	user := env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectEvent("ann", v1alpha1.EventCreated)

	there := env.atClerk("ann")
	if there.FirstName == nil || *there.FirstName != "Ann" || there.PublicMetadata["role"] != "admin" || !there.Banned {
		t.Errorf("the user at Clerk is not as declared: %+v", there)
	}
	if user.Status.Origin != v1alpha1.OriginCreated || user.Status.OnDelete != v1alpha1.DeletionDelete || user.Status.Instance.ID != env.clerk.ID() {
		t.Errorf("status does not say how the user came about: %+v", user.Status)
	}
	env.expectNoWrites()
	env.expectCalls(1, "POST", "/users")
	if n := len(env.clerk.Journal().Writes()); n != 1 {
		t.Errorf("%d writes for one new user, want 1\n%s", n, env.describe())
	}
}

// TestNewUsersCostOneCallEach holds the operator to its budget: nothing is read before or after a creating call, and for
// the instance only which it is, how many users it has, and what was changed last.
func TestNewUsersCostOneCallEach(t *testing.T) {
	env := newRunningEnvironment(t, patient)
	const n = 30
	for i := range n {
		env.create(env.user(fmt.Sprintf("user%d", i)))
	}
	for i := range n {
		env.expectReason(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
	}
	env.waitForRest()
	env.expectCalls(n, "POST", "/users")
	env.expectCalls(1, "GET", "/instance")
	env.expectCalls(1, "GET", "/users/count")
	// The full sync lists users only if the first ones were there before it counted.
	lists := env.clerk.Journal().Matching("GET", "/users")
	listings := slices.DeleteFunc(slices.Clone(lists), func(e emulator.Entry) bool { return e.Values().Get("order_by") != "+created_at" })
	if len(lists)-len(listings) != 1 || len(listings) > 1 {
		t.Errorf("%d lists, %d of them of a full sync, want 1 beside that of a full sync", len(lists), len(listings))
	}
	if got := len(env.clerk.Journal()); got != n+2+len(lists) {
		t.Errorf("%d calls for %d new users\n%s", got, n, env.describe())
	}
	env.expectNoWrites()
}
