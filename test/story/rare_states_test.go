// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestInstanceWithAHostThatIsNotAllowed names a server to which the operator must not send the key.
func TestInstanceWithAHostThatIsNotAllowed(t *testing.T) {
	env := newRunningEnvironment(t, func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = ptr.To("https://elsewhere.example.com/v1") })
	env.expectInstanceReason(v1alpha1.ReasonAPIHostNotAllowed)
	env.expectCalls(0, "GET", "/instance")
	env.expectNoWrites()
}

// TestActionAfterItsInstanceIsReplaced deletes the ClerkInstance through which a user is bound, and creates it with a key of another
// Clerk instance.
func TestActionAfterItsInstanceIsReplaced(t *testing.T) {
	env := newRunningEnvironment(t, allowsAll)
	env.create(env.user("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.delete(env.instance())
	env.eventually("the ClerkInstance to be gone", func() error {
		err := env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "default"}, &v1alpha1.ClerkInstance{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errNotYet
	})
	env.runAction("before", "ann", disablesMFA)
	env.expectWaiting("before", v1alpha1.ReasonInstanceNotFound)

	other := env.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_live_" + env.namespace}})
	env.delete(env.secret(""))
	env.create(env.secret(other.Key()))
	replaced := env.instance()
	allowsAll(replaced)
	env.create(replaced)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectReason("ann", v1alpha1.ReasonInstanceChanged)
	env.runAction("after", "ann", disablesMFA)
	env.expectFailed("after", v1alpha1.ReasonInstanceChanged, "leads to another one")
	env.expectCalls(0, "DELETE", "/users/*/mfa")
	if n := len(other.Journal().Writes()); n != 0 {
		t.Errorf("%d writing calls reached the other Clerk instance", n)
	}
	env.expectNoWrites()
}
