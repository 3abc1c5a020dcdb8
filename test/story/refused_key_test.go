// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// instanceMessage is what Ready of the ClerkInstance says.
func (w *world) instanceMessage() string {
	w.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	w.get(instance, "default")
	return meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady).Message
}

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
	if n := strings.Count(logs, "Ready changed"); n != 2 || strings.Contains(logs, names[0]) {
		t.Errorf("%d lines in the log about Ready, want one when the key was refused and one when it was not:\n%s", n, logs)
	}
}

// TestKeyThatOnlyTellsItsInstanceMakesNoLoop has Clerk, or a proxy before it, answer GET /instance and refuse all else.
func TestKeyThatOnlyTellsItsInstanceMakesNoLoop(t *testing.T) {
	w := newLiveWorld(t)
	names := []string{"ann", "bob", "eve"}
	for _, name := range names {
		w.create(w.user(name, banned))
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.settle()
	w.clerk.InjectFault(emulator.Fault{
		Status: 401, Code: "authorization_invalid", Times: -1,
		Match: func(e emulator.Entry) bool { return strings.HasPrefix(e.Path, "/v1/users") },
	})
	w.clerk.ResetJournal()
	w.instanceBecomes(v1alpha1.ReasonKeyRejected)
	if says := w.instanceMessage(); !strings.Contains(says, "GET /instance") || !strings.Contains(says, "401") {
		t.Errorf("the ClerkInstance says %q", says)
	}
	for _, name := range names {
		w.says(w.becomes(name, v1alpha1.ReasonInstanceNotReady), "GET /instance")
	}
	w.rests()
	// The Secret is looked at every second in stories, and the key is asked about then.
	if calls, most := len(w.clerk.Journal()), 30; calls > most {
		t.Errorf("%d calls with a key that is refused, want at most %d\n%s", calls, most, w.describe())
	}
	w.clerk.ClearFaults()
	for _, name := range names {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.liftedBanIsPutBack("ann")
	w.rests()
}
