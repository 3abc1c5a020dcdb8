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

func (w *world) setKey(key string) {
	w.t.Helper()
	secret := &corev1.Secret{}
	w.get(secret, "clerk")
	before := secret.DeepCopy()
	secret.Data = map[string][]byte{v1alpha1.DefaultSecretKey: []byte(key + "\n")}
	if err := w.client.Patch(w.t.Context(), secret, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

func TestMissingSecretIsNamedAndItsArrivalSuffices(t *testing.T) {
	w := newWorld(t)
	w.delete(&corev1.Secret{ObjectMeta: w.secret("").ObjectMeta})
	w.start()
	w.create(w.user("ann"))
	w.instanceBecomes(v1alpha1.ReasonSecretNotFound)
	w.says(w.becomes("ann", v1alpha1.ReasonInstanceNotReady), "Secret clerk", "secret-key", w.namespace+"/default")
	w.rests()
	w.create(w.secret(w.clerk.Key()))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.rests()
}

func TestMissingInstanceIsNamedAndItsArrivalSuffices(t *testing.T) {
	w := newWorld(t)
	instance := &v1alpha1.ClerkInstance{}
	w.get(instance, "default")
	w.delete(instance)
	w.start()
	w.create(w.user("ann"))
	w.says(w.becomes("ann", v1alpha1.ReasonInstanceNotFound), w.namespace+"/default", "spec.instanceRef")
	w.rests()
	w.create(w.instance())
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestKeyIsRotated(t *testing.T) {
	t.Parallel()
	t.Run("InPlace", func(t *testing.T) {
		w := newLiveWorld(t)
		w.create(w.user("ann"))
		w.becomes("ann", v1alpha1.ReasonInSync)
		old, next := w.clerk.Key(), "sk_live_next"+w.namespace[len(w.namespace)-5:]
		name := w.clerk.AddKey(next)
		w.setKey(next)
		w.eventually("the new key to be used", w.usedKey(name))
		w.clerk.RevokeKey(old)
		w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.rests()
	})
	t.Run("ByDeleteAndCreate", func(t *testing.T) {
		w := newLiveWorld(t)
		w.create(w.user("ann"))
		w.becomes("ann", v1alpha1.ReasonInSync)
		next := "sk_live_other" + w.namespace[len(w.namespace)-5:]
		name := w.clerk.AddKey(next)
		w.delete(&corev1.Secret{ObjectMeta: w.secret("").ObjectMeta})
		w.eventually("the Secret to be let go", func() error {
			return client.IgnoreNotFound(ifFound(w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "clerk"}, &corev1.Secret{})))
		})
		w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.create(w.secret(next))
		w.eventually("the new key to be used", w.usedKey(name))
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.rests()
	})
}

func (w *world) usedKey(name string) func() error {
	return func() error {
		for _, e := range w.clerk.Journal() {
			if e.KeyID == name {
				return nil
			}
		}
		return errNotYet
	}
}

func TestRevokedKeyStopsAndANewOneRecovers(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.RevokeKey(w.clerk.Key())
	w.instanceBecomes(v1alpha1.ReasonKeyRejected)
	w.becomes("ann", v1alpha1.ReasonInstanceNotReady)
	w.rests()
	next := "sk_live_fixed" + w.namespace[len(w.namespace)-5:]
	w.clerk.AddKey(next)
	w.setKey(next)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	if len(w.clerk.Users()) != 1 {
		t.Error("users were created or deleted meanwhile")
	}
	w.rests()
}

func TestKeyOfAnotherInstanceStopsEveryWrite(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", func(s *spec) { s.DeleteSelfEnabled = ptr.To(false) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.server.Clock().Advance(2 * lagTime)
	other := w.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_live_wrong" + w.namespace[len(w.namespace)-5:]}})
	w.setKey(other.Key())
	w.instanceBecomes(v1alpha1.ReasonInstanceChanged)
	w.becomes("ann", v1alpha1.ReasonInstanceNotReady)
	w.rests()
	if n := len(other.Journal().Writes()); n != 0 || len(other.Users()) != 0 {
		t.Errorf("%d writes to the wrong instance", n)
	}
	w.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.InstanceID = ptr.To(other.ID()) })
	w.becomes("ann", v1alpha1.ReasonInstanceChanged)
	w.rests()
	if len(other.Users()) != 0 {
		t.Error("a bound user was created again in another instance")
	}
	w.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.InstanceID = nil })
	w.setKey(w.clerk.Key())
	w.instanceBecomes(v1alpha1.ReasonInstanceChanged)
	w.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.InstanceID = ptr.To(w.clerk.ID()) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestInstanceWaitsForUsersThatNeedIt(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	instance := &v1alpha1.ClerkInstance{}
	w.get(instance, "default")
	w.delete(instance)
	w.instanceBecomes(v1alpha1.ReasonDeleting)
	w.rests()
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.eventually("the instance to vanish", func() error {
		return client.IgnoreNotFound(ifFound(w.client.Get(t.Context(), client.ObjectKeyFromObject(instance), instance)))
	})
	if len(w.clerk.Users()) != 0 {
		t.Error("the user was left behind")
	}
	secret := &corev1.Secret{}
	w.get(secret, "clerk")
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
