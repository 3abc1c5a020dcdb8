// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package undecoded_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

func TestMessagesNameFieldAndRemedy(t *testing.T) {
	t.Parallel()
	many := v1alpha1.FieldPaths{"spec.emailAddresses[3].primary", "spec.b", "spec.c", "spec.d", "spec.e", "spec.f", "spec.g"}
	tests := map[string]struct {
		message string
		says    []string
	}{
		"Spec": {undecoded.SpecMessage("clerkuser", many[1:2]), []string{"spec.b: the stored value", "kubectl explain clerkuser.spec.b"}},
		"Many": {undecoded.SpecMessage("clerkuser", many), []string{
			"spec.emailAddresses[3].primary, spec.b, spec.c, spec.d, spec.e and 2 more:", "kubectl explain clerkuser.spec.emailAddresses.primary\"",
		}},
		"Fixed":  {undecoded.FixedSpecMessage("clerkuseraction", many[:1]), []string{"spec.emailAddresses[3].primary:", "create another"}},
		"Status": {undecoded.StatusMessage("clerkuser", "ann", v1alpha1.FieldPaths{"status.userID"}), []string{"status.userID:", "kubectl edit clerkuser ann --subresource=status"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, part := range tc.says {
				if !strings.Contains(tc.message, part) {
					t.Errorf("%q does not say %q", tc.message, part)
				}
			}
		})
	}
}

func TestInStatus(t *testing.T) {
	t.Parallel()
	paths := v1alpha1.FieldPaths{"spec.banned", "status.conditions[0].type", "status.locked", "status.applied.metadata[0]", "status.result.verified"}
	if diff := cmp.Diff([]string{"conditions", "locked", "result"}, undecoded.InStatus(&paths, "status.applied")); diff != "" {
		t.Errorf("InStatus (-want +got):\n%s", diff)
	}
	if got := undecoded.InStatus(&v1alpha1.FieldPaths{"status"}); got != nil {
		t.Errorf("a status as a whole: %v", got)
	}
	if got := undecoded.InStatus(nil); got != nil {
		t.Errorf("everything decoded: %v", got)
	}
}

func TestRewriting(t *testing.T) {
	t.Parallel()
	stored := &v1alpha1.ClerkUser{}
	stored.Status.UserID = "user_1"
	stored.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "InSync"}}
	user := stored.DeepCopy()
	user.Status.LastHandledReconcileAt = "now"
	patch := undecoded.Rewriting(client.MergeFrom(stored), []string{"locked", "conditions", "lastHandledReconcileAt"})
	text, err := patch.Data(user)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"status":{"conditions":[{"lastTransitionTime":null,"message":"","reason":"InSync","status":"True","type":"Ready"}],` +
		`"lastHandledReconcileAt":"now","locked":null}}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("patch (-want +got):\n%s", diff)
	}
	if patch.Type() != client.Merge.Type() {
		t.Errorf("type %s", patch.Type())
	}
	if text, err = undecoded.Rewriting(client.MergeFrom(user), []string{"locked"}).Data(user); err != nil || string(text) != `{"status":{"locked":null}}` {
		t.Errorf("without another change: %s, %v", text, err)
	}
	if text, err = undecoded.Rewriting(client.MergeFrom(user), nil).Data(user); err != nil || string(text) != `{}` {
		t.Errorf("with nothing to rewrite: %s, %v", text, err)
	}
}
