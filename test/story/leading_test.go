// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// deleteAll deletes every ClerkUser, ClerkInstance and Secret of the namespace at once.
func (w *world) deleteAll() {
	w.t.Helper()
	for _, kind := range []client.Object{&v1alpha1.ClerkInstance{}, &corev1.Secret{}, &v1alpha1.ClerkUser{}} {
		if err := w.client.DeleteAllOf(w.t.Context(), kind, client.InNamespace(w.namespace)); err != nil {
			w.t.Fatal(err)
		}
	}
}

// emptied waits until nothing is left of what the operator holds in the namespace.
func (w *world) emptied() {
	w.t.Helper()
	w.vanishesAll(&v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}, &corev1.SecretList{})
}

// vanishesAll waits until nothing of some kinds is left in the namespace.
func (w *world) vanishesAll(lists ...client.ObjectList) {
	w.t.Helper()
	w.eventually("the namespace to be empty", func() error {
		for _, list := range lists {
			if err := w.client.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
				return err
			}
			if err := meta.EachListItem(list, func(o runtimeObject) error {
				return fmt.Errorf("%T %s is left", o, o.(client.Object).GetName())
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// undecided makes ClerkUsers that name no instance and have no user: one that Clerk rejects, one whose identifier is
// another's, and one whose creating call was carried out without an answer.
func (w *world) undecided() {
	w.t.Helper()
	w.clerk.Seed(verified("existing"))
	w.create(w.user("rejected", func(s *spec) { s.Username = ptr.To("?") }))
	w.becomes("rejected", v1alpha1.ReasonRejectedByClerk)
	w.create(w.user("existing"))
	w.becomes("existing", v1alpha1.ReasonAlreadyExists)
	w.dieAfter("POST", "/users", func() { w.create(w.user("lost")) })
	w.wantUsers(2)
}

// TestUndecidedObjectsGoWithTheirInstance deletes everything of a namespace while nobody knows whether a user was created. It
// does not run beside other stories: their ClerkUsers without a ClerkInstance would need the operator's default instance.
func TestUndecidedObjectsGoWithTheirInstance(t *testing.T) {
	t.Run("DeletedOneByOne", func(t *testing.T) {
		w := newLiveWorld(t)
		w.undecided()
		w.deleteAll()
		w.start()
		w.emptied()
		w.wantUsers(1)
	})
	t.Run("WithTheirNamespace", func(t *testing.T) {
		w := newLiveWorld(t)
		controlplane.ControllerManager(t)
		w.undecided()
		namespace := &corev1.Namespace{}
		if err := w.client.Get(t.Context(), client.ObjectKey{Name: w.namespace}, namespace); err != nil {
			t.Fatal(err)
		}
		w.delete(namespace)
		w.start()
		w.eventually("the namespace to go", func() error {
			return client.IgnoreNotFound(ifFound(w.client.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace)))
		})
		w.wantUsers(1)
	})
	t.Run("WhereTheOperatorsDefaultServesThem", func(t *testing.T) {
		home, w := fallbackWorld(t)
		w.undecided()
		w.deleteAll()
		home.deleteAll()
		w.start()
		w.emptied()
		home.emptied()
		w.wantUsers(1)
	})
}

// fallbackWorld starts the operator with a default instance, in the namespace of home, and returns a view from another
// namespace, which has no ClerkInstance.
func fallbackWorld(t *testing.T) (home, guest *world) {
	t.Helper()
	home = newWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	home.tune = func(c *controller.Config) {
		c.DefaultInstance = types.NamespacedName{Namespace: home.namespace, Name: "default"}
	}
	guest = home.neighbour()
	guest.watched, guest.tune = home.watched, home.tune
	guest.start()
	return home, guest
}

// TestSuccessorThatNamesNoInstanceIsFound renames an object, and the new one leads to the same instance by default.
func TestSuccessorThatNamesNoInstanceIsFound(t *testing.T) {
	home, w := fallbackWorld(t)
	w.create(w.user("ann", w.refersTo(home)))
	id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	w.create(w.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	w.becomes("ann-lee", v1alpha1.ReasonConflict)
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.tells("ann", v1alpha1.EventTransferred)
	if got := w.becomes("ann-lee", v1alpha1.ReasonInSync).Status.UserID; got != id {
		t.Errorf("the new object has user %s, want %s", got, id)
	}
	w.wantCalls(0, "DELETE", "/users/*")
	w.rests()
}

// TestSuccessorIsDeletedAtTheHandover ends the operator right after a user was handed over, and deletes the successor.
func TestSuccessorIsDeletedAtTheHandover(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.create(w.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	w.becomes("ann-lee", v1alpha1.ReasonConflict)
	w.settle()
	w.dieAfter("PATCH", "/users/*/metadata", func() { w.delete(w.read("ann")) })
	w.delete(w.read("ann-lee"))
	w.start()
	w.vanishes("ann-lee")
	w.server.Clock().Advance(2 * lagTime)
	w.vanishes("ann")
	w.wantUsers(0)
}

// TestDeletionGoesWhereTheUserLives deletes an object that its namespace's own ClerkInstance, which came later, took from
// the operator's default.
func TestDeletionGoesWhereTheUserLives(t *testing.T) {
	_, w := fallbackWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.anotherInstance("clerk")
	w.create(w.instance())
	w.becomes("ann", v1alpha1.ReasonInstanceChanged)
	w.rests()
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.tells("ann", v1alpha1.EventDeleted)
	w.wantUsers(0)
	w.rests()
}

// TestUndecidedObjectIsNotCreatedElsewhere names another instance after a creating call whose answer was lost.
func TestUndecidedObjectIsNotCreatedElsewhere(t *testing.T) {
	w := newLiveWorld(t)
	other := w.anotherInstance("other")
	elsewhere := w.instance()
	elsewhere.Name, elsewhere.Spec.SecretKeyRef.Name = "other", "other"
	w.create(elsewhere)
	w.dieAfter("POST", "/users", func() { w.create(w.user("ann")) })
	w.edit("ann", func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"} })
	w.start()
	w.says(w.becomes("ann", v1alpha1.ReasonInstanceChanged), "default", "other")
	w.rests()
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.wantUsers(0)
	if n := len(other.Users()); n != 0 {
		t.Errorf("%d users were created in the other instance", n)
	}
}

// TestNobodyIsCreatedThroughAnInstanceThatGoes adds an object while its ClerkInstance waits for another's deletion.
func TestNobodyIsCreatedThroughAnInstanceThatGoes(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.delete(w.instance())
	w.instanceBecomes(v1alpha1.ReasonDeleting)
	w.create(w.user("bob"))
	w.says(w.becomes("bob", v1alpha1.ReasonInstanceNotReady), "is being deleted")
	w.rests()
	w.wantUsers(1)
	w.deleteAll()
	w.emptied()
	w.wantUsers(0)
}

// TestRefusedObjectNeedsNobody deletes objects whose creating call was refused while neither the instance nor its key is
// there.
func TestRefusedObjectNeedsNobody(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T) *world {
		t.Helper()
		w := newLiveWorld(t)
		w.clerk.Seed(verified("existing"))
		w.create(w.user("rejected", func(s *spec) { s.Username = ptr.To("?") }))
		w.create(w.user("existing"))
		w.becomes("rejected", v1alpha1.ReasonRejectedByClerk)
		w.becomes("existing", v1alpha1.ReasonAlreadyExists)
		w.rests()
		return w
	}
	t.Run("WithoutInstanceAndKey", func(t *testing.T) {
		w := refused(t)
		w.delete(w.instance())
		w.delete(w.secret(""))
		w.vanishesAll(&v1alpha1.ClerkInstanceList{}, &corev1.SecretList{})
		w.restart()
		w.delete(w.read("rejected"))
		w.delete(w.read("existing"))
		w.emptied()
		w.tells("rejected", v1alpha1.EventReleased)
		w.wantUsers(1)
	})
	t.Run("AndIsCreatedOnceItsSpecIsMended", func(t *testing.T) {
		w := refused(t)
		w.edit("rejected", func(s *spec) { s.Username = nil })
		w.becomes("rejected", v1alpha1.ReasonInSync)
		w.rests()
		w.delete(w.read("rejected"))
		w.vanishes("rejected")
		w.wantUsers(1)
	})
}

// TestUnclearRefusalIsNoRefusal answers a creating call in ways that do not say that no user was made, before Clerk rejects
// another.
func TestUnclearRefusalIsNoRefusal(t *testing.T) {
	t.Parallel()
	tests := map[string]emulator.Fault{
		"Conflict":      {Status: 409, Code: "conflict"},
		"ServerError":   {Status: 503},
		"AProxysAnswer": {Status: 403, Body: "<html>"},
		"NoAnswer":      {Cut: true},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			fault.Method, fault.Path = "POST", "/users"
			w.clerk.InjectFault(fault)
			w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 422, Code: "form_username_invalid", Times: -1})
			w.create(w.user("ann"))
			user := w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
			w.settle()
			w.get(user, "ann")
			if user.Annotations[v1alpha1.AnnotationCreating] == "" {
				t.Errorf("the object may own a user and has annotations %v", user.Annotations)
			}
			w.server.Clock().Advance(2 * lagTime)
			w.delete(user)
			w.vanishes("ann")
			looked := slices.ContainsFunc(w.clerk.Journal().Matching("GET", "/users"), func(e emulator.Entry) bool {
				return strings.Contains(e.Query, "email_address=")
			})
			if !looked {
				t.Error("nobody looked for the user")
			}
		})
	}
}
