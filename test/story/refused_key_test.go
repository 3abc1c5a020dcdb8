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
func (env *environment) instanceMessage() string {
	env.t.Helper()
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	return meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady).Message
}

// TestRefusedKeyIsReportedOnce revokes the key of many users.
func TestRefusedKeyIsReportedOnce(t *testing.T) {
	env := newRunningEnvironment(t)
	var names []string
	for i := range 8 {
		names = append(names, fmt.Sprintf("user%d", i))
		env.create(env.user(names[i]))
	}
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.settle()
	before := len(env.infos.String())
	env.clerk.RevokeKey(env.clerk.Key())
	env.expectInstanceReason(v1alpha1.ReasonKeyRejected)
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInstanceNotReady)
	}
	env.expectEvent("default", v1alpha1.ReasonKeyRejected)
	env.expectNoWrites()
	for _, name := range names {
		if events := env.eventReasons(name); slices.Contains(events, v1alpha1.ReasonInstanceNotReady) {
			t.Errorf("the key of the ClerkInstance is named in events of %s: %v", name, events)
		}
	}
	next := env.anotherKey("next")
	env.clerk.AddKey(next)
	env.setKey(next)
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.expectNoWrites()
	logs := env.infos.String()[before:]
	if n := strings.Count(logs, "Ready changed"); n != 2 || strings.Contains(logs, names[0]) {
		t.Errorf("%d lines in the log about Ready, want one when the key was refused and one when it was not:\n%s", n, logs)
	}
}

// TestKeyThatOnlyReturnsItsInstanceMakesNoLoop has Clerk, or a proxy before it, answer GET /instance and refuse all else.
func TestKeyThatOnlyReturnsItsInstanceMakesNoLoop(t *testing.T) {
	env := newRunningEnvironment(t)
	names := []string{"ann", "bob", "eve"}
	for _, name := range names {
		env.create(env.user(name, banned))
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.settle()
	env.clerk.InjectFault(emulator.Fault{
		Status: 401, Code: "authorization_invalid", Times: -1,
		Match: func(e emulator.Entry) bool { return strings.HasPrefix(e.Path, "/v1/users") },
	})
	env.clerk.ResetJournal()
	env.expectInstanceReason(v1alpha1.ReasonKeyRejected)
	if says := env.instanceMessage(); !strings.Contains(says, "GET /instance") || !strings.Contains(says, "401") {
		t.Errorf("the ClerkInstance says %q", says)
	}
	for _, name := range names {
		env.expectMessage(env.expectReason(name, v1alpha1.ReasonInstanceNotReady), "GET /instance")
	}
	env.expectNoWrites()
	// The Secret is looked at every second in stories, and the key is asked about then.
	if calls, most := len(env.clerk.Journal()), 30; calls > most {
		t.Errorf("%d calls with a key that is refused, want at most %d\n%s", calls, most, env.describe())
	}
	env.clerk.ClearFaults()
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectLiftedBanRestored("ann")
	env.expectNoWrites()
}
