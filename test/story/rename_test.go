// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// withDelay sets the deletionDelay of the ClerkInstance.
func withDelay(delay time.Duration) func(*v1alpha1.ClerkInstance) {
	return func(i *v1alpha1.ClerkInstance) { i.Spec.DeletionDelay = &metav1.Duration{Duration: delay} }
}

// appliedCalls returns how many calls with a method and a path pattern Clerk has carried out.
func (env *environment) appliedCalls(method, pattern string) (n int) {
	for _, e := range env.clerk.Journal().Matching(method, pattern) {
		if e.Applied {
			n++
		}
	}
	return n
}

// expectNoAccountLost fails unless Clerk has the users with these ids and no others, and none was created or deleted.
func (env *environment) expectNoAccountLost(ids map[string]string) {
	env.t.Helper()
	var have []string
	for _, user := range env.clerk.Users() {
		have = append(have, user.ID)
	}
	slices.Sort(have)
	if want := slices.Sorted(maps.Values(ids)); !slices.Equal(have, want) {
		env.t.Errorf("Clerk has the users %v, want %v", have, want)
	}
	if created, deleted := env.appliedCalls("POST", "/users"), env.appliedCalls("DELETE", "/users/*"); created+deleted > 0 {
		env.t.Errorf("%d users were created and %d deleted", created, deleted)
	}
}

// manyUsers creates n ClerkUsers and returns the ids of their users by name.
func (env *environment) manyUsers(n int, change ...func(*spec)) map[string]string {
	env.t.Helper()
	ids := map[string]string{}
	for i := range n {
		name := fmt.Sprintf("user%d", i)
		env.create(env.user(name, change...))
		ids[name] = ""
	}
	for name := range ids {
		ids[name] = env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID
	}
	return ids
}

// renamed is the ClerkUser of a rename: another name, and the same identifiers.
func (env *environment) renamed(name string) *v1alpha1.ClerkUser {
	former := env.user(name)
	former.Name = "new-" + name
	return former
}

// TestRenameOfTenObjectsKeepsTheAccounts renames ten objects in one commit, as a GitOps tool carries it out: in both orders.
func TestRenameOfTenObjectsKeepsTheAccounts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		delay       time.Duration
		deleteFirst bool
	}{
		"DeleteFirst":             {30 * time.Second, true},
		"CreateFirst":             {30 * time.Second, false},
		"CreateFirstWithoutDelay": {0, false},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(tc.delay))
			ids := env.manyUsers(10)
			env.clerk.ResetJournal()
			remove := func() {
				for name := range ids {
					env.delete(env.read(name))
				}
			}
			create := func(expect string) {
				for name := range ids {
					env.create(env.renamed(name))
				}
				for name := range ids {
					env.expectReason("new-"+name, expect)
				}
			}
			if tc.deleteFirst {
				remove()
				for name := range ids {
					env.expectReason(name, v1alpha1.ReasonDeletionPending)
				}
				time.Sleep(2 * time.Second) // the time between a prune and the apply that follows it
				create(v1alpha1.ReasonInSync)
			} else {
				create(v1alpha1.ReasonWaitingForDeletion)
				remove()
			}
			for name, id := range ids {
				if got := env.expectReason("new-"+name, v1alpha1.ReasonInSync).Status; got.UserID != id || got.Origin != v1alpha1.OriginCreated {
					t.Errorf("new-%s has user %s (%s), want %s", name, got.UserID, got.Origin, id)
				}
				env.expectGone(name)
			}
			env.expectNoAccountLost(ids)
			env.expectNoWrites()
		})
	}
}

// TestDeletionWithoutDelayIsCarriedOutAtOnce shows what a rename costs without a delay if the deletion comes first.
func TestDeletionWithoutDelayIsCarriedOutAtOnce(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.clerk.ResetJournal()
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectCalls(1, "DELETE", "/users/*")
	env.create(env.renamed("ann"))
	if got := env.expectReason("new-ann", v1alpha1.ReasonInSync).Status.UserID; got == id {
		t.Error("the deleted user exists")
	}
	env.expectNoWrites()
}

// TestRenameByUsername renames objects that declare nothing that proves possession.
func TestRenameByUsername(t *testing.T) {
	t.Parallel()
	username := func(s *spec) { s.EmailAddresses, s.Username = nil, ptr.To("ann_1") }
	for name, tc := range map[string]struct {
		renamed func(*spec)
		reason  string
	}{
		"SameUsername": {username, v1alpha1.ReasonInSync},
		"InCapitals":   {func(s *spec) { username(s); s.Username = ptr.To("ANN_1") }, v1alpha1.ReasonInSync},
		"ReservedAddress": {func(s *spec) {
			s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address("ann"), Status: ptr.To(v1alpha1.IdentifierReserved)}}
		}, v1alpha1.ReasonInSync},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(30*time.Second))
			former := env.user("ann", func(s *spec) {
				username(s)
				s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address("ann"), Status: ptr.To(v1alpha1.IdentifierReserved)}}
			})
			env.create(former)
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			env.clerk.ResetJournal()
			env.delete(former)
			env.expectReason("ann", v1alpha1.ReasonDeletionPending)
			env.create(env.user("ann-lee", tc.renamed))
			if got := env.expectReason("ann-lee", tc.reason).Status.UserID; got != id {
				t.Errorf("the new object has user %s, want %s", got, id)
			}
			env.expectNoAccountLost(map[string]string{"ann": id})
			env.expectNoWrites()
		})
	}
}

// TestUsernameThatThePersonChoseTransfersNothing has a person take the username that another object of the namespace declares.
func TestUsernameThatThePersonChoseTransfersNothing(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(2*time.Second))
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.Username = ptr.To("root_admin") }); err != nil {
		t.Fatal(err)
	}
	env.delete(env.read("ann"))
	env.create(env.user("admin", func(s *spec) { s.EmailAddresses, s.Username = nil, ptr.To("root_admin") }))
	env.expectGone("ann")
	if got := env.expectReason("admin", v1alpha1.ReasonInSync).Status.UserID; got == id {
		t.Error("the object of the administrator got the account of the person who had taken its username")
	}
	env.expectNoWrites()
}

// TestPendingDeletionCanBeStopped sets the deletionPolicy of an object that is being deleted.
func TestPendingDeletionCanBeStopped(t *testing.T) {
	t.Parallel()
	for name, policy := range map[string]v1alpha1.DeletionPolicy{"Delete": v1alpha1.DeletionDelete, "Ban": v1alpha1.DeletionBan} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, withDelay(time.Hour))
			env.create(env.user("ann", func(s *spec) { s.DeletionPolicy = &policy }))
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			env.clerk.ResetJournal()
			env.delete(env.read("ann"))
			user := env.expectReason("ann", v1alpha1.ReasonDeletionPending)
			due := user.DeletionTimestamp.Add(time.Hour).UTC().Format(time.RFC3339)
			env.expectMessage(user, due, "set spec.deletionPolicy to Retain on this object")
			if meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReconciling) == nil {
				t.Error("the object does not say that the operator continues")
			}
			env.restart()
			env.expectNoWrites()
			if calls := env.clerk.Journal().Matching("GET", "/users/"+id); len(calls) > 0 {
				t.Errorf("%d reads of the user while its deletion was pending", len(calls))
			}
			env.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
			env.expectGone("ann")
			env.expectEvent("ann", v1alpha1.EventReleased)
			if !retained(env.clerk.User(id)) {
				t.Errorf("the user at Clerk is %+v", env.clerk.User(id))
			}
			env.expectNoWrites()
		})
	}
}

// TestDeletionDelayIsEdited has the longest delay of the ClerkInstances of one Clerk instance apply, and an edit apply at once.
func TestDeletionDelayIsEdited(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(0))
	other := env.instance()
	other.Name = "other"
	withDelay(time.Hour)(other)
	env.create(other)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.eventually("the other ClerkInstance to be ready", func() error {
		env.get(other, "other")
		if !meta.IsStatusConditionTrue(other.Status.Conditions, v1alpha1.ConditionReady) {
			return errNotYet
		}
		return nil
	})
	env.delete(env.read("ann"))
	user := env.expectReason("ann", v1alpha1.ReasonDeletionPending)
	env.expectMessage(user, user.DeletionTimestamp.Add(time.Hour).UTC().Format(time.RFC3339))
	env.expectNoWrites()
	before := other.DeepCopy()
	withDelay(time.Second)(other)
	if err := env.client.Patch(t.Context(), other, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.expectGone("ann")
	env.eventually("the user to be gone", func() error {
		if len(env.clerk.Users()) > 0 {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
}

// TestSuccessorWaitsForABoundedTime shows the conflict of an object whose namesake is not deleted.
func TestSuccessorWaitsForABoundedTime(t *testing.T) {
	env := newRunningEnvironment(t, withDelay(10*time.Second))
	ids := env.manyUsers(1)
	env.create(env.renamed("user0"))
	user := env.expectReason("new-user0", v1alpha1.ReasonWaitingForDeletion)
	env.expectMessage(user, "ClerkUser user0 of this namespace")
	if meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionStalled) != nil {
		t.Error("the object is stalled")
	}
	env.expectNoWrites()
	env.server.Clock().Advance(41 * time.Second)
	env.touch()
	env.expectReason("new-user0", v1alpha1.ReasonConflict)
	env.restart()
	env.expectNoWrites()
	env.delete(env.read("user0"))
	if got := env.expectReason("new-user0", v1alpha1.ReasonInSync).Status.UserID; got != ids["user0"] {
		t.Errorf("the new object has user %s", got)
	}
	env.expectNoWrites()
}
