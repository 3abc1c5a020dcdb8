// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// allAdmitted admits every namespace, with this policy of adoption.
func allAdmitted(scope v1alpha1.AdoptionScope) func(*v1alpha1.ClerkInstance) {
	return func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: &scope}
	}
}

// setFinalizers replaces the finalizers of a ClerkUser.
func (env *environment) setFinalizers(name string, finalizers ...string) {
	env.t.Helper()
	user := env.read(name)
	before := user.DeepCopy()
	user.Finalizers = finalizers
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
}

// loseObject takes a ClerkUser away while no operator runs, as the loss of a namespace or of a cluster does. Its user stays at Clerk
// with its mark.
func (env *environment) loseObject(name string) {
	env.t.Helper()
	env.delete(env.read(name))
	env.setFinalizers(name)
	env.expectGone(name)
}

func names(id string) func(*spec) { return func(s *spec) { s.UserID = &id } }

// expectOwnerMark fails unless the mark at Clerk names an object of this namespace.
func (env *environment) expectOwnerMark(id, name string) {
	env.t.Helper()
	mark, _ := env.clerk.User(id).PrivateMetadata[v1alpha1.OwnerKey].(string)
	if !strings.Contains(mark, " "+env.namespace+"/"+name+" ") {
		env.t.Errorf("user %s carries the mark %q, want that of %s/%s", id, mark, env.namespace, name)
	}
}

// TestObjectMovesToAnotherNamespace declares a user in another namespace after its object is gone.
func TestObjectMovesToAnotherNamespace(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		scope v1alpha1.AdoptionScope
		home  bool
		want  string
	}{
		"WhereAllMayAdopt":              {v1alpha1.AdoptionAll, false, v1alpha1.ReasonInSync},
		"IntoTheNamespaceOfTheInstance": {v1alpha1.AdoptionSameNamespace, true, v1alpha1.ReasonInSync},
		"WhereOnlyTheInstancesOwnMay":   {v1alpha1.AdoptionSameNamespace, false, v1alpha1.ReasonAlreadyExists},
	} {
		t.Run(name, func(t *testing.T) {
			home := newEnvironment(t, allAdmitted(tc.scope))
			guest := home.inOtherNamespace()
			from, to := home, guest
			if tc.home {
				from, to = guest, home
			}
			home.start()
			from.create(from.user("ann", from.refersTo(home)))
			id := from.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			home.halt()
			from.loseObject("ann")
			home.start()
			to.create(to.user("ann", to.refersTo(home), names(id), func(s *spec) { s.FirstName = ptr.To("Ann") }))
			user := to.expectReason("ann", tc.want)
			if tc.want != v1alpha1.ReasonInSync {
				to.expectMessage(user, "policy.adoption", home.namespace+"/default")
				from.expectOwnerMark(id, "ann")
				to.expectNoWrites()
				return
			}
			if user.Status.UserID != id || user.Status.Origin != v1alpha1.OriginAdopted {
				t.Errorf("status is %+v", user.Status)
			}
			to.expectOwnerMark(id, "ann")
			home.expectUsers(1)
			to.expectNoWrites()
		})
	}
}

// TestObjectIsRestoredUnderAnotherName names the way that works, and then goes it.
func TestObjectIsRestoredUnderAnotherName(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.halt()
	env.loseObject("ann")
	env.start()
	env.create(env.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	env.expectMessage(env.expectReason("ann-lee", v1alpha1.ReasonAlreadyExists), "ClerkUser ann ", "no longer exists", "spec.userID to "+id)
	env.expectNoWrites()
	env.edit("ann-lee", names(id))
	env.expectReason("ann-lee", v1alpha1.ReasonInSync)
	env.expectOwnerMark(id, "ann-lee")
	env.expectUsers(1)
	env.expectNoWrites()
}

// TestUserOfAnObjectThatIsThereIsNotAdopted names a user whose object is at work, and then one whose object is about to go.
// Both read the same as any user that exists.
func TestUserOfAnObjectThatIsThereIsNotAdopted(t *testing.T) {
	const held = "example.com/held"
	home := newEnvironment(t, allAdmitted(v1alpha1.AdoptionAll))
	guest := home.inOtherNamespace()
	home.start()
	existing := home.clerk.Seed(verified("existing"))
	home.create(home.user("ann"))
	id := home.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	guest.create(guest.user("thief", guest.refersTo(home), names(id), func(s *spec) { s.FirstName = ptr.To("Eve") }))
	guest.create(guest.user("plain", guest.refersTo(home), func(s *spec) { s.EmailAddresses[0].Address = address("existing") }))
	message := readyOf(guest.expectReason("plain", v1alpha1.ReasonAlreadyExists)).Message
	thief := func(when string) {
		t.Helper()
		guest.expectNoWrites()
		if got := readyOf(guest.expectReason("thief", v1alpha1.ReasonAlreadyExists)).Message; got != message {
			t.Errorf("%s the message is %q, want %q", when, got, message)
		}
		if u := home.clerk.User(id); u == nil || u.FirstName != nil {
			t.Errorf("%s the user was touched: %+v", when, u)
		}
		home.expectOwnerMark(id, "ann")
	}
	thief("while its object is there")
	home.setFinalizers("ann", v1alpha1.Finalizer, held)
	home.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
	home.delete(home.read("ann"))
	home.eventually("the operator to let go", func() error {
		if len(home.read("ann").Finalizers) > 1 {
			return errNotYet
		}
		return nil
	})
	guest.annotate("thief", v1alpha1.AnnotationReconcileRequestedAt, "now")
	thief("while its object is being deleted")
	home.setFinalizers("ann")
	home.expectGone("ann")
	guest.expectReason("thief", v1alpha1.ReasonInSync)
	guest.expectOwnerMark(id, "thief")
	if home.clerk.User(existing.ID).UpdatedAt != existing.UpdatedAt {
		t.Error("a user that nobody named was touched")
	}
	guest.expectNoWrites()
}
