// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestStatusBeginsWithoutResult shows that tools which wait see "in progress" from the first second, and that no manifest
// sets a status.
func TestStatusBeginsWithoutResult(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	user := &v1alpha1.ClerkUser{Spec: v1alpha1.ClerkUserSpec{Username: new("ada")}}
	user.Namespace, user.Name = namespace, "ada"
	user.Status.UserID, user.Status.ObservedGeneration = "user_1", 7
	if err := c.Create(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if user.Status.ObservedGeneration != -1 || user.Status.UserID != "" {
		t.Errorf("a new user's status is %+v", user.Status)
	}
	instance := &v1alpha1.ClerkInstance{Spec: v1alpha1.ClerkInstanceSpec{
		SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"},
	}}
	instance.Namespace, instance.Name = namespace, "default"
	if err := c.Create(t.Context(), instance); err != nil {
		t.Fatal(err)
	}
	if instance.Status.ObservedGeneration != -1 {
		t.Errorf("a new instance's status is %+v", instance.Status)
	}
}

// TestSelectableFields shows that users can be found by what the operator reports of them.
func TestSelectableFields(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	user := created(t, c, namespace, `{username: ada}`)
	created(t, c, namespace, `{username: eve}`)
	patch := client.RawPatch("application/merge-patch+json", []byte(
		`{"status":{"userID":"user_1","banned":true,"locked":false,"instance":{"namespace":"a","name":"b","id":"c"}}}`))
	if err := c.Status().Patch(t.Context(), user, patch); err != nil {
		t.Fatal(err)
	}
	for path, value := range map[string]string{
		"status.userID": "user_1", "status.banned": "true", "status.locked": "false", "status.instance.name": "b",
	} {
		var found v1alpha1.ClerkUserList
		if err := c.List(t.Context(), &found, client.InNamespace(namespace), client.MatchingFields{path: value}); err != nil {
			t.Errorf("listing by %s: %v", path, err)
			continue
		}
		if len(found.Items) != 1 || found.Items[0].Name != user.GetName() {
			t.Errorf("listing by %s=%s finds %d users, want the one", path, value, len(found.Items))
		}
	}
}

// TestStatusIsBounded shows which status the operator must not write, since the whole report of a reconciliation would be lost.
func TestStatusIsBounded(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	user := created(t, c, namespace, `{username: ada}`)
	pointers := func(n int) string {
		return repeated(n, func(i int) string { return fmt.Sprintf(`"/publicMetadata/%d"`, i) })
	}
	for name, tc := range map[string]struct{ status, field, problem string }{
		"AppliedAtTheLimit": {`"applied":{"metadata":[` + pointers(2048) + `]}`, "", ""},
		"AppliedBeyond":     {`"applied":{"metadata":[` + pointers(2049) + `]}`, "status.applied.metadata", "at most 2048 items"},
		"LongPointer":       {`"applied":{"metadata":["/` + strings.Repeat("x", 512) + `"]}`, "status.applied.metadata[0]", "512"},
		"LongEcho":          {`"lastHandledReconcileAt":"` + strings.Repeat("x", 257) + `"`, "status.lastHandledReconcileAt", "256"},
		"OriginUnknown":     {`"origin":"Found"`, "status.origin", `"Created", "Adopted"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			patch := client.RawPatch("application/merge-patch+json", []byte(`{"status":{`+tc.status+`}}`))
			err := c.Status().Patch(t.Context(), user.DeepCopy(), patch, client.DryRunAll)
			if tc.problem != "" {
				expectRefused(t, err, tc.field, tc.problem)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestLimitsAreThoseOfTheSchema compares what the operator keeps to with what the API server enforces.
func TestLimitsAreThoseOfTheSchema(t *testing.T) {
	t.Parallel()
	status := map[string]field{}
	for _, f := range fields(definitions(t)["ClerkUser"]) {
		status[f.path] = f
	}
	for path, want := range map[string]int64{
		"status.applied.metadata": v1alpha1.MaxAppliedMetadata, "status.applied.metadata[]": v1alpha1.MaxMetadataPointer,
		"status.applied.emailAddresses": v1alpha1.MaxAppliedIdentifiers, "status.applied.phoneNumbers": v1alpha1.MaxAppliedIdentifiers,
		"status.pendingChanges": v1alpha1.MaxPendingChanges, "status.lastHandledReconcileAt": v1alpha1.MaxLastHandledReconcileAt,
	} {
		items, length := status[path].schema.MaxItems, status[path].schema.MaxLength
		switch {
		case items == nil && length == nil:
			t.Errorf("the schema does not bound %s", path)
		case items != nil && *items != want:
			t.Errorf("the schema bounds %s by %d items, the operator by %d", path, *items, want)
		case length != nil && *length != want:
			t.Errorf("the schema bounds %s by %d characters, the operator by %d", path, *length, want)
		}
	}
}

// TestLongAnnotationIsEchoed shows that no annotation can keep the operator from reporting.
func TestLongAnnotationIsEchoed(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	user := &v1alpha1.ClerkUser{Spec: v1alpha1.ClerkUserSpec{Username: new("ada")}}
	user.Namespace, user.Name = namespace, "ada"
	user.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: strings.Repeat("ü", 1<<16)}
	if err := c.Create(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	user.Status.LastHandledReconcileAt = user.ReconcileRequestedAt()
	if err := c.Status().Update(t.Context(), user); err != nil {
		t.Fatal(err)
	}
	if user.Status.LastHandledReconcileAt != strings.Repeat("ü", v1alpha1.MaxLastHandledReconcileAt) {
		t.Errorf("the echo has %d bytes", len(user.Status.LastHandledReconcileAt))
	}
}
