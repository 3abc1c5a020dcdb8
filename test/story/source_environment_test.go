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

// newWatchingEnvironment makes an environment whose operator watches Secrets and ConfigMaps.
func newWatchingEnvironment(t *testing.T, change ...func(*v1alpha1.ClerkInstance)) *environment {
	t.Helper()
	env := newEnvironment(t, change...)
	env.tune = func(c *controller.Config) { c.WatchSecrets = true }
	env.watchingSecrets()
	env.start()
	return env
}

// putSecret writes a Secret with one entry, whether it exists or not.
func (env *environment) putSecret(name, key, value string) {
	env.t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		Data:       map[string][]byte{key: []byte(value)},
	}
	err := env.client.Create(env.t.Context(), secret)
	if client.IgnoreAlreadyExists(err) != nil {
		env.t.Fatalf("creating Secret %s: %v", name, err)
	}
	if err == nil {
		return
	}
	if err := env.client.Update(env.t.Context(), secret); err != nil {
		env.t.Fatalf("changing Secret %s: %v", name, err)
	}
}

// at names an entry of a Secret.
func at(name, key string) v1alpha1.SecretKeySelector {
	return v1alpha1.SecretKeySelector{Name: name, Key: key}
}

// withPassword declares the password in entry password of Secret ann.
func withPassword(s *spec) { s.Password = &v1alpha1.Password{SecretKeyRef: at("ann", "password")} }

// expectPassword waits until the user at Clerk has the password.
func (env *environment) expectPassword(name, password string) {
	env.t.Helper()
	env.eventually("the password at Clerk to be changed", func() error {
		if env.atClerk(name).Credentials.Password != password {
			return errNotYet
		}
		return nil
	})
}

// editAtClerk changes the user of a ClerkUser at Clerk, as another administrator would.
func (env *environment) editAtClerk(name string, change func(*emulator.User)) {
	env.t.Helper()
	if _, err := env.clerk.Edit(env.read(name).Status.UserID, change); err != nil {
		env.t.Fatal(err)
	}
}
