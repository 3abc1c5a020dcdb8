// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestSuccessorThatAppliesNothingKeepsTheAccount renames and replaces an object by one that is suspended, or whose spec has a mistake.
// The account is still there when somebody corrects that.
func TestSuccessorThatAppliesNothingKeepsTheAccount(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ set, correct func(*spec) }{
		"Suspended": {func(s *spec) { s.Suspend = ptr.To(true) }, func(s *spec) { s.Suspend = nil }},
		"Invalid": {func(s *spec) {
			s.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"a":{"b":null}}`)}
		}, func(s *spec) { s.PublicMetadata = nil }},
	} {
		for _, successor := range []string{"user0", "new-user0"} {
			t.Run(name+"/"+successor, func(t *testing.T) {
				env := newRunningEnvironment(t, withDelay(shortDelay))
				ids := env.manyUsers(1)
				env.clerk.ResetJournal()
				o := env.user("user0", tc.set)
				o.Name = successor
				env.delete(env.read("user0"))
				if successor == "user0" {
					env.expectGone("user0")
				}
				env.create(o)
				env.expectOwnerOf(ids["user0"], o)
				env.expectPendingDeletions(0)
				env.restart()
				env.expectNoAccountLost(ids)
				env.edit(successor, tc.correct)
				if got := env.expectReason(successor, v1alpha1.ReasonInSync).Status; got.UserID != ids["user0"] || got.Origin != v1alpha1.OriginCreated {
					t.Errorf("the object has user %s (%s), want %s", got.UserID, got.Origin, ids["user0"])
				}
				env.expectNoAccountLost(ids)
				env.expectNoWrites()
			})
		}
	}
}

// expectOwnerOf waits until a user has the mark of an object.
func (env *environment) expectOwnerOf(id string, o *v1alpha1.ClerkUser) {
	env.t.Helper()
	env.eventually("the user to have the mark of "+o.Name, func() error {
		user := env.clerk.User(id)
		if user == nil {
			env.t.Fatal("the user was deleted")
		}
		if mark, _ := user.PrivateMetadata[v1alpha1.OwnerKey].(string); !strings.Contains(mark, string(o.UID)) {
			return errNotYet
		}
		return nil
	})
}

// TestReplacedByAnObserver replaces an object by one of the same name that observes: that is an edit of the mode.
func TestReplacedByAnObserver(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(shortDelay))
	ids := env.manyUsers(1)
	env.clerk.ResetJournal()
	env.delete(env.read("user0"))
	env.expectGone("user0")
	env.create(env.user("user0", observes))
	env.expectReason("user0", v1alpha1.ReasonObserved)
	env.passNamesakeTime("user0")
	env.expectPendingDeletions(0)
	env.expectNoAccountLost(ids)
	env.expectNoWrites()
	env.edit("user0", func(s *spec) { s.Mode = nil })
	if got := env.expectReason("user0", v1alpha1.ReasonInSync).Status; got.UserID != ids["user0"] || got.Origin != v1alpha1.OriginCreated {
		t.Errorf("the object has user %s (%s), want %s", got.UserID, got.Origin, ids["user0"])
	}
	env.expectNoAccountLost(ids)
	env.expectNoWrites()
}

// TestTwoObjectsBecomeOne has one commit replace two objects by one that declares what both had. It gets one of the users. The
// other is deleted, since nobody could manage it.
func TestTwoObjectsBecomeOne(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(2*time.Second))
	env.manyUsers(2)
	env.clerk.ResetJournal()
	env.delete(env.read("user0"))
	env.delete(env.read("user1"))
	env.create(env.user("team", func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address("user0")}, {Address: address("user1")}}
	}))
	env.expectGone("user0")
	env.expectGone("user1")
	env.waitForRest()
	env.passNamesakeTime("user0")
	env.passNamesakeTime("user1")
	env.expectReason("team", v1alpha1.ReasonInSync)
	env.expectPendingDeletions(0)
	env.expectUsers(1)
	env.expectNoWrites()
}

// TestLateSuccessorWaits creates the object with the new name after the former one is gone, and before its user is removed.
func TestLateSuccessorWaits(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(shortDelay))
	ids := env.manyUsers(1)
	env.clerk.ResetJournal()
	env.letGo("user0")
	seen := env.watchUsers()
	env.create(env.renamed("user0"))
	env.expectReason("new-user0", v1alpha1.ReasonWaitingForDeletion)
	env.passNamesakeTime("user0")
	env.expectReason("new-user0", v1alpha1.ReasonInSync)
	for _, user := range seen()["new-user0"] {
		if ready := readyOf(user); ready != nil && ready.Status == metav1.ConditionFalse && ready.Reason != v1alpha1.ReasonWaitingForDeletion {
			t.Errorf("it said %s: %s", ready.Reason, ready.Message)
		}
	}
	env.expectNoAccountLost(ids)
	env.expectNoWrites()
}

// TestLastMomentEditStopsADeletion edits an object that another finalizer holds, after the operator let it go.
func TestLastMomentEditStopsADeletion(t *testing.T) {
	t.Parallel()
	const held = "example.com/held"
	for name, set := range map[string]func(*spec){
		"Retain":    func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) },
		"Ban":       func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionBan) },
		"Suspended": func(s *spec) { s.Suspend = ptr.To(true) },
		"Observes":  observes,
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(shortDelay))
			ids := env.manyUsers(1)
			env.clerk.ResetJournal()
			env.setFinalizers("user0", v1alpha1.Finalizer, held)
			env.delete(env.read("user0"))
			env.expectPendingDeletions(1)
			env.eventually("the operator to let go", func() error {
				if slices.Contains(env.read("user0").Finalizers, v1alpha1.Finalizer) {
					return errNotYet
				}
				return nil
			})
			env.waitForRest()
			env.expectPendingDeletions(1)
			env.edit("user0", set)
			env.expectPendingDeletions(0)
			env.expectEvent("user0", v1alpha1.EventReleased)
			env.setFinalizers("user0")
			env.expectGone("user0")
			env.passNamesakeTime("user0")
			env.expectNoAccountLost(ids)
			env.expectNoWrites()
		})
	}
}

// TestBlockedDeletionDoesNotHoldTheInstance has Clerk refuse the key of a ClerkInstance that is being deleted, after the object is
// gone. No ClerkUser can name the user any more.
func TestBlockedDeletionDoesNotHoldTheInstance(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(shortDelay))
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.letGo("ann")
	env.clerk.RevokeKey(env.clerk.Key())
	env.delete(env.instance())
	env.passNamesakeTime("ann")
	env.expectEvent("default", v1alpha1.ReasonDeletionBlocked)
	env.waitForRest()
	env.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
	})
	env.eventually("the ClerkInstance to be gone", func() error {
		o := env.instance()
		return client.IgnoreNotFound(ifFound(env.client.Get(env.t.Context(), client.ObjectKeyFromObject(o), o)))
	})
	env.expectUsers(1)
}
