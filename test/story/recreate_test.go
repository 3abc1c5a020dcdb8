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

// haltAfterCall lets Clerk carry out the next call that a fault is about, and kills the operator before it hears of it.
func (env *environment) haltAfterCall(method, path string, cause func()) {
	env.t.Helper()
	env.clerk.InjectFault(emulator.Fault{Method: method, Path: path, Hang: true, AfterApplying: true})
	before := len(env.clerk.Faults())
	cause()
	env.eventually(method+" "+path+" to hang", func() error {
		if len(env.clerk.Faults()) >= before {
			return errNotYet
		}
		return nil
	})
	// The fault is spent when the call arrives, and shows in the journal when it was carried out.
	env.eventually(method+" "+path+" to be carried out", func() error {
		calls := env.clerk.Journal().Matching(method, path)
		if len(calls) == 0 || !calls[len(calls)-1].Applied {
			return errNotYet
		}
		return nil
	})
	env.crash()
}

// removeAtClerk deletes users as somebody with access to Clerk's dashboard would, after the time in which the operator
// does not believe it, and lets the time of a full comparison come, at which it finds out.
func (env *environment) removeAtClerk(ids ...string) {
	env.t.Helper()
	env.server.Clock().Advance(2 * lagTime)
	for _, id := range ids {
		if err := env.clerk.Delete(id); err != nil {
			env.t.Fatal(err)
		}
	}
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval)
}

// expectUsers fails unless so many users are at Clerk.
func (env *environment) expectUsers(want int) {
	env.t.Helper()
	if got := len(env.clerk.Users()); got != want {
		env.t.Errorf("%d users are at Clerk, want %d\n%s", got, want, env.describe())
	}
}

func cannotLeave(s *spec) { s.DeleteSelfEnabled = ptr.To(false) }

func TestCrashAfterRecreation(t *testing.T) {
	t.Parallel()
	recreated := func(t *testing.T) *environment {
		t.Helper()
		env := newRunningEnvironment(t)
		env.create(env.user("ann", cannotLeave))
		id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
		env.haltAfterCall("POST", "/users", func() { env.removeAtClerk(id) })
		return env
	}
	t.Run("LeavesNoOrphanWhenDeleted", func(t *testing.T) {
		env := recreated(t)
		env.delete(env.read("ann"))
		env.start()
		env.expectGone("ann")
		env.expectUsers(0)
	})
	t.Run("IsNoSecondUserWhenTheIdentifierChanges", func(t *testing.T) {
		env := recreated(t)
		env.edit("ann", func(s *spec) { s.EmailAddresses[0].Address = "anna@example.com" })
		env.start()
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectUsers(1)
		if got := env.atClerk("ann").EmailAddresses; len(got) != 1 || got[0].EmailAddress != "anna@example.com" {
			t.Errorf("the addresses are %+v", got)
		}
		env.expectNoWrites()
	})
}

// TestLateCreatingCallOfAnOldObjectIsFoundInALaggingList lets the creating call succeed long after the object first tried,
// so that only its second announcement says that lists may lag.
func TestLateCreatingCallOfAnOldObjectIsFoundInALaggingList(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 503, Times: -1})
	env.create(env.user("ann"))
	env.eventually("the first creating call", func() error {
		if env.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	env.halt()
	env.clerk.ClearFaults()
	env.server.Clock().Advance(2 * lagTime)
	env.clerk.Configure(func(s *emulator.Settings) { s.ListLag = 10 * time.Second })
	env.haltAfterCall("POST", "/users", env.start)
	env.delete(env.read("ann"))
	env.start()
	env.expectGone("ann")
	env.expectUsers(0)
}

func TestUserIDNamedAfterALostCreationForgetsNobody(t *testing.T) {
	env := newRunningEnvironment(t)
	person := env.clerk.Seed(verified("real"))
	env.haltAfterCall("POST", "/users", func() { env.create(env.user("ann")) })
	env.edit("ann", func(s *spec) { s.UserID, s.EmailAddresses = &person.ID, nil })
	env.start()
	message := env.expectReason("ann", v1alpha1.ReasonConflict).Status.Conditions[0].Message
	for _, u := range env.clerk.Users() {
		if u.ID != person.ID && !strings.Contains(message, u.ID) {
			t.Errorf("the message does not name %s: %s", u.ID, message)
		}
	}
	env.expectNoWrites()
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectUsers(1)
	if u := env.clerk.User(person.ID); u == nil || u.PrivateMetadata[v1alpha1.OwnerKey] != nil {
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
			env := newRunningEnvironment(t)
			user := env.user("ann")
			user.Annotations = map[string]string{v1alpha1.AnnotationCreating: annotation}
			env.create(user)
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectUsers(1)
			env.expectNoWrites()
			env.delete(env.read("ann"))
			env.expectGone("ann")
			env.expectUsers(0)
		})
		t.Run(name+"DoesNotKeepAnObjectFromBeingDeleted", func(t *testing.T) {
			env := newEnvironment(t)
			user := env.user("ann")
			user.Annotations = map[string]string{v1alpha1.AnnotationCreating: annotation}
			user.Finalizers = []string{v1alpha1.Finalizer}
			env.create(user)
			env.delete(env.read("ann"))
			env.start()
			env.expectGone("ann")
		})
	}
}
