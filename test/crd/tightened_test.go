// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"context"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// anotherGroup has a copy of the CRD, whose rules can change without an effect on other tests.
const anotherGroup = "earlier.clerk-operator.io"

// TestObjectsStoredUnderLooserRulesStayUsable stores identifiers before the rules about letters exist. The operator must
// still be able to write finalizers and annotations, and people to edit the rest, correct the value and delete the object.
func TestObjectsStoredUnderLooserRulesStayUsable(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	strict := clerkUserDefinition(t)
	loose := withoutRules(strict)
	install(t, c, loose)
	const stored = `username: "\u212aim", emailAddresses: [{address: "\u00dcnal@example.com"}]`
	u := inAnotherGroup(t, namespace, `{`+stored+`}`)
	await(t, "the CRD to be served", func() bool { return c.Create(t.Context(), u) == nil })
	before := loose.DeepCopy()
	loose.Object["spec"] = strict.Object["spec"]
	if err := c.Patch(t.Context(), loose, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	await(t, "the rules to be in force", func() bool {
		return apierrors.IsInvalid(c.Create(t.Context(), inAnotherGroup(t, namespace, `{`+stored+`}`), client.DryRunAll))
	})

	u.SetFinalizers([]string{v1alpha1.Finalizer})
	u.SetAnnotations(map[string]string{v1alpha1.AnnotationCreating: "{}"})
	for _, step := range []struct{ what, spec string }{
		{"a finalizer and an annotation", `{` + stored + `}`},
		{"another field", `{` + stored + `, firstName: Kim}`},
		{"the corrected address", `{username: "\u212aim", emailAddresses: [{address: "\u00fcnal@example.com"}]}`},
	} {
		u.Object["spec"] = read(t, step.spec)
		if err := c.Update(t.Context(), u); err != nil {
			t.Fatalf("writing %s: %v", step.what, err)
		}
	}
	wrong := edited(t, u, `{username: "\u212aim_2"}`)
	expectRefused(t, c.Update(t.Context(), wrong), "spec.username", "write the lower-case letters")

	if err := c.Delete(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	held := u.DeepCopy()
	u.SetFinalizers(nil)
	if err := c.Patch(t.Context(), u, client.MergeFrom(held)); err != nil {
		t.Errorf("removing the finalizer: %v", err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(u), u); !apierrors.IsNotFound(err) {
		t.Errorf("the object is still there: %v", err)
	}
}

// clerkUserDefinition is the generated CRD of ClerkUsers in another group.
func clerkUserDefinition(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	fields, err := runtime.DefaultUnstructuredConverter.ToUnstructured(definitions(t)["ClerkUser"])
	if err != nil {
		t.Fatal(err)
	}
	d := &unstructured.Unstructured{Object: fields}
	delete(fields, "status")
	d.SetName("clerkusers." + anotherGroup)
	spec := d.Object["spec"].(map[string]any)
	spec["group"] = anotherGroup
	names := spec["names"].(map[string]any)
	delete(names, "categories")
	delete(names, "shortNames")
	return d
}

// withoutRules is the definition without any CEL rule.
func withoutRules(d *unstructured.Unstructured) *unstructured.Unstructured {
	d = d.DeepCopy()
	dropRules(d.Object)
	return d
}

func dropRules(value any) {
	switch value := value.(type) {
	case map[string]any:
		delete(value, "x-kubernetes-validations")
		for _, inner := range value {
			dropRules(inner)
		}
	case []any:
		for _, inner := range value {
			dropRules(inner)
		}
	}
}

func install(t *testing.T, c client.Client, d *unstructured.Unstructured) {
	t.Helper()
	if err := c.Create(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Delete(context.WithoutCancel(t.Context()), d); err != nil {
			t.Errorf("deleting the CRD: %v", err)
		}
	})
}

func inAnotherGroup(t *testing.T, namespace, spec string) *unstructured.Unstructured {
	t.Helper()
	u := object(t, "ClerkUser", namespace, spec)
	u.SetAPIVersion(anotherGroup + "/" + v1alpha1.GroupVersion.Version)
	return u
}

// await waits until the API server has taken over a CRD.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 300 {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("waited in vain for %s", what)
}
