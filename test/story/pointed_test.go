// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestInstancePointedElsewhereIsNotUsedAsItWas points the ClerkInstance at another Clerk instance that does not answer
// yet, and declares a user meanwhile.
func TestInstancePointedElsewhereIsNotUsedAsItWas(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	other := env.anotherInstance("staging")
	other.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 503, Times: -1})
	env.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.SecretKeyRef.Name, i.Spec.InstanceID = "staging", ptr.To(other.ID())
	})
	env.eventually("the other instance to be asked", func() error {
		if len(other.Journal()) == 0 {
			return errNotYet
		}
		return nil
	})
	env.create(env.user("tester"))
	env.elapse(3)
	env.expectUsers(1)
	other.ClearFaults()
	env.expectReason("tester", v1alpha1.ReasonInSync)
	env.expectReason("ann", v1alpha1.ReasonInstanceChanged)
	if n := len(other.Users()); n != 1 {
		t.Errorf("%d users in the instance pointed at, want 1", n)
	}
	env.expectUsers(1)
	env.expectNoWrites()
}
