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
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	other := w.anotherInstance("staging")
	other.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 503, Times: -1})
	w.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.SecretKeyRef.Name, i.Spec.InstanceID = "staging", ptr.To(other.ID())
	})
	w.eventually("the other instance to be asked", func() error {
		if len(other.Journal()) == 0 {
			return errNotYet
		}
		return nil
	})
	w.create(w.user("tester"))
	w.elapse(3)
	w.wantUsers(1)
	other.ClearFaults()
	w.becomes("tester", v1alpha1.ReasonInSync)
	w.becomes("ann", v1alpha1.ReasonInstanceChanged)
	if n := len(other.Users()); n != 1 {
		t.Errorf("%d users in the instance pointed at, want 1", n)
	}
	w.wantUsers(1)
	w.rests()
}
