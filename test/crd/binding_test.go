// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// transition is an edit of a spec that may be refused after the object is bound. Before that, all edits are accepted.
type transition struct {
	before, after string
	// field and refused are the refusal for an object bound to user_1; empty if the edit is accepted.
	field, refused string
}

const (
	otherUser     = "cannot name another user than status.userID, to which this object is bound; undo the change"
	otherInstance = "cannot be changed, added or removed once the object is bound to a user; undo the change, and for a user"
	otherInitial  = "is used by the creating call only and cannot be changed or added once the object is bound"
)

func transitions() map[string]transition {
	return map[string]transition{
		"UserIDCorrected":    {`{userID: user_1}`, `{userID: user_2}`, "spec.userID", otherUser},
		"AnotherUserIDAdded": {`{username: ada}`, `{username: ada, userID: user_2}`, "spec.userID", otherUser},
		"ItsUserIDAdded":     {`{username: ada}`, `{username: ada, userID: user_1}`, "", ""},
		"UserIDRemoved":      {`{username: ada, userID: user_1}`, `{username: ada}`, "", ""},

		"InstanceAdded": {`{username: ada}`, `{username: ada, instanceRef: {name: b}}`, "spec.instanceRef", otherInstance},
		"InstanceChanged": {
			`{username: ada, instanceRef: {name: a}}`, `{username: ada, instanceRef: {name: b}}`, "spec.instanceRef", otherInstance,
		},
		"InstanceRemoved": {`{username: ada, instanceRef: {name: a}}`, `{username: ada}`, "spec.instanceRef", otherInstance},
		"InstanceMoved": {
			`{username: ada, instanceRef: {name: a}}`, `{username: ada, instanceRef: {name: a, namespace: b}}`,
			"spec.instanceRef", otherInstance,
		},
		"InstanceKept": {`{username: ada, instanceRef: {name: a}}`, `{username: eve, instanceRef: {name: a}}`, "", ""},

		"InitialAdded": {
			`{username: ada}`, `{username: ada, initial: {skipLegalChecks: true}}`, "spec.initial", otherInitial,
		},
		"InitialChanged": {
			`{username: ada, initial: {skipLegalChecks: true}}`, `{username: ada, initial: {skipLegalChecks: false}}`,
			"spec.initial", otherInitial,
		},
		"InitialRemoved": {`{username: ada, initial: {skipLegalChecks: true}}`, `{username: ada}`, "", ""},
		"InitialPasswordReplacedByOneThatIsKept": {
			`{username: ada, initial: {password: {secretKeyRef: {name: s, key: k}}}}`,
			`{username: ada, password: {secretKeyRef: {name: s, key: k}}}`, "", "",
		},
		"InitialKept": {
			`{username: ada, initial: {createdAt: "2024-02-29T12:00:00Z"}}`,
			`{username: eve, initial: {createdAt: "2024-02-29T12:00:00Z"}}`, "", "",
		},

		"EverythingElse": {
			`{username: ada, banned: true, deletionPolicy: Delete}`,
			`{emailAddresses: [{address: a@b.c}], banned: false, deletionPolicy: Retain, mode: Observe, suspend: true}`, "", "",
		},
	}
}

func TestBindingIsFixedDesiredValuesAreNot(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	for name, tc := range transitions() {
		t.Run(name+"BeforeItIsBound", func(t *testing.T) {
			t.Parallel()
			u := created(t, c, namespace, tc.before)
			if err := c.Update(t.Context(), edited(t, u, tc.after)); err != nil {
				t.Errorf("the edit was refused: %v", err)
			}
		})
		t.Run(name+"WhileBound", func(t *testing.T) {
			t.Parallel()
			u := created(t, c, namespace, tc.before)
			bind(t, c, u, "user_1")
			err := c.Update(t.Context(), edited(t, u, tc.after))
			if tc.refused != "" {
				expectRefused(t, err, tc.field, tc.refused)
			} else if err != nil {
				t.Errorf("the edit was refused: %v", err)
			}
		})
	}
}

// TestStatusCannotBindAnotherUser shows that a late status write cannot bind an object whose userID was corrected
// meanwhile, even without a resource version.
func TestStatusCannotBindAnotherUser(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	u := created(t, c, namespace, `{userID: user_1}`)
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"status":{"userID":"user_2"}}`))
	expectRefused(t, c.Status().Patch(t.Context(), u.DeepCopy(), patch), "spec.userID", otherUser)
	bind(t, c, u, "user_1")
}

// TestUnboundObjectCanBeCorrected shows the remedy for an adopted user that was deleted at Clerk: without status.userID
// the object accepts another one.
func TestUnboundObjectCanBeCorrected(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	u := created(t, c, namespace, `{userID: user_1}`)
	bind(t, c, u, "user_1")
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"status":{"userID":null}}`))
	if err := c.Status().Patch(t.Context(), u, patch); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), edited(t, u, `{userID: user_2}`)); err != nil {
		t.Error(err)
	}
}

func created(t *testing.T, c client.Client, namespace, spec string) *unstructured.Unstructured {
	t.Helper()
	u := object(t, "ClerkUser", namespace, spec)
	if err := c.Create(t.Context(), u); err != nil {
		t.Fatalf("creating the object: %v", err)
	}
	return u
}

// edited returns the object with another spec.
func edited(t *testing.T, u *unstructured.Unstructured, spec string) *unstructured.Unstructured {
	t.Helper()
	u = u.DeepCopy()
	u.Object["spec"] = read(t, spec)
	return u
}

// bind writes the status of a bound object.
func bind(t *testing.T, c client.Client, u *unstructured.Unstructured, userID string) {
	t.Helper()
	u.Object["status"] = map[string]any{
		"observedGeneration": int64(1), "userID": userID,
		"instance": map[string]any{"namespace": "default", "name": "default", "id": "ins_1"},
	}
	if err := c.Status().Update(t.Context(), u); err != nil {
		t.Fatalf("binding the object: %v", err)
	}
}
