// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"encoding/json"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// live is a real API server and a namespace for a test.
type live struct {
	client    client.Client
	namespace string
}

func newLive(t *testing.T) live {
	t.Helper()
	c, err := client.New(controlplane.Config(t), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return live{c, controlplane.Namespace(t)}
}

// create creates an object and returns it as the API server has it.
func (l live) create(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := objectIn(t, text)
	o.SetNamespace(l.namespace)
	if err := l.client.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	return o
}

// patch runs an action and sends what Argo CD would: the merge patch from the object to the result. It returns the patch.
func (l live) patch(t *testing.T, o *unstructured.Unstructured, action string) string {
	t.Helper()
	all, err := act(t, o, action)
	if err != nil || len(all) != 1 || all[0].Operation != "patch" {
		t.Fatalf("%s: %v, %v", action, all, err)
	}
	before, err := json.Marshal(o.Object)
	if err != nil {
		t.Fatal(err)
	}
	after, err := json.Marshal(all[0].Resource)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.CreateMergePatch(before, after)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.client.Patch(t.Context(), o, client.RawPatch(types.MergePatchType, patch)); err != nil {
		t.Fatalf("%s: %v", patch, err)
	}
	return string(patch)
}

// TestActionsChangeNothingElse runs the actions on an object whose metadata has what Lua cannot tell apart: empty objects and empty
// lists, and numbers.
func TestActionsChangeNothingElse(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	user := l.create(t, `{apiVersion: clerk-operator.io/v1alpha1, kind: ClerkUser, metadata: {name: ann}, spec: {username: ann,
emailAddresses: [], publicMetadata: {role: admin, level: 3, big: 9007199254740991, share: 0.25, none: {}, teams: [], all: [{}, [], [{a: []}]]},
unsafeMetadata: {}}}`)
	spec := specOf(user)
	if patch, want := l.patch(t, user, "suspend"), `{"spec":{"suspend":true}}`; patch != want {
		t.Errorf("suspend sends %s, want %s", patch, want)
	}
	if patch, want := l.patch(t, user, "resume"), `{"spec":{"suspend":false}}`; patch != want {
		t.Errorf("resume sends %s, want %s", patch, want)
	}
	l.patch(t, user, "reconcile")
	if len(user.GetAnnotations()) != 1 || user.GetAnnotations()[v1alpha1.AnnotationReconcileRequestedAt] == "" {
		t.Errorf("after the action reconcile, the annotations are %v", user.GetAnnotations())
	}
	spec["suspend"] = false
	if diff := cmp.Diff(spec, specOf(user)); diff != "" {
		t.Errorf("the actions changed the spec (-before +after):\n%s", diff)
	}
}

// TestRetainStopsADeletion runs the action on an object that is being deleted.
func TestRetainStopsADeletion(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	user := l.create(t, `{apiVersion: clerk-operator.io/v1alpha1, kind: ClerkUser,
metadata: {name: ann, finalizers: [clerk-operator.io/finalizer]}, spec: {username: ann}}`)
	if err := l.client.Delete(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if err := l.client.Get(t.Context(), client.ObjectKeyFromObject(user), user); err != nil {
		t.Fatal(err)
	}
	if patch, want := l.patch(t, user, "retain"), `{"spec":{"deletionPolicy":"Retain"}}`; patch != want {
		t.Errorf("retain sends %s, want %s", patch, want)
	}
}

// TestReleaseAnnotatesTheInstance runs the action on a ClerkInstance.
func TestReleaseAnnotatesTheInstance(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	instance := l.create(t, `{apiVersion: clerk-operator.io/v1alpha1, kind: ClerkInstance, metadata: {name: default},
spec: {secretKeyRef: {name: clerk}}}`)
	spec := specOf(instance)
	l.patch(t, instance, "release-deletions")
	if instance.GetAnnotations()[v1alpha1.AnnotationReleaseDeletions] == "" {
		t.Errorf("the annotations are %v", instance.GetAnnotations())
	}
	if diff := cmp.Diff(spec, specOf(instance)); diff != "" {
		t.Errorf("the action changed the spec (-before +after):\n%s", diff)
	}
}

// TestRetryCreatesTheSameAction retries an action of each shape: the API server stores the spec of the failed one.
func TestRetryCreatesTheSameAction(t *testing.T) {
	t.Parallel()
	l := newLive(t)
	for name, spec := range map[string]string{
		"without-parameters": "disableMFA: {}",
		"with-optional-ones": "setPasswordCompromised: {}",
		"with-parameters":    "verifyPassword: {secretKeyRef: {name: ann, key: password}}, ttlSecondsAfterFinished: 60",
	} {
		failed := l.create(t, "{apiVersion: clerk-operator.io/v1alpha1, kind: ClerkUserAction, metadata: {name: "+name+
			", labels: {app.kubernetes.io/instance: team-a}, annotations: {argocd.argoproj.io/hook: PostSync}}, "+
			"spec: {userRef: {name: ann}, "+spec+"}}")
		failed.Object["status"] = map[string]any{"conditions": []any{map[string]any{"type": "Failed", "status": "True"}}}
		all, err := act(t, failed, "retry")
		if err != nil || len(all) != 1 || all[0].Operation != "create" {
			t.Fatalf("%s: %v, %v", name, all, err)
		}
		retry := &unstructured.Unstructured{Object: all[0].Resource}
		if err := l.client.Create(t.Context(), retry); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(specOf(failed), specOf(retry)); diff != "" {
			t.Errorf("the spec of the retry of %s (-failed +retry):\n%s", name, diff)
		}
		owners := retry.GetOwnerReferences()
		if len(owners) != 1 || owners[0].UID != failed.GetUID() || len(retry.GetLabels())+len(retry.GetAnnotations()) > 0 {
			t.Errorf("the retry of %s has the metadata %v", name, retry.Object["metadata"])
		}
	}
}

func specOf(o *unstructured.Unstructured) map[string]any {
	spec, _, _ := unstructured.NestedMap(o.Object, "spec")
	return spec
}
