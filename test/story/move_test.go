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
func (w *world) setFinalizers(name string, finalizers ...string) {
	w.t.Helper()
	user := w.read(name)
	before := user.DeepCopy()
	user.Finalizers = finalizers
	if err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
}

// loseObject takes a ClerkUser away while no operator runs, as the loss of a namespace or of a cluster does. Its user stays at Clerk
// with its mark.
func (w *world) loseObject(name string) {
	w.t.Helper()
	w.delete(w.read(name))
	w.setFinalizers(name)
	w.vanishes(name)
}

func names(id string) func(*spec) { return func(s *spec) { s.UserID = &id } }

// marked fails unless the mark at Clerk names an object of this namespace.
func (w *world) marked(id, name string) {
	w.t.Helper()
	mark, _ := w.clerk.User(id).PrivateMetadata[v1alpha1.OwnerKey].(string)
	if !strings.Contains(mark, " "+w.namespace+"/"+name+" ") {
		w.t.Errorf("user %s carries the mark %q, want that of %s/%s", id, mark, w.namespace, name)
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
			home := newWorld(t, allAdmitted(tc.scope))
			guest := home.neighbour()
			from, to := home, guest
			if tc.home {
				from, to = guest, home
			}
			home.start()
			from.create(from.user("ann", from.refersTo(home)))
			id := from.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
			home.halt()
			from.loseObject("ann")
			home.start()
			to.create(to.user("ann", to.refersTo(home), names(id), func(s *spec) { s.FirstName = ptr.To("Ann") }))
			user := to.becomes("ann", tc.want)
			if tc.want != v1alpha1.ReasonInSync {
				to.says(user, "policy.adoption", home.namespace+"/default")
				from.marked(id, "ann")
				to.rests()
				return
			}
			if user.Status.UserID != id || user.Status.Origin != v1alpha1.OriginAdopted {
				t.Errorf("status is %+v", user.Status)
			}
			to.marked(id, "ann")
			home.wantUsers(1)
			to.rests()
		})
	}
}

// TestObjectIsRestoredUnderAnotherName names the way that works, and then goes it.
func TestObjectIsRestoredUnderAnotherName(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.halt()
	w.loseObject("ann")
	w.start()
	w.create(w.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	w.says(w.becomes("ann-lee", v1alpha1.ReasonAlreadyExists), "ClerkUser ann ", "does not exist any more", "spec.userID to "+id)
	w.rests()
	w.edit("ann-lee", names(id))
	w.becomes("ann-lee", v1alpha1.ReasonInSync)
	w.marked(id, "ann-lee")
	w.wantUsers(1)
	w.rests()
}

// TestUserOfAnObjectThatIsThereIsNotAdopted names a user whose object is at work, and then one whose object is about to go.
// Both read the same as any user that exists.
func TestUserOfAnObjectThatIsThereIsNotAdopted(t *testing.T) {
	const held = "example.com/held"
	home := newWorld(t, allAdmitted(v1alpha1.AdoptionAll))
	guest := home.neighbour()
	home.start()
	existing := home.clerk.Seed(verified("existing"))
	home.create(home.user("ann"))
	id := home.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	guest.create(guest.user("thief", guest.refersTo(home), names(id), func(s *spec) { s.FirstName = ptr.To("Eve") }))
	guest.create(guest.user("plain", guest.refersTo(home), func(s *spec) { s.EmailAddresses[0].Address = address("existing") }))
	told := readyOf(guest.becomes("plain", v1alpha1.ReasonAlreadyExists)).Message
	thief := func(when string) {
		t.Helper()
		guest.rests()
		if got := readyOf(guest.becomes("thief", v1alpha1.ReasonAlreadyExists)).Message; got != told {
			t.Errorf("%s the object is told %q, want %q", when, got, told)
		}
		if u := home.clerk.User(id); u == nil || u.FirstName != nil {
			t.Errorf("%s the user was touched: %+v", when, u)
		}
		home.marked(id, "ann")
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
	home.vanishes("ann")
	guest.becomes("thief", v1alpha1.ReasonInSync)
	guest.marked(id, "thief")
	if home.clerk.User(existing.ID).UpdatedAt != existing.UpdatedAt {
		t.Error("a user that nobody named was touched")
	}
	guest.rests()
}
