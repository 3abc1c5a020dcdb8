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

// meetEverywhere has every call meet each kind of trouble once, and then another fault.
func (w *canaryWorld) meetEverywhere(last emulator.Fault) {
	for _, fault := range append(passingFaults(), last) {
		w.clerk.InjectFault(fault)
	}
}

// TestKeyIsNotTold has Clerk tell the key whenever it is called with it: by those who look whose it is, count and list, and
// write. What is no key is not told either.
func TestKeyIsNotTold(t *testing.T) {
	w := newCanaryWorld(t)
	for _, status := range []int{422, 401} {
		w.meetEverywhere(emulator.Fault{Status: status, Body: echoInMessages})
	}
	w.start()
	w.instanceBecomes(v1alpha1.ReasonRejectedByClerk)
	w.tried(v1alpha1.ReasonKeyRejected)
	w.tried(v1alpha1.ReasonKeyAccepted)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)

	for path, method := range map[string]string{"/users": "GET", "/users/count": "GET", "/users/*": "PATCH"} {
		w.injects(method, path, append(passingFaults(), emulator.Fault{Status: 401, Body: echoInMessages})...)
	}
	w.edit("ann", func(s *spec) { s.FirstName = new("Ann") })
	w.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	w.becomes("ann", v1alpha1.ReasonInSync)

	next := w.hide("the next key", "sk_live_"+random(letters+capitals+digits, 32))
	name := w.clerk.AddKey(next)
	w.setKey(next)
	w.eventually("the next key to be used", w.usedKey(name))
	w.clerk.RevokeKey(next)
	w.instanceBecomes(v1alpha1.ReasonKeyRejected)
	w.setKey(w.hide("what is no key", random(letters+capitals+digits+marks, 24)))
	w.instanceBecomes(v1alpha1.ReasonInvalidKey)
	w.setKey(w.hide("half a key", "sk_live_"+random(letters, 12)) + " " + w.hide("its other half", random(letters, 12)))
	w.instanceBecomes(v1alpha1.ReasonInvalidKey)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 403, Body: echoInMessages, Times: -1})
	w.setKey(w.canaries[0].value)
	w.instanceBecomes(v1alpha1.ReasonInstanceChanged)
	w.tellsNothing()
	w.clerk.ClearFaults()
	w.wasEchoed()
}

// TestKeyThatMayNotAskIsNotTold is about a key for which something has to stand in for the id that it may not ask for.
func TestKeyThatMayNotAskIsNotTold(t *testing.T) {
	w := newCanaryWorld(t)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 403, Body: echoInMessages, Times: -1})
	w.start()
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.tellsNothing()
}

// tried has the ClerkInstance look at its key again, and waits for what it finds.
func (w *canaryWorld) tried(reason string) {
	w.t.Helper()
	w.touchKey()
	w.instanceBecomes(reason)
}

// touchKey labels the Secret with the key, which has it read.
func (w *canaryWorld) touchKey() {
	w.t.Helper()
	secret := &corev1.Secret{}
	w.get(secret, "clerk")
	before := secret.DeepCopy()
	secret.Labels = map[string]string{"touched": random(letters, 8)}
	if err := w.client.Patch(w.t.Context(), secret, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}
