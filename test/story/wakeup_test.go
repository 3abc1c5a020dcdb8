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
	w := newWorld(t)
	nearer := &v1alpha1.ClerkInstance{}
	w.get(nearer, "default")
	w.delete(nearer)
	fallback := w.instance()
	fallback.Name = "fallback"
	w.create(fallback)
	w.tune = func(c *controller.Config) {
		c.DefaultInstance = types.NamespacedName{Namespace: w.namespace, Name: fallback.Name}
	}
	w.start()
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.create(w.instance())
	w.becomes("ann", v1alpha1.ReasonInstanceChanged)
	w.rests()
	w.get(nearer, "default")
	w.delete(nearer)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantUsers(1)
	w.rests()
}

// TestInstanceNamedBeforeItComes is of an object whose status still tells of the instance that its user was in.
func TestInstanceNamedBeforeItComes(t *testing.T) {
	w := newLiveWorld(t)
	first := w.clerk.Seed(verified("ann"))
	w.create(w.user("ann", func(s *spec) { s.UserID, s.EmailAddresses = &first.ID, nil }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	second := w.clerk.Seed(verified("bob"))
	w.removeAtClerk(first.ID)
	w.becomes("ann", v1alpha1.ReasonMissing)
	w.edit("ann", func(s *spec) {
		s.InstanceRef, s.UserID = &v1alpha1.InstanceReference{Name: "later"}, &second.ID
	})
	w.becomes("ann", v1alpha1.ReasonInstanceNotFound)
	w.rests()
	later := w.instance()
	later.Name = "later"
	w.create(later)
	if got := w.becomes("ann", v1alpha1.ReasonInSync).Status; got.UserID != second.ID || got.Instance.Name != "later" {
		t.Errorf("bound to %s through %+v", got.UserID, got.Instance)
	}
	w.rests()
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
	w := newLiveWorld(t)
	w.create(w.user("ann", keys("a")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", keys("b"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	u := w.atClerk("ann")
	for field, have := range map[string]map[string]any{"public": u.PublicMetadata, "unsafe": u.UnsafeMetadata} {
		if len(have) != most || have["b0"] == nil {
			t.Errorf("%s metadata has %d keys, want %d new ones", field, len(have), most)
		}
	}
	w.rests()
}
