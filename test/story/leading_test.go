// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// deleteAll deletes every ClerkUser, ClerkInstance and Secret of the namespace at once.
func (env *environment) deleteAll() {
	env.t.Helper()
	for _, kind := range []client.Object{&v1alpha1.ClerkInstance{}, &corev1.Secret{}, &v1alpha1.ClerkUser{}} {
		if err := env.client.DeleteAllOf(env.t.Context(), kind, client.InNamespace(env.namespace)); err != nil {
			env.t.Fatal(err)
		}
	}
}

// expectEmptyNamespace waits until nothing is left of what the operator holds in the namespace.
func (env *environment) expectEmptyNamespace() {
	env.t.Helper()
	env.expectAllGone(&v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}, &corev1.SecretList{})
}

// expectAllGone waits until nothing of some kinds is left in the namespace.
func (env *environment) expectAllGone(lists ...client.ObjectList) {
	env.t.Helper()
	env.eventually("the namespace to be empty", func() error {
		for _, list := range lists {
			if err := env.client.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
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

// createUndecided makes ClerkUsers that name no instance and have no user: one that Clerk rejects, one whose identifier is
// another's, and one whose creating call was carried out without an answer.
func (env *environment) createUndecided() {
	env.t.Helper()
	env.clerk.Seed(verified("existing"))
	env.create(env.user("rejected", func(s *spec) { s.Username = ptr.To("?") }))
	env.expectReason("rejected", v1alpha1.ReasonRejectedByClerk)
	env.create(env.user("existing"))
	env.expectReason("existing", v1alpha1.ReasonAlreadyExists)
	env.haltAfterCall("POST", "/users", func() { env.create(env.user("lost")) })
	env.expectUsers(2)
}

// TestUndecidedObjectsGoWithTheirInstance deletes everything of a namespace while nobody knows whether a user was created. It
// does not run beside other stories: their ClerkUsers without a ClerkInstance would need the operator's default instance.
func TestUndecidedObjectsGoWithTheirInstance(t *testing.T) {
	t.Run("DeletedOneByOne", func(t *testing.T) {
		env := newRunningEnvironment(t)
		env.createUndecided()
		env.deleteAll()
		env.start()
		env.expectEmptyNamespace()
		env.expectUsers(1)
	})
	t.Run("WithTheirNamespace", func(t *testing.T) {
		env := newRunningEnvironment(t)
		controlplane.ControllerManager(t)
		env.createUndecided()
		namespace := &corev1.Namespace{}
		if err := env.client.Get(t.Context(), client.ObjectKey{Name: env.namespace}, namespace); err != nil {
			t.Fatal(err)
		}
		env.delete(namespace)
		env.start()
		env.eventually("the namespace to go", func() error {
			return client.IgnoreNotFound(ifFound(env.client.Get(t.Context(), client.ObjectKeyFromObject(namespace), namespace)))
		})
		env.expectUsers(1)
	})
	t.Run("WhereTheOperatorsDefaultServesThem", func(t *testing.T) {
		home, env := newEnvironmentWithDefault(t)
		env.createUndecided()
		env.deleteAll()
		home.deleteAll()
		env.start()
		env.expectEmptyNamespace()
		home.expectEmptyNamespace()
		env.expectUsers(1)
	})
}

// newEnvironmentWithDefault starts the operator with a default instance, in the namespace of home, and returns a view from another
// namespace, which has no ClerkInstance.
func newEnvironmentWithDefault(t *testing.T) (home, guest *environment) {
	t.Helper()
	home = newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	home.tune = func(c *controller.Config) {
		c.DefaultInstance = types.NamespacedName{Namespace: home.namespace, Name: "default"}
	}
	guest = home.inOtherNamespace()
	guest.watched, guest.tune = home.watched, home.tune
	guest.start()
	return home, guest
}

// TestSuccessorThatNamesNoInstanceIsFound renames an object, and the new one leads to the same instance by default.
func TestSuccessorThatNamesNoInstanceIsFound(t *testing.T) {
	home, env := newEnvironmentWithDefault(t)
	env.create(env.user("ann", env.refersTo(home)))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.create(env.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	env.expectReason("ann-lee", v1alpha1.ReasonWaitingForDeletion)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventTransferred)
	if got := env.expectReason("ann-lee", v1alpha1.ReasonInSync).Status.UserID; got != id {
		t.Errorf("the new object has user %s, want %s", got, id)
	}
	env.expectCalls(0, "DELETE", "/users/*")
	env.expectNoWrites()
}

// TestSuccessorIsDeletedAtTheHandover ends the operator right after a user was handed over, and deletes the successor.
func TestSuccessorIsDeletedAtTheHandover(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.create(env.user("ann-lee", func(s *spec) { s.EmailAddresses[0].Address = address("ann") }))
	env.expectReason("ann-lee", v1alpha1.ReasonWaitingForDeletion)
	env.settle()
	env.haltAfterCall("PATCH", "/users/*/metadata", func() { env.delete(env.read("ann")) })
	env.delete(env.read("ann-lee"))
	env.start()
	env.expectGone("ann-lee")
	env.server.Clock().Advance(2 * lagTime)
	env.expectGone("ann")
	env.expectUsers(0)
}

// TestDeletionGoesWhereTheUserLives deletes an object that its namespace's own ClerkInstance, which came later, took from
// the operator's default.
func TestDeletionGoesWhereTheUserLives(t *testing.T) {
	_, env := newEnvironmentWithDefault(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.anotherInstance("clerk")
	env.create(env.instance())
	env.expectReason("ann", v1alpha1.ReasonInstanceChanged)
	env.expectNoWrites()
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventDeleted)
	env.expectUsers(0)
	env.expectNoWrites()
}

// TestUndecidedObjectIsNotCreatedElsewhere names another instance after a creating call whose answer was lost.
func TestUndecidedObjectIsNotCreatedElsewhere(t *testing.T) {
	env := newRunningEnvironment(t)
	other := env.anotherInstance("other")
	elsewhere := env.instance()
	elsewhere.Name, elsewhere.Spec.SecretKeyRef.Name = "other", "other"
	env.create(elsewhere)
	env.haltAfterCall("POST", "/users", func() { env.create(env.user("ann")) })
	env.edit("ann", func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"} })
	env.start()
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInstanceChanged), "default", "other")
	env.expectNoWrites()
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectUsers(0)
	if n := len(other.Users()); n != 0 {
		t.Errorf("%d users were created in the other instance", n)
	}
}

// TestNobodyIsCreatedThroughAnInstanceThatGoes adds an object while its ClerkInstance waits for another's deletion.
func TestNobodyIsCreatedThroughAnInstanceThatGoes(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.delete(env.instance())
	env.expectInstanceReason(v1alpha1.ReasonDeleting)
	env.create(env.user("bob"))
	env.expectMessage(env.expectReason("bob", v1alpha1.ReasonInstanceNotReady), "is being deleted")
	env.expectNoWrites()
	env.expectUsers(1)
	env.deleteAll()
	env.expectEmptyNamespace()
	env.expectUsers(0)
}

// TestRefusedObjectNeedsNobody deletes objects whose creating call was refused while neither the instance nor its key is
// there.
func TestRefusedObjectNeedsNobody(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T) *environment {
		t.Helper()
		env := newRunningEnvironment(t)
		env.clerk.Seed(verified("existing"))
		env.create(env.user("rejected", func(s *spec) { s.Username = ptr.To("?") }))
		env.create(env.user("existing"))
		env.expectReason("rejected", v1alpha1.ReasonRejectedByClerk)
		env.expectReason("existing", v1alpha1.ReasonAlreadyExists)
		env.expectNoWrites()
		return env
	}
	t.Run("WithoutInstanceAndKey", func(t *testing.T) {
		env := refused(t)
		env.delete(env.instance())
		env.delete(env.secret(""))
		env.expectAllGone(&v1alpha1.ClerkInstanceList{}, &corev1.SecretList{})
		env.restart()
		env.delete(env.read("rejected"))
		env.delete(env.read("existing"))
		env.expectEmptyNamespace()
		env.expectEvent("rejected", v1alpha1.EventReleased)
		env.expectUsers(1)
	})
	t.Run("AndIsCreatedOnceItsSpecIsMended", func(t *testing.T) {
		env := refused(t)
		env.edit("rejected", func(s *spec) { s.Username = nil })
		env.expectReason("rejected", v1alpha1.ReasonInSync)
		env.expectNoWrites()
		env.delete(env.read("rejected"))
		env.expectGone("rejected")
		env.expectUsers(1)
	})
}

// TestOtherAnnotationsSurviveARefusal has Clerk throttle a creating call before it refuses it: the annotation of the call is removed
// by a later reconciliation, which has the object from the cache. Labels, owners and others' annotations are not in the cache.
func TestOtherAnnotationsSurviveARefusal(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{
		Method: "POST", Path: "/users", Status: 429, Code: "too_many_requests", Header: map[string]string{"Retry-After": "1"},
	})
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 422, Code: "form_username_invalid"})
	declared := env.user("ann")
	declared.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "{}", "argocd.argoproj.io/tracking-id": "a"}
	declared.Labels = map[string]string{"team": "a"}
	// It exists: the garbage collector of another story would delete what has an owner that does not.
	owner := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "owner"}}
	env.create(owner)
	declared.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}}
	want := metav1.ObjectMeta{
		Annotations: declared.Annotations, Labels: declared.Labels, OwnerReferences: declared.OwnerReferences,
	}
	env.create(declared)
	expectOthersData := func() {
		t.Helper()
		user := env.read("ann")
		delete(user.Annotations, v1alpha1.AnnotationCreating)
		got := metav1.ObjectMeta{Annotations: user.Annotations, Labels: user.Labels, OwnerReferences: user.OwnerReferences}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the object has other metadata than it was created with (-want +got):\n%s", diff)
		}
	}
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.settle()
	expectOthersData()
	env.edit("ann", func(s *spec) { s.Locale = ptr.To("en") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	expectOthersData()
	env.expectNoWrites()
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
			env := newRunningEnvironment(t)
			fault.Method, fault.Path = "POST", "/users"
			env.clerk.InjectFault(fault)
			env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 422, Code: "form_username_invalid", Times: -1})
			env.create(env.user("ann"))
			user := env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
			env.settle()
			env.get(user, "ann")
			if user.Annotations[v1alpha1.AnnotationCreating] == "" {
				t.Errorf("the object may own a user and has annotations %v", user.Annotations)
			}
			env.server.Clock().Advance(2 * lagTime)
			env.delete(user)
			env.expectGone("ann")
			looked := slices.ContainsFunc(env.clerk.Journal().Matching("GET", "/users"), func(e emulator.Entry) bool {
				return strings.Contains(e.Query, "email_address=")
			})
			if !looked {
				t.Error("nobody looked for the user")
			}
		})
	}
}
