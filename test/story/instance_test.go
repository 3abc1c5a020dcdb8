// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// lagTime is how long the operator does not believe that a user is gone that it has just created.
const lagTime = time.Minute

func (env *environment) setKey(key string) {
	env.t.Helper()
	secret := &corev1.Secret{}
	env.get(secret, "clerk")
	before := secret.DeepCopy()
	secret.Data = map[string][]byte{v1alpha1.DefaultSecretKey: []byte(key + "\n")}
	if err := env.client.Patch(env.t.Context(), secret, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
}

func TestMissingSecretIsNamedAndItsArrivalSuffices(t *testing.T) {
	env := newEnvironment(t)
	env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
	env.start()
	env.create(env.user("ann"))
	env.expectInstanceReason(v1alpha1.ReasonSecretNotFound)
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInstanceNotReady), "Secret clerk", "secret-key", env.namespace+"/default")
	env.expectNoWrites()
	env.create(env.secret(env.clerk.Key()))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectNoWrites()
}

func TestMissingInstanceIsNamedAndItsArrivalSuffices(t *testing.T) {
	env := newEnvironment(t)
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	env.delete(instance)
	env.start()
	env.create(env.user("ann"))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInstanceNotFound), env.namespace+"/default", "spec.instanceRef")
	env.expectNoWrites()
	env.create(env.instance())
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestKeyIsRotated(t *testing.T) {
	t.Parallel()
	t.Run("InPlace", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.create(env.user("ann"))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		old, next := env.clerk.Key(), "sk_live_next"+env.namespace[len(env.namespace)-5:]
		name := env.clerk.AddKey(next)
		env.setKey(next)
		env.eventually("the new key to be used", env.usedKey(name))
		env.clerk.RevokeKey(old)
		env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectNoWrites()
	})
	t.Run("ByDeleteAndCreate", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.create(env.user("ann"))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		next := "sk_live_other" + env.namespace[len(env.namespace)-5:]
		name := env.clerk.AddKey(next)
		env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
		env.eventually("the Secret to be let go", func() error {
			return client.IgnoreNotFound(ifFound(env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "clerk"}, &corev1.Secret{})))
		})
		env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.create(env.secret(next))
		env.eventually("the new key to be used", env.usedKey(name))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectNoWrites()
	})
}

func (env *environment) usedKey(name string) func() error {
	return func() error {
		for _, e := range env.clerk.Journal() {
			if e.KeyID == name {
				return nil
			}
		}
		return errNotYet
	}
}

func TestRevokedKeyStopsAndANewOneRecovers(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.RevokeKey(env.clerk.Key())
	env.expectInstanceReason(v1alpha1.ReasonKeyRejected)
	env.expectReason("ann", v1alpha1.ReasonInstanceNotReady)
	env.expectNoWrites()
	next := "sk_live_fixed" + env.namespace[len(env.namespace)-5:]
	env.clerk.AddKey(next)
	env.setKey(next)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	if len(env.clerk.Users()) != 1 {
		t.Error("users were created or deleted meanwhile")
	}
	env.expectNoWrites()
}

func TestKeyOfAnotherInstanceStopsEveryWrite(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.DeleteSelfEnabled = ptr.To(false) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.server.Clock().Advance(2 * lagTime)
	other := env.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_live_wrong" + env.namespace[len(env.namespace)-5:]}})
	env.setKey(other.Key())
	env.expectInstanceReason(v1alpha1.ReasonInstanceChanged)
	env.expectReason("ann", v1alpha1.ReasonInstanceNotReady)
	env.expectNoWrites()
	if n := len(other.Journal().Writes()); n != 0 || len(other.Users()) != 0 {
		t.Errorf("%d writes to the wrong instance", n)
	}
	env.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.InstanceID = ptr.To(other.ID()) })
	env.expectReason("ann", v1alpha1.ReasonInstanceChanged)
	env.expectNoWrites()
	if len(other.Users()) != 0 {
		t.Error("a bound user was created again in another instance")
	}
	env.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.InstanceID = nil })
	env.setKey(env.clerk.Key())
	env.expectInstanceReason(v1alpha1.ReasonInstanceChanged)
	env.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.InstanceID = ptr.To(env.clerk.ID()) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestInstanceWaitsForUsersThatNeedIt(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	env.delete(instance)
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.expectNoWrites()
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.eventually("the instance to be gone", func() error {
		return client.IgnoreNotFound(ifFound(env.client.Get(t.Context(), client.ObjectKeyFromObject(instance), instance)))
	})
	if len(env.clerk.Users()) != 0 {
		t.Error("the user was left behind")
	}
	secret := &corev1.Secret{}
	env.get(secret, "clerk")
	if len(secret.Finalizers) != 0 {
		t.Errorf("the Secret still has finalizers %v", secret.Finalizers)
	}
}

// ifFound turns a successful read into an error that says that it was one.
func ifFound(err error) error {
	if err == nil {
		return errNotYet
	}
	return err
}
