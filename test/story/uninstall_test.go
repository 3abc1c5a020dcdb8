// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"os/exec"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestUninstall removes the kinds of the operator in the ways that docs/how-to/uninstall.md describes. It needs an API server of its
// own, on which the ways follow each other.
func TestUninstall(t *testing.T) {
	t.Parallel()
	plane := ownPlane(t, definitionsDir(t))
	t.Run("InTheOrderOfTheDocumentation", func(t *testing.T) { uninstallInOrder(t, newUninstall(t, plane)) })
	t.Run("KindsFirst", func(t *testing.T) { uninstallKindsFirst(t, newUninstall(t, plane)) })
	t.Run("KindOfUsersFirst", func(t *testing.T) { uninstallKindOfUsersFirst(t, newUninstall(t, plane)) })
	t.Run("OperatorFirst", func(t *testing.T) { uninstallOperatorFirst(t, newUninstall(t, plane)) })
}

// uninstall is an environment in which a user was created, and one was adopted.
type uninstall struct {
	*environment

	kinds            client.Client
	kubeconfig       string
	created, adopted string
}

func newUninstall(t *testing.T, plane *controlplane.ControlPlane) *uninstall {
	t.Helper()
	config := plane.Config()
	installDefinitions(t, config)
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	kinds, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	u := &uninstall{environment: newEnvironmentOnServer(t, config), kinds: kinds, kubeconfig: plane.Kubeconfig()}
	u.start()
	person := u.clerk.Seed(verified("person"))
	u.create(u.user("person", func(s *spec) { s.UserID, s.EmailAddresses = &person.ID, nil }))
	u.create(u.user("ann"))
	u.adopted = u.expectReason("person", v1alpha1.ReasonInSync).Status.UserID
	u.created = u.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	return u
}

// definitions returns the CustomResourceDefinitions of the operator that are left.
func (u *uninstall) definitions() []apiextensionsv1.CustomResourceDefinition {
	u.t.Helper()
	all := &apiextensionsv1.CustomResourceDefinitionList{}
	if err := u.kinds.List(u.t.Context(), all); err != nil {
		u.t.Fatal(err)
	}
	return all.Items
}

func (u *uninstall) deleteKinds() {
	u.t.Helper()
	for _, definition := range u.definitions() {
		if err := u.kinds.Delete(u.t.Context(), &definition); err != nil {
			u.t.Fatal(err)
		}
	}
}

// kindsVanish waits until nothing is left that is being deleted.
func (u *uninstall) kindsVanish() {
	u.t.Helper()
	u.eventually("the CustomResourceDefinitions to be gone", func() error {
		for _, definition := range u.definitions() {
			if !definition.DeletionTimestamp.IsZero() {
				return fmt.Errorf("%s is left", definition.Name)
			}
		}
		return nil
	})
}

// installAgain applies the definitions as another installation does, and starts the operator.
func (u *uninstall) installAgain() {
	u.t.Helper()
	bases, err := controlplane.CRDs()
	if err != nil {
		u.t.Fatal(err)
	}
	command := exec.Command(controlplane.Kubectl(u.t), "--kubeconfig", u.kubeconfig, "apply", "--server-side", "-f", bases)
	if out, err := command.CombinedOutput(); err != nil {
		u.t.Fatalf("kubectl apply: %v: %s", err, out)
	}
	u.start()
}

// expectRetained waits until each object says that its user is kept, which it learns without a call to Clerk.
func (u *uninstall) expectRetained() {
	u.t.Helper()
	u.clerk.ResetJournal()
	u.eventually("each ClerkUser to say Retain", func() error {
		users := &v1alpha1.ClerkUserList{}
		if err := u.client.List(u.t.Context(), users, client.InNamespace(u.namespace)); err != nil {
			return err
		}
		for i := range users.Items {
			if got := users.Items[i].Status.OnDelete; got != v1alpha1.DeletionRetain {
				return fmt.Errorf("%s says %s", users.Items[i].Name, got)
			}
		}
		return nil
	})
	if calls := u.clerk.Journal().Matching("", "/users/**"); len(calls) > 0 {
		u.t.Errorf("that took calls: %+v", calls)
	}
}

// only fails unless the users at Clerk are these.
func (u *uninstall) only(created, adopted bool) {
	u.t.Helper()
	if got := u.clerk.User(u.created) != nil; got != created {
		u.t.Errorf("the created user is at Clerk: %t, want %t", got, created)
	}
	if got := u.clerk.User(u.adopted) != nil; got != adopted {
		u.t.Errorf("the adopted user is at Clerk: %t, want %t", got, adopted)
	}
}

func uninstallInOrder(t *testing.T, u *uninstall) {
	t.Helper()
	u.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Deletion: ptr.To(v1alpha1.DeletionDeny)}
	})
	u.expectRetained()
	for _, kind := range []struct {
		object client.Object
		list   client.ObjectList
	}{
		{&v1alpha1.ClerkUser{}, &v1alpha1.ClerkUserList{}},
		{&v1alpha1.ClerkInstance{}, &v1alpha1.ClerkInstanceList{}},
	} {
		if err := u.client.DeleteAllOf(t.Context(), kind.object, client.InNamespace(u.namespace)); err != nil {
			t.Fatal(err)
		}
		u.expectAllGone(kind.list)
	}
	secret := u.secret("")
	u.get(secret, secret.Name)
	if len(secret.Finalizers) > 0 {
		t.Errorf("the Secret of the key has finalizers %v", secret.Finalizers)
	}
	u.deleteKinds()
	u.kindsVanish()
	u.halt()
	u.only(true, true)
	if mark := u.clerk.User(u.created).PrivateMetadata[v1alpha1.OwnerKey]; mark != nil {
		t.Errorf("the user that was kept carries the mark %v", mark)
	}
}

func uninstallKindsFirst(t *testing.T, u *uninstall) {
	t.Helper()
	u.deleteKinds()
	u.kindsVanish()
	u.halt()
	u.only(false, true)
}

// uninstallKindOfUsersFirst deletes the kinds one after the other. Without the kind of ClerkUsers, nobody needs a ClerkInstance.
func uninstallKindOfUsersFirst(t *testing.T, u *uninstall) {
	t.Helper()
	users := &apiextensionsv1.CustomResourceDefinition{}
	users.Name = "clerkusers." + v1alpha1.GroupVersion.Group
	if err := u.kinds.Delete(t.Context(), users); err != nil {
		t.Fatal(err)
	}
	u.kindsVanish()
	u.deleteKinds()
	u.kindsVanish()
	secret := u.secret("")
	u.get(secret, secret.Name)
	if len(secret.Finalizers) > 0 {
		t.Errorf("the Secret of the key has finalizers %v", secret.Finalizers)
	}
	u.halt()
	u.only(false, true)
}

func uninstallOperatorFirst(t *testing.T, u *uninstall) {
	t.Helper()
	u.halt()
	u.deleteKinds()
	u.eventually("the objects to be deleted", func() error {
		if u.read("ann").DeletionTimestamp.IsZero() || u.read("person").DeletionTimestamp.IsZero() {
			return errNotYet
		}
		return nil
	})
	if n := len(u.definitions()); n < 2 {
		t.Errorf("%d CustomResourceDefinitions are left without the operator, want those whose objects have finalizers", n)
	}
	u.only(true, true)
	u.edit("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) })
	u.installAgain()
	u.kindsVanish()
	u.only(true, true)
}
