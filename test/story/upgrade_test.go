// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// formerRecord is what earlier versions call status.lastHandledReconcileAt.
const formerRecord = "lastReconcileAt"

// TestRenamedRequestIsNeitherRepeatedNorLost has a request that an earlier version handled, under its names. Then somebody
// installs the operator before its CustomResourceDefinitions and makes a request under the new name, for whose record the
// API server has no field yet.
func TestRenamedRequestIsNeitherRepeatedNorLost(t *testing.T) {
	t.Parallel()
	plane := ownPlane(t, definitionsDir(t))
	renameRecord(t, plane.Config(), "lastHandledReconcileAt", formerRecord)
	env := newEnvironmentOnServer(t, plane.Config(), slow)
	env.start()
	env.create(env.user("ann", func(s *spec) { s.FirstName = ptr.To("Ann") }))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.halt()
	env.annotate("ann", "clerk-operator.io/reconcile-at", "before")
	env.patchStatus(&v1alpha1.ClerkUser{}, "ann", `{"lastReconcileAt":"before"}`)
	if got := env.recordOf("ann", formerRecord); got != "before" {
		t.Fatalf("the former record is %q", got)
	}

	env.clerk.ResetJournal()
	env.start()
	env.expectNoWrites()
	env.expectCalls(0, "GET", "/users/"+id)

	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
		t.Fatal(err)
	}
	env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	env.eventually("the request to be handled", func() error {
		if *env.clerk.User(id).FirstName != "Ann" {
			return errNotYet
		}
		return nil
	})
	installDefinitions(t, plane.Config())
	env.eventually("the request to be on record", func() error {
		env.touch()
		if env.recordOf("ann", "lastHandledReconcileAt") != "now" {
			return errNotYet
		}
		return nil
	})
	if got := env.recordOf("ann", formerRecord); got != "" {
		t.Errorf("the former record is still %q", got)
	}
	env.restart()
	env.expectNoWrites()
	if n := env.calls("GET", "/users/"+id); n > 2 {
		t.Errorf("the user was read %d times for one request", n)
	}
	env.expectCalls(1, "PATCH", "/users/"+id)
}

// renameRecord gives a field of the status of ClerkUsers another name.
func renameRecord(t *testing.T, config *rest.Config, from, to string) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := c.Get(t.Context(), client.ObjectKey{Name: "clerkusers.clerk-operator.io"}, crd); err != nil {
		t.Fatal(err)
	}
	before := crd.DeepCopy()
	fields := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["status"].Properties
	fields[to] = fields[from]
	delete(fields, from)
	if err := c.Patch(t.Context(), crd, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
}

// recordOf returns a field of the status of a ClerkUser that its type may lack.
func (env *environment) recordOf(name, field string) string {
	env.t.Helper()
	user := &unstructured.Unstructured{}
	user.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind("ClerkUser"))
	env.get(user, name)
	value, _, err := unstructured.NestedString(user.Object, "status", field)
	if err != nil {
		env.t.Fatal(err)
	}
	return value
}
