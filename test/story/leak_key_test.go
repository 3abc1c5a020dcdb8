// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// injectFaultsEverywhere has each call meet each kind of fault once, and then another.
func (env *leakEnvironment) injectFaultsEverywhere(last emulator.Fault) {
	for _, fault := range append(passingFaults(), last) {
		env.clerk.InjectFault(fault)
	}
}

// TestKeyDoesNotLeak has Clerk repeat the key in each answer: to calls that ask for the instance, count, list and write. A value
// that is no key must not leak either.
func TestKeyDoesNotLeak(t *testing.T) {
	env := newLeakEnvironment(t)
	for _, status := range []int{422, 401} {
		env.injectFaultsEverywhere(emulator.Fault{Status: status, Body: echoInMessages})
	}
	env.start()
	env.expectInstanceReason(v1alpha1.ReasonRejectedByClerk)
	env.expectTried(v1alpha1.ReasonKeyRejected)
	env.expectTried(v1alpha1.ReasonKeyAccepted)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)

	for path, method := range map[string]string{"/users": "GET", "/users/count": "GET", "/users/*": "PATCH"} {
		env.injectFaultsInTurn(method, path, append(passingFaults(), emulator.Fault{Status: 401, Body: echoInMessages})...)
	}
	env.edit("ann", func(s *spec) { s.FirstName = new("Ann") })
	env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	env.expectReason("ann", v1alpha1.ReasonInSync)

	next := env.addMarker("the next key", "sk_live_"+random(letters+capitals+digits, 32))
	name := env.clerk.AddKey(next)
	env.setKey(next)
	env.eventually("the next key to be used", env.usedKey(name))
	env.clerk.RevokeKey(next)
	env.expectInstanceReason(v1alpha1.ReasonKeyRejected)
	env.setKey(env.addMarker("what is no key", random(letters+capitals+digits+marks, 24)))
	env.expectInstanceReason(v1alpha1.ReasonInvalidKey)
	env.setKey(env.addMarker("half a key", "sk_live_"+random(letters, 12)) + " " + env.addMarker("its other half", random(letters, 12)))
	env.expectInstanceReason(v1alpha1.ReasonInvalidKey)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 403, Body: echoInMessages, Times: -1})
	env.setKey(env.leakMarkers[0].value)
	env.expectInstanceReason(v1alpha1.ReasonInstanceChanged)
	env.expectNoLeaks()
	env.clerk.ClearFaults()
	env.expectEchoed()
}

// TestKeyThatMayNotAskDoesNotLeak is about a key for which something has to stand in for the id that it may not ask for.
func TestKeyThatMayNotAskDoesNotLeak(t *testing.T) {
	env := newLeakEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 403, Body: echoInMessages, Times: -1})
	env.start()
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoLeaks()
}

// expectTried has the ClerkInstance look at its key again, and waits for what it finds.
func (env *leakEnvironment) expectTried(reason string) {
	env.t.Helper()
	env.touchKey()
	env.expectInstanceReason(reason)
}

// touchKey labels the Secret with the key, which has it read.
func (env *leakEnvironment) touchKey() {
	env.t.Helper()
	secret := &corev1.Secret{}
	env.get(secret, "clerk")
	before := secret.DeepCopy()
	secret.Labels = map[string]string{"touched": random(letters, 8)}
	if err := env.client.Patch(env.t.Context(), secret, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
}
