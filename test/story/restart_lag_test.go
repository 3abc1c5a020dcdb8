// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestRestartBelievesNoLaggingList restarts while lists show what was before the last change.
func TestRestartBelievesNoLaggingList(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.server.Clock().Advance(2 * lagTime)
	env.clerk.Configure(func(s *emulator.Settings) { s.ListLag = 20 * time.Second })
	env.edit("ann", func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: "married@example.com", Primary: ptr.To(true)}}
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.ResetJournal()
	env.restart()
	env.elapse(5)
	if writes := env.clerk.Journal().Writes(); len(writes) > 0 {
		t.Errorf("the restart wrote to Clerk: %v", writes)
	}
	if r := env.reason("ann"); r != v1alpha1.ReasonInSync {
		t.Errorf("ann is %s\n%s", r, env.describe())
	}
}

// TestRestartAfterCreationBelievesNoAbsence restarts right after users were created, while Clerk shows none of them.
func TestRestartAfterCreationBelievesNoAbsence(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.clerk.Configure(func(s *emulator.Settings) { s.ListLag, s.GetLag = 30*time.Second, 30*time.Second })
			for i := range n {
				env.create(env.user(fmt.Sprintf("user%d", i)))
			}
			for i := range n {
				env.expectReason(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
			}
			env.restart()
			env.elapse(5)
			for i := range n {
				if r := env.reason(fmt.Sprintf("user%d", i)); r != v1alpha1.ReasonInSync {
					t.Errorf("user%d is %s", i, r)
				}
			}
		})
	}
}

// TestRestartAfterCreationWhileListsLag restarts right after users were created, while only lists lag.
func TestRestartAfterCreationWhileListsLag(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.ListLag = 8 * time.Second })
	for i := range 10 {
		env.create(env.user(fmt.Sprintf("user%d", i)))
	}
	for i := range 10 {
		env.expectReason(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
	}
	env.restart()
	env.elapse(4)
	held := 0
	for i := range 10 {
		if r := env.reason(fmt.Sprintf("user%d", i)); r != v1alpha1.ReasonInSync {
			held++
		}
	}
	if held > 0 {
		t.Errorf("%d of 10 are not in sync after a restart", held)
	}
	for range 40 {
		env.elapse(1)
		if env.inSync() == 10 {
			return
		}
	}
	t.Error("not healed after 44 s")
}

// TestRestartAfterCreationOfOneThatCannotLeave restarts while Clerk does not show a user that would be created again at once.
func TestRestartAfterCreationOfOneThatCannotLeave(t *testing.T) {
	env := newRunningEnvironment(t, brakesAfterOne)
	env.clerk.Configure(func(s *emulator.Settings) { s.ListLag, s.GetLag = 8*time.Second, 8*time.Second })
	env.create(env.user("ann", cannotLeave))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.restart()
	env.elapse(5)
	if n := env.calls("POST", "/users"); n != 1 {
		t.Errorf("%d creating calls", n)
	}
}

// TestMissingStaysMissingAfterARestart restarts with more known absences than a comparison would believe at once.
func TestMissingStaysMissingAfterARestart(t *testing.T) {
	env := newRunningEnvironment(t)
	var ids, names []string
	for i := range 10 {
		name := fmt.Sprintf("user%d", i)
		names = append(names, name)
		env.create(env.user(name))
	}
	for _, name := range names {
		ids = append(ids, env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID)
	}
	env.removeAtClerk(ids[:4]...)
	for _, name := range names[:4] {
		env.expectReason(name, v1alpha1.ReasonMissing)
	}
	env.removeAtClerk(ids[4:7]...)
	for _, name := range names[:7] {
		env.expectReason(name, v1alpha1.ReasonMissing)
	}
	env.settle()
	env.restart()
	env.elapse(5)
	for _, name := range names[:7] {
		if r := env.reason(name); r != v1alpha1.ReasonMissing {
			t.Errorf("%s became %s by a restart", name, r)
		}
	}
}
