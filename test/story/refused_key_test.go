// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestRefusedKeyIsToldOnce revokes the key of many users.
func TestRefusedKeyIsToldOnce(t *testing.T) {
	w := newLiveWorld(t)
	var names []string
	for i := range 8 {
		names = append(names, fmt.Sprintf("user%d", i))
		w.create(w.user(names[i]))
	}
	for _, name := range names {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.settle()
	before := len(w.infos.String())
	w.clerk.RevokeKey(w.clerk.Key())
	w.instanceBecomes(v1alpha1.ReasonKeyRejected)
	for _, name := range names {
		w.becomes(name, v1alpha1.ReasonInstanceNotReady)
	}
	w.tells("default", v1alpha1.ReasonKeyRejected)
	w.rests()
	for _, name := range names {
		if events := w.told(name); slices.Contains(events, v1alpha1.ReasonInstanceNotReady) {
			t.Errorf("the key of the ClerkInstance is told of in events of %s: %v", name, events)
		}
	}
	next := w.anotherKey("next")
	w.clerk.AddKey(next)
	w.setKey(next)
	for _, name := range names {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.rests()
	logs := w.infos.String()[before:]
	if n := strings.Count(logs, "Ready turned"); n != 2 || strings.Contains(logs, names[0]) {
		t.Errorf("%d lines in the log about Ready, want one when the key was refused and one when it was not:\n%s", n, logs)
	}
}
