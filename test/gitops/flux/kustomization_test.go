// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestWait applies a repository at once, in any order, and waits for all of it.
func TestWait(t *testing.T) {
	env := newEnvironment(t)
	repository := []string{user("ann", "ann"), user("bob", "bob"), env.instance("0s")}
	if err := env.reconcile(commit{manifests: repository, wait: true}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ann", "bob"} {
		if env.userID(name) == "" {
			t.Errorf("the wait ended before ClerkUser %s was bound", name)
		}
	}
	env.expectUnchanged(repository)
	repository[0] = user("ann", "ann", "suspend: true", "firstName: Ann")
	if err := env.reconcile(commit{manifests: repository, wait: true}); err != nil {
		t.Errorf("a suspended object: %v", err)
	}
	repository[0] = user("ann", "ann", `username: "?"`)
	if err := env.reconcile(commit{manifests: repository, wait: true}); err == nil || !strings.Contains(err.Error(), "ClerkUser/"+env.namespace+"/ann") {
		t.Errorf("a user that Clerk refuses: %v", err)
	}
}

// TestWaitEndsForWhatIsMissing waits for a user whose password is in a Secret that does not exist. That is no failure for kstatus, so
// that the wait ends with its timeout. Once the Secret exists, the same revision is done.
func TestWaitEndsForWhatIsMissing(t *testing.T) {
	env := newEnvironment(t)
	repository := []string{env.instance("0s"), user("ann", "ann", "password: {secretKeyRef: {name: ann, key: password}}")}
	err := env.reconcile(commit{manifests: repository, wait: true, timeout: 3 * time.Second})
	if err == nil || !strings.Contains(err.Error(), "timeout") || !strings.Contains(err.Error(), "ClerkUser/"+env.namespace+"/ann") ||
		!strings.Contains(err.Error(), "InProgress") {
		t.Errorf("the wait ended with: %v", err)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "ann"}}
	secret.StringData = map[string]string{"password": "correct horse battery staple"}
	if err := env.client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := env.reconcile(commit{manifests: repository, wait: true}); err != nil {
		t.Error(err)
	}
}

// expectUnchanged fails if the same revision changes anything: Flux would report drift with each interval.
func (env *environment) expectUnchanged(repository []string) {
	env.t.Helper()
	versions := func() (all []string) {
		for _, o := range env.objects(repository) {
			if err := env.client.Get(env.t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
				env.t.Fatal(err)
			}
			all = append(all, o.GetResourceVersion())
		}
		return all
	}
	before := versions()
	if err := env.reconcile(commit{manifests: repository, wait: true}); err != nil {
		env.t.Fatal(err)
	}
	if after := versions(); strings.Join(before, " ") != strings.Join(after, " ") {
		env.t.Errorf("the same revision changed objects: %v became %v", before, after)
	}
}

// TestEditIsReverted has a human edit what the repository declares and what it does not: Flux reverts both.
func TestEditIsReverted(t *testing.T) {
	env := newEnvironment(t)
	repository := []string{env.instance("0s"), user("ann", "ann", "firstName: Ann")}
	if err := env.reconcile(commit{manifests: repository, wait: true}); err != nil {
		t.Fatal(err)
	}
	id := env.userID("ann")
	o, err := env.read("ann")
	if err != nil {
		t.Fatal(err)
	}
	patch := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"firstName":"Anna","lastName":"Lee"}}`))
	if err := env.client.Patch(t.Context(), o, patch, client.FieldOwner("kubectl-edit")); err != nil {
		t.Fatal(err)
	}
	if err := env.reconcile(commit{manifests: repository, wait: true}); err != nil {
		t.Fatal(err)
	}
	if o, err = env.read("ann"); err != nil {
		t.Fatal(err)
	}
	if *o.Spec.FirstName != "Ann" || o.Spec.LastName != nil {
		t.Errorf("the spec has %s %v", *o.Spec.FirstName, o.Spec.LastName)
	}
	if o.Status.UserID != id || len(o.Finalizers) == 0 {
		t.Errorf("the object has user %s and finalizers %v", o.Status.UserID, o.Finalizers)
	}
}

// TestPrune removes one file, and keeps the user of another by Flux's label.
func TestPrune(t *testing.T) {
	env := newEnvironment(t)
	kept := strings.Replace(user("bob", "bob"), "name: bob", `name: bob, annotations: {"kustomize.toolkit.fluxcd.io/prune": disabled}`, 1)
	if err := env.reconcile(commit{manifests: []string{env.instance("0s"), user("ann", "ann"), kept, user("eve", "eve")}, wait: true}); err != nil {
		t.Fatal(err)
	}
	ann, bob := env.userID("ann"), env.userID("bob")
	if err := env.reconcile(commit{manifests: []string{env.instance("0s"), user("eve", "eve")}, wait: true}); err != nil {
		t.Fatal(err)
	}
	env.expectGone("ann")
	if env.clerk.User(ann) != nil || env.clerk.User(bob) == nil {
		t.Errorf("Clerk has ann: %t, bob: %t", env.clerk.User(ann) != nil, env.clerk.User(bob) != nil)
	}
}

// TestRename renames an object in one revision: Flux applies first, and then prunes.
func TestRename(t *testing.T) {
	env := newEnvironment(t)
	if err := env.reconcile(commit{manifests: []string{env.instance("0s"), user("ann", "ann")}, wait: true}); err != nil {
		t.Fatal(err)
	}
	id := env.userID("ann")
	if err := env.reconcile(commit{manifests: []string{env.instance("0s"), user("ann-lee", "ann")}, wait: true}); err != nil {
		t.Fatal(err)
	}
	env.expectGone("ann")
	if got := env.userID("ann-lee"); got != id {
		t.Errorf("the renamed object has user %q, want %s", got, id)
	}
}

// TestForce shows what spec.force of a Kustomization does with a manifest that the API server refuses: Flux deletes the object, whatever
// the reason of the refusal.
func TestForce(t *testing.T) {
	env := newEnvironment(t)
	good := []string{env.instance("0s"), user("ann", "ann")}
	if err := env.reconcile(commit{manifests: good, wait: true}); err != nil {
		t.Fatal(err)
	}
	id := env.userID("ann")
	wrong := []string{env.instance("0s"), user("ann", "ann", "locale: not a language")}
	if err := env.reconcile(commit{manifests: wrong}); err == nil || !strings.Contains(err.Error(), "BCP 47") {
		t.Errorf("without force: %v", err)
	}
	if env.userID("ann") != id {
		t.Error("without force, the object was replaced")
	}
	if err := env.reconcile(commit{manifests: wrong, force: true}); err == nil || !strings.Contains(err.Error(), "BCP 47") {
		t.Errorf("with force: %v", err)
	}
	if _, err := env.read("ann"); !apierrors.IsNotFound(err) {
		t.Errorf("force did not delete the object: %v", err)
	}
	env.eventually("the user to be deleted", func() error {
		if env.clerk.User(id) != nil {
			return errors.New("it exists")
		}
		return nil
	})
}

// TestForceWithDelay replaces an object by force. With a deletionDelay, the new object of the same name gets the user.
func TestForceWithDelay(t *testing.T) {
	env := newEnvironment(t)
	if err := env.reconcile(commit{manifests: []string{env.instance("2s"), user("ann", "ann")}, wait: true}); err != nil {
		t.Fatal(err)
	}
	before, err := env.read("ann")
	if err != nil {
		t.Fatal(err)
	}
	other := []string{env.instance("2s"), user("ann", "ann", "instanceRef: {name: default}")}
	if err := env.reconcile(commit{manifests: other}); err == nil || !strings.Contains(err.Error(), "instanceRef") {
		t.Errorf("without force: %v", err)
	}
	if err := env.reconcile(commit{manifests: other, force: true, wait: true}); err != nil {
		t.Fatal(err)
	}
	after, err := env.read("ann")
	if err != nil {
		t.Fatal(err)
	}
	if after.UID == before.UID || after.Status.UserID != before.Status.UserID || after.Status.Origin != v1alpha1.OriginCreated {
		t.Errorf("object %s with user %s became %s with %s (%s)", before.UID, before.Status.UserID, after.UID, after.Status.UserID, after.Status.Origin)
	}
}

func (env *environment) expectGone(name string) {
	env.t.Helper()
	env.eventually("ClerkUser "+name+" to be gone", func() error {
		if _, err := env.read(name); !apierrors.IsNotFound(err) {
			return errors.Join(errors.New("it is still there"), err)
		}
		return nil
	})
}
