// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

func TestWatchedSecretIsNoticedAtOnce(t *testing.T) {
	env := newEnvironment(t)
	env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
	env.tune = func(c *controller.Config) { c.WatchSecrets, c.SecretInterval = true, time.Hour }
	env.watchingSecrets()
	env.start()
	env.expectInstanceReason(v1alpha1.ReasonSecretNotFound)
	env.create(env.secret(env.clerk.Key()))
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	next := "sk_live_watched" + env.namespace[len(env.namespace)-5:]
	name := env.clerk.AddKey(next)
	env.setKey(next)
	env.eventually("the new key to be used", env.usedKey(name))
}

func TestNamespaceGoesAndLeavesNoUser(t *testing.T) {
	env := newRunningEnvironment(t)
	controlplane.ControllerManager(t)
	for _, name := range []string{"ann", "bob", "eve"} {
		env.create(env.user(name))
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	namespace := &corev1.Namespace{}
	if err := env.client.Get(t.Context(), client.ObjectKey{Name: env.namespace}, namespace); err != nil {
		t.Fatal(err)
	}
	env.delete(namespace)
	env.eventually("the namespace to go", func() error {
		return client.IgnoreNotFound(ifFound(env.client.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace)))
	})
	if n := len(env.clerk.Users()); n != 0 {
		t.Errorf("%d users were left behind\n%s", n, env.describe())
	}
	env.waitForRest()
	if logged := env.infos.String(); strings.Contains(logged, `"level":"error"`) {
		t.Errorf("a deleted namespace is logged as an error: %s", logged)
	}
}
