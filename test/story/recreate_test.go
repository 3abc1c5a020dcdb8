// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// dieAfter lets Clerk carry out the next call that a fault is about, and ends the operator before it hears of it.
func (w *world) dieAfter(method, path string, cause func()) {
	w.t.Helper()
	w.clerk.InjectFault(emulator.Fault{Method: method, Path: path, Hang: true, AfterApplying: true})
	before := len(w.clerk.Faults())
	cause()
	w.eventually(method+" "+path+" to hang", func() error {
		if len(w.clerk.Faults()) >= before {
			return errNotYet
		}
		return nil
	})
	// The fault is spent when the call arrives, and shows in the journal when it was carried out.
	w.eventually(method+" "+path+" to be carried out", func() error {
		calls := w.clerk.Journal().Matching(method, path)
		if len(calls) == 0 || !calls[len(calls)-1].Applied {
			return errNotYet
		}
		return nil
	})
	w.halt()
}

// removeAtClerk deletes users as somebody with access to Clerk's dashboard would, after the time in which the operator
// does not believe it, and lets the time of a full comparison come, at which it finds out.
func (w *world) removeAtClerk(ids ...string) {
	w.t.Helper()
	w.server.Clock().Advance(2 * lagTime)
	for _, id := range ids {
		if err := w.clerk.Delete(id); err != nil {
			w.t.Fatal(err)
		}
	}
	w.server.Clock().Advance(v1alpha1.DefaultFullInterval)
}

// wantUsers fails unless so many users are at Clerk.
func (w *world) wantUsers(want int) {
	w.t.Helper()
	if got := len(w.clerk.Users()); got != want {
		w.t.Errorf("%d users are at Clerk, want %d\n%s", got, want, w.describe())
	}
}

func cannotLeave(s *spec) { s.DeleteSelfEnabled = ptr.To(false) }

func TestCrashAfterRecreation(t *testing.T) {
	t.Parallel()
	recreated := func(t *testing.T) *world {
		t.Helper()
		w := newLiveWorld(t)
		w.create(w.user("ann", cannotLeave))
		id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
		w.dieAfter("POST", "/users", func() { w.removeAtClerk(id) })
		return w
	}
	t.Run("LeavesNoOrphanWhenDeleted", func(t *testing.T) {
		w := recreated(t)
		w.delete(w.read("ann"))
		w.start()
		w.vanishes("ann")
		w.wantUsers(0)
	})
	t.Run("IsNoSecondUserWhenTheIdentifierChanges", func(t *testing.T) {
		w := recreated(t)
		w.edit("ann", func(s *spec) { s.EmailAddresses[0].Address = "anna@example.com" })
		w.start()
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.wantUsers(1)
		if got := w.atClerk("ann").EmailAddresses; len(got) != 1 || got[0].EmailAddress != "anna@example.com" {
			t.Errorf("the addresses are %+v", got)
		}
		w.rests()
	})
}

// TestLateCreatingCallOfAnOldObjectIsFoundInALaggingList lets the creating call succeed long after the object first tried,
// so that only its second announcement says that lists may lag.
func TestLateCreatingCallOfAnOldObjectIsFoundInALaggingList(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 503, Times: -1})
	w.create(w.user("ann"))
	w.eventually("the first creating call", func() error {
		if w.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	w.halt()
	w.clerk.ClearFaults()
	w.server.Clock().Advance(2 * lagTime)
	w.clerk.Configure(func(s *emulator.Settings) { s.ListLag = 10 * time.Second })
	w.dieAfter("POST", "/users", w.start)
	w.delete(w.read("ann"))
	w.start()
	w.vanishes("ann")
	w.wantUsers(0)
}

func TestUserIDNamedAfterALostCreationForgetsNobody(t *testing.T) {
	w := newLiveWorld(t)
	person := w.clerk.Seed(verified("real"))
	w.dieAfter("POST", "/users", func() { w.create(w.user("ann")) })
	w.edit("ann", func(s *spec) { s.UserID, s.EmailAddresses = &person.ID, nil })
	w.start()
	message := w.becomes("ann", v1alpha1.ReasonConflict).Status.Conditions[0].Message
	for _, u := range w.clerk.Users() {
		if u.ID != person.ID && !strings.Contains(message, u.ID) {
			t.Errorf("the message does not name %s: %s", u.ID, message)
		}
	}
	w.rests()
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.wantUsers(1)
	if u := w.clerk.User(person.ID); u == nil || u.PrivateMetadata[v1alpha1.OwnerKey] != nil {
		t.Errorf("the user that was named is %+v", u)
	}
}

func TestForgedCreatingAnnotation(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"OfTheFuture":   `{"kind":"email_address","value":"victim@example.com","at":"2999-01-01T00:00:00Z","applied":{"metadata":["/publicMetadata/x"]}}`,
		"OfUnknownKind": `{"kind":"nonsense","value":"x","at":"2020-01-01T00:00:00Z"}`,
		"OfAnEmptyKind": `{"at":"2020-01-01T00:00:00Z"}`,
		"NoJSON":        `x`,
	}
	for name, annotation := range tests {
		t.Run(name+"DoesNotKeepAUserFromBeingCreated", func(t *testing.T) {
			w := newLiveWorld(t)
			user := w.user("ann")
			user.Annotations = map[string]string{v1alpha1.AnnotationCreating: annotation}
			w.create(user)
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.wantUsers(1)
			w.rests()
			w.delete(w.read("ann"))
			w.vanishes("ann")
			w.wantUsers(0)
		})
		t.Run(name+"DoesNotKeepAnObjectFromBeingDeleted", func(t *testing.T) {
			w := newWorld(t)
			user := w.user("ann")
			user.Annotations = map[string]string{v1alpha1.AnnotationCreating: annotation}
			user.Finalizers = []string{v1alpha1.Finalizer}
			w.create(user)
			w.delete(w.read("ann"))
			w.start()
			w.vanishes("ann")
		})
	}
}
