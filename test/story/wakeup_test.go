// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
)

// TestDefaultInstanceAppearsAndGoes puts a ClerkInstance before the one that the operator falls back on.
func TestDefaultInstanceAppearsAndGoes(t *testing.T) {
	env := newEnvironment(t)
	nearer := &v1alpha1.ClerkInstance{}
	env.get(nearer, "default")
	env.delete(nearer)
	fallback := env.instance()
	fallback.Name = "fallback"
	env.create(fallback)
	env.tune = func(c *controller.Config) {
		c.DefaultInstance = types.NamespacedName{Namespace: env.namespace, Name: fallback.Name}
	}
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.create(env.instance())
	env.expectReason("ann", v1alpha1.ReasonInstanceChanged)
	env.expectNoWrites()
	env.get(nearer, "default")
	env.delete(nearer)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectUsers(1)
	env.expectNoWrites()
}

// TestInstanceNamedBeforeItComes is about an object whose status still names the instance that its user was in.
func TestInstanceNamedBeforeItComes(t *testing.T) {
	env := newRunningEnvironment(t)
	first := env.clerk.Seed(verified("ann"))
	env.create(env.user("ann", func(s *spec) { s.UserID, s.EmailAddresses = &first.ID, nil }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	second := env.clerk.Seed(verified("bob"))
	env.removeAtClerk(first.ID)
	env.expectReason("ann", v1alpha1.ReasonMissing)
	env.edit("ann", func(s *spec) {
		s.InstanceRef, s.UserID = &v1alpha1.InstanceReference{Name: "later"}, &second.ID
	})
	env.expectReason("ann", v1alpha1.ReasonInstanceNotFound)
	env.expectNoWrites()
	later := env.instance()
	later.Name = "later"
	env.create(later)
	if got := env.expectReason("ann", v1alpha1.ReasonInSync).Status; got.UserID != second.ID || got.Instance.Name != "later" {
		t.Errorf("bound to %s through %+v", got.UserID, got.Instance)
	}
	env.expectNoWrites()
}

// TestManyKeysAreRenamedAtOnce needs room in status for the keys before and after.
func TestManyKeysAreRenamedAtOnce(t *testing.T) {
	const most = v1alpha1.MaxAppliedMetadata / 6
	keys := func(prefix string) func(*spec) {
		all := make([]string, most)
		for i := range all {
			all[i] = fmt.Sprintf(`"%s%d":1`, prefix, i)
		}
		metadata := object("{" + strings.Join(all, ",") + "}")
		return func(s *spec) { s.PublicMetadata, s.PrivateMetadata, s.UnsafeMetadata = metadata, metadata, metadata }
	}
	env := newRunningEnvironment(t)
	env.create(env.user("ann", keys("a")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", keys("b"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	u := env.atClerk("ann")
	for field, have := range map[string]map[string]any{"public": u.PublicMetadata, "unsafe": u.UnsafeMetadata} {
		if len(have) != most || have["b0"] == nil {
			t.Errorf("%s metadata has %d keys, want %d new ones", field, len(have), most)
		}
	}
	env.expectNoWrites()
}
