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
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.server.Clock().Advance(2 * lagTime)
	w.clerk.Configure(func(s *emulator.Settings) { s.ListLag = 20 * time.Second })
	w.edit("ann", func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: "married@example.com", Primary: ptr.To(true)}}
	})
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.ResetJournal()
	w.restart()
	w.elapse(5)
	if writes := w.clerk.Journal().Writes(); len(writes) > 0 {
		t.Errorf("the restart wrote to Clerk: %v", writes)
	}
	if r := w.reason("ann"); r != v1alpha1.ReasonInSync {
		t.Errorf("ann is %s\n%s", r, w.describe())
	}
}

// TestRestartAfterCreationBelievesNoAbsence restarts right after users were created, while Clerk shows none of them.
func TestRestartAfterCreationBelievesNoAbsence(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 10} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			w := newLiveWorld(t)
			w.clerk.Configure(func(s *emulator.Settings) { s.ListLag, s.GetLag = 30*time.Second, 30*time.Second })
			for i := range n {
				w.create(w.user(fmt.Sprintf("user%d", i)))
			}
			for i := range n {
				w.becomes(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
			}
			w.restart()
			w.elapse(5)
			for i := range n {
				if r := w.reason(fmt.Sprintf("user%d", i)); r != v1alpha1.ReasonInSync {
					t.Errorf("user%d is %s", i, r)
				}
			}
		})
	}
}

// TestRestartAfterCreationWhileListsLag restarts right after users were created, while only lists lag.
func TestRestartAfterCreationWhileListsLag(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.Configure(func(s *emulator.Settings) { s.ListLag = 8 * time.Second })
	for i := range 10 {
		w.create(w.user(fmt.Sprintf("user%d", i)))
	}
	for i := range 10 {
		w.becomes(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
	}
	w.restart()
	w.elapse(4)
	held := 0
	for i := range 10 {
		if r := w.reason(fmt.Sprintf("user%d", i)); r != v1alpha1.ReasonInSync {
			held++
		}
	}
	if held > 0 {
		t.Errorf("%d of 10 are not in sync after a restart", held)
	}
	for range 40 {
		w.elapse(1)
		if w.inSync() == 10 {
			return
		}
	}
	t.Error("not healed after 44 s")
}

// TestRestartAfterCreationOfOneThatCannotLeave restarts while Clerk does not show a user that would be created again at once.
func TestRestartAfterCreationOfOneThatCannotLeave(t *testing.T) {
	w := newLiveWorld(t, brakesAfterOne)
	w.clerk.Configure(func(s *emulator.Settings) { s.ListLag, s.GetLag = 8*time.Second, 8*time.Second })
	w.create(w.user("ann", cannotLeave))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.restart()
	w.elapse(5)
	if n := w.calls("POST", "/users"); n != 1 {
		t.Errorf("%d creating calls", n)
	}
}

// TestMissingStaysMissingAfterARestart restarts with more known absences than a comparison would believe at once.
func TestMissingStaysMissingAfterARestart(t *testing.T) {
	w := newLiveWorld(t)
	var ids, names []string
	for i := range 10 {
		name := fmt.Sprintf("user%d", i)
		names = append(names, name)
		w.create(w.user(name))
	}
	for _, name := range names {
		ids = append(ids, w.becomes(name, v1alpha1.ReasonInSync).Status.UserID)
	}
	w.removeAtClerk(ids[:4]...)
	for _, name := range names[:4] {
		w.becomes(name, v1alpha1.ReasonMissing)
	}
	w.removeAtClerk(ids[4:7]...)
	for _, name := range names[:7] {
		w.becomes(name, v1alpha1.ReasonMissing)
	}
	w.settle()
	w.restart()
	w.elapse(5)
	for _, name := range names[:7] {
		if r := w.reason(name); r != v1alpha1.ReasonMissing {
			t.Errorf("%s became %s by a restart", name, r)
		}
	}
}
