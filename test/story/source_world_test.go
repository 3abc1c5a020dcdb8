// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// newWatchingWorld makes a world whose operator watches Secrets and ConfigMaps.
func newWatchingWorld(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *world {
	t.Helper()
	w := newWorld(t, change...)
	w.tune = func(c *controller.Config) { c.WatchSecrets = true }
	w.start()
	return w
}

// keep writes a Secret with one entry, whether it exists or not.
func (w *world) keep(name, key, value string) {
	w.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Data:       map[string][]byte{key: []byte(value)},
	}
	err := w.client.Create(w.t.Context(), secret)
	if client.IgnoreAlreadyExists(err) != nil {
		w.t.Fatalf("creating Secret %s: %v", name, err)
	}
	if err == nil {
		return
	}
	if err := w.client.Update(w.t.Context(), secret); err != nil {
		w.t.Fatalf("changing Secret %s: %v", name, err)
	}
}

// at names an entry of a Secret.
func at(name, key string) v1alpha1.SecretKeySelector {
	return v1alpha1.SecretKeySelector{Name: name, Key: key}
}

// withPassword declares the password in entry password of Secret ann.
func withPassword(s *spec) { s.Password = &v1alpha1.Password{SecretKeyRef: at("ann", "password")} }

// wantPassword waits until the user at Clerk has the password.
func (w *world) wantPassword(name, password string) {
	w.t.Helper()
	w.eventually("the password at Clerk to be changed", func() error {
		if w.atClerk(name).Credentials.Password != password {
			return errNotYet
		}
		return nil
	})
}

// edits changes the user of a ClerkUser at Clerk, as another administrator would.
func (w *world) edits(name string, change func(*emulator.User)) {
	w.t.Helper()
	if _, err := w.clerk.Edit(w.read(name).Status.UserID, change); err != nil {
		w.t.Fatal(err)
	}
}
