// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
)

// TestTwoInstallationsCreateNoUserTwice has two operators with keys of their own reconcile the same objects, as two installations in
// one cluster do. Each replaces the signatures of the other, but users are created, changed and deleted once. When one is removed, the
// other continues and comes to rest.
func TestTwoInstallationsCreateNoUserTwice(t *testing.T) {
	env := newRunningEnvironment(t)
	other := *env
	key, err := binding.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other.key = key
	other.start()
	names := []string{"ann", "bob", "cat", "dan"}
	for _, name := range names {
		env.create(env.user(name))
	}
	signed := map[string]bool{}
	env.eventually("both operators to sign the binding of ann", func() error {
		if signed[env.read("ann").Status.Binding] = true; len(signed) < 3 { // one is empty
			return fmt.Errorf("the signatures are %v", signed)
		}
		return nil
	})
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
		env.edit(name, func(s *spec) { s.FirstName = ptr.To("Edited") })
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.delete(env.read("dan"))
	env.eventually("dan to go", env.isGone("dan"))
	if users := env.clerk.Users(); len(users) != len(names)-1 {
		t.Errorf("%d users are at Clerk, want %d", len(users), len(names)-1)
	}
	other.halt()
	for _, name := range names[:3] {
		env.edit(name, func(s *spec) { s.FirstName = ptr.To("Alone") })
		env.expectReason(name, v1alpha1.ReasonInSync)
		if got := env.atClerk(name).FirstName; got == nil || *got != "Alone" {
			t.Errorf("the first name of %s is %v", name, got)
		}
	}
	env.expectNoWrites()
}
