// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// instanceHoldTime is how long ClerkUsers that are not being deleted hold a ClerkInstance that is.
const instanceHoldTime = 30 * time.Second

// expectInstanceGone lets so much time pass and waits until the ClerkInstance is gone.
func (env *environment) expectInstanceGone(after time.Duration) {
	env.t.Helper()
	env.waitForRest()
	env.server.Clock().Advance(after)
	env.eventually("the ClerkInstance to be gone", func() error {
		o := env.instance()
		return client.IgnoreNotFound(ifFound(env.client.Get(env.t.Context(), client.ObjectKeyFromObject(o), o)))
	})
}

// TestInstanceIsReplaced deletes a ClerkInstance and creates it again, as Argo CD's Force does, with users that are there before, and
// others that come in between.
func TestInstanceIsReplaced(t *testing.T) {
	env := newRunningEnvironment(t)
	seeded := env.clerk.Seed(verified("there"))
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.delete(env.instance())
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.create(env.user("bob"))
	env.create(env.user("there", func(s *spec) { s.UserID = ptr.To(seeded.ID) }))
	for _, name := range []string{"bob", "there"} {
		user := env.expectReason(name, v1alpha1.ReasonInstanceNotReady)
		env.expectMessage(user, "is being deleted")
		if !meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionReconciling) {
			t.Errorf("%s does not wait: %+v", name, user.Status.Conditions)
		}
	}
	env.expectNoWrites()
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.expectInstanceGone(instanceHoldTime)
	env.expectReason("ann", v1alpha1.ReasonInstanceNotFound)
	env.create(env.instance())
	for _, name := range []string{"ann", "bob", "there"} {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	if got := env.read("ann").Status.UserID; got != id {
		t.Errorf("ann has user %s, want %s", got, id)
	}
	env.expectUsers(3)
	env.expectNoWrites()
}

// TestInstanceWaitsForUsersThatGo shows that users which are being deleted hold their ClerkInstance for as long as that takes.
func TestInstanceWaitsForUsersThatGo(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(time.Hour))
	env.create(env.user("ann"))
	env.create(env.user("bob"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.delete(env.read("ann"))
	env.expectReason("ann", v1alpha1.ReasonDeletionPending)
	env.delete(env.instance())
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.waitForRest()
	env.server.Clock().Advance(10 * instanceHoldTime)
	env.expectNoWrites()
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
	env.expectGone("ann")
	env.expectNoWrites()
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.expectInstanceGone(instanceHoldTime)
	env.expectReason("bob", v1alpha1.ReasonInstanceNotFound)
	env.expectUsers(2)
}
