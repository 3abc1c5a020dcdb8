// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

func TestWatchedSecretIsNoticedAtOnce(t *testing.T) {
	w := newWorld(t)
	w.delete(&corev1.Secret{ObjectMeta: w.secret("").ObjectMeta})
	w.tune = func(c *controller.Config) { c.WatchSecrets, c.SecretInterval = true, time.Hour }
	w.start()
	w.instanceBecomes(v1alpha1.ReasonSecretNotFound)
	w.create(w.secret(w.clerk.Key()))
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	next := "sk_live_watched" + w.namespace[len(w.namespace)-5:]
	name := w.clerk.AddKey(next)
	w.setKey(next)
	w.eventually("the new key to be used", w.usedKey(name))
}

func TestNamespaceGoesAndLeavesNoUser(t *testing.T) {
	w := newLiveWorld(t)
	controlplane.ControllerManager(t)
	for _, name := range []string{"ann", "bob", "eve"} {
		w.create(w.user(name))
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	namespace := &corev1.Namespace{}
	if err := w.client.Get(t.Context(), client.ObjectKey{Name: w.namespace}, namespace); err != nil {
		t.Fatal(err)
	}
	w.delete(namespace)
	w.eventually("the namespace to go", func() error {
		return client.IgnoreNotFound(ifFound(w.client.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace)))
	})
	if n := len(w.clerk.Users()); n != 0 {
		t.Errorf("%d users were left behind\n%s", n, w.describe())
	}
}
