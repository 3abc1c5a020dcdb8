// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// TestMetadataIsKeptAsWritten shows what the operator receives: with its rules alone the API server changes
// nothing inside metadata, and drops no null.
func TestMetadataIsKeptAsWritten(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	const written = `{"big":9007199254740993,"clerk-operator.io/owner":"x","float":1.5,"list":[null,1,"a"],"map":{"null":null},"null":null}`
	u := created(t, c, namespace, `{username: ada, publicMetadata: `+written+`}`)
	user := &v1alpha1.ClerkUser{}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(u), user); err != nil {
		t.Fatal(err)
	}
	if got := string(user.Spec.PublicMetadata.Raw); got != written {
		t.Errorf("the API server keeps %s of %s", got, written)
	}
}

// TestMetadataPolicy shows what a cluster with config/admission refuses at once.
func TestMetadataPolicy(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	before := created(t, c, namespace, `{username: old, privateMetadata: {a: null}}`)
	installPolicy(t, c, namespace)
	for name, tc := range map[string]struct{ metadata, refused string }{
		"Plain":            {`publicMetadata: {role: admin, limits: {seats: 5}, tags: [a, b], ratio: 0.5}`, ""},
		"Empty":            {`publicMetadata: {}, privateMetadata: {}, unsafeMetadata: {}`, ""},
		"LargestNumber":    {`publicMetadata: {n: 9007199254740992}`, ""},
		"DeepNull":         {`publicMetadata: {a: {b: {c: null}}}`, ""}, // left to the operator
		"OwnerMark":        {`privateMetadata: {clerk-operator.io/owner: me}`, "spec.privateMetadata: keys that begin with clerk-operator.io/ belong to the operator; choose another key"},
		"ReservedAnywhere": {`unsafeMetadata: {clerk-operator.io/x: {}}`, "spec.unsafeMetadata: keys that begin with clerk-operator.io/"},
		"Null":             {`publicMetadata: {role: null}`, "spec.publicMetadata: holds null, which Clerk cannot merge; to remove a key, drop it"},
		"NullInAMap":       {`privateMetadata: {a: {b: null}}`, "spec.privateMetadata: holds null"},
		"NullInAList":      {`privateMetadata: {a: [1, null]}`, "spec.privateMetadata: holds null"},
		"NumberTooBig":     {`publicMetadata: {n: 9007199254740993}`, "spec.publicMetadata: holds a number beyond 2^53, which a browser cannot read exactly; write it in quotes"},
		"NumberTooSmall":   {`publicMetadata: {n: -9007199254740993}`, "spec.publicMetadata: holds a number beyond 2^53"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.Create(t.Context(), object(t, "ClerkUser", namespace, `{username: ada, `+tc.metadata+`}`), client.DryRunAll)
			if tc.refused != "" {
				expectRefused(t, err, "", tc.refused)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("AnOlderObjectCanBeEditedElsewhere", func(t *testing.T) {
		t.Parallel()
		u := edited(t, before, `{username: new, privateMetadata: {a: null}}`)
		u.SetFinalizers([]string{v1alpha1.Finalizer})
		if err := c.Update(t.Context(), u, client.DryRunAll); err != nil {
			t.Error(err)
		}
		err := c.Update(t.Context(), edited(t, before, `{username: old, privateMetadata: {b: null}}`), client.DryRunAll)
		expectRefused(t, err, "", "spec.privateMetadata: holds null")
	})
}

// installPolicy installs config/admission for one namespace, since other tests show what happens without it, and waits
// until it is in force.
func installPolicy(t *testing.T, c client.Client, namespace string) {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "config", "admission", "clerkuser_metadata.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	documents := documentsOf(string(text))
	policy, binding := &admissionv1.ValidatingAdmissionPolicy{}, &admissionv1.ValidatingAdmissionPolicyBinding{}
	if err := yaml.UnmarshalStrict([]byte(documents[0]), policy); err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict([]byte(documents[1]), binding); err != nil {
		t.Fatal(err)
	}
	if binding.Spec.PolicyName != policy.Name {
		t.Fatalf("the binding is of %q and the policy is %q", binding.Spec.PolicyName, policy.Name)
	}
	policy.Name, binding.Name, binding.Spec.PolicyName = namespace, namespace, namespace
	binding.Spec.MatchResources = &admissionv1.MatchResources{NamespaceSelector: &metav1.LabelSelector{
		MatchLabels: map[string]string{corev1.LabelMetadataName: namespace},
	}}
	for _, o := range []client.Object{policy, binding} {
		if err := c.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := c.Delete(context.WithoutCancel(t.Context()), o); err != nil {
				t.Errorf("deleting %s: %v", o.GetName(), err)
			}
		})
	}
	probe := `{username: probe, publicMetadata: {clerk-operator.io/probe: 1}}`
	for range 300 {
		if c.Create(t.Context(), object(t, "ClerkUser", namespace, probe), client.DryRunAll) != nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("the policy does not come into force")
}
