// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestRefusals(t *testing.T) {
	t.Parallel()
	users := schema.GroupResource{Group: "clerk-operator.io", Resource: "clerkusers"}
	kind := schema.GroupKind{Group: "clerk-operator.io", Kind: "ClerkUser"}
	invalid := apierrors.NewInvalid(kind, "ann", field.ErrorList{
		field.Invalid(field.NewPath("spec", "locale"), "x y", "must be a language tag"), field.Required(field.NewPath("spec", "username"), "write one"),
	})
	secret := apierrors.NewInvalid(schema.GroupKind{Kind: "Secret"}, "ann", field.ErrorList{
		field.Invalid(field.NewPath("data").Key("a b"), "leak-marker", "leak-marker is not good"),
	})
	conflict := apierrors.NewApplyConflict([]metav1.StatusCause{{Field: ".spec.username", Message: `conflict with "argocd-controller"`}}, "conflicts")
	tests := map[string]struct {
		kind string
		err  error
		want []string
	}{
		"AllCauses": {"ClerkUser", fmt.Errorf("creating it: %w", invalid), []string{
			`spec.locale: Invalid value: "x y": must be a language tag`, "spec.username: Required value: write one",
		}},
		"Secret":        {"Secret", secret, []string{"data[a b] is invalid"}},
		"SecretInWords": {"Secret", apierrors.NewBadRequest("leak-marker"), []string{"the API server refuses it (BadRequest); kubectl diff shows why"}},
		"ForbiddenSecret": {
			"Secret", apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "ann", errors.New("leak-marker is weak")),
			[]string{"you may not apply it, or an admission policy forbids it; kubectl diff shows why (a dry run needs the rights that apply needs)"},
		},
		"Strict": {"ClerkUser", apierrors.NewBadRequest(`unknown field "spec.x"`), []string{`unknown field "spec.x"`}},
		"Forbidden": {
			"ClerkUser", apierrors.NewForbidden(users, "ann", errors.New("you cannot patch it")),
			[]string{`clerkusers.clerk-operator.io "ann" is forbidden: you cannot patch it (a dry run needs the rights that apply needs)`},
		},
		"NoNamespace": {
			"ClerkUser", apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "team-a"),
			[]string{`namespaces "team-a" not found; create the namespace first, or add it to the manifests`},
		},
		"NoKind": {"ClerkUsr", &meta.NoKindMatchError{GroupKind: kind}, []string{
			"the cluster has no kind ClerkUsr in clerk-operator.io/v1alpha1; correct the manifest, or install clerk-operator first",
		}},
		"Conflict": {"ClerkUser", conflict, []string{
			`.spec.username: conflict with "argocd-controller"`, "add --force-conflicts to take these fields over, as the apply then has to do too",
		}},
		"OldVersion": {"ClerkUser", apierrors.NewConflict(users, "ann", errors.New("the object has been modified")), []string{
			"its metadata.resourceVersion is not the current one; remove that field from the manifest",
		}},
		"NotOfTheServer": {"ClerkUser", errors.New("the annotation is odd"), []string{"the annotation is odd"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			object := &unstructured.Unstructured{}
			object.SetAPIVersion("clerk-operator.io/v1alpha1")
			if tc.kind == "Secret" {
				object.SetAPIVersion("v1")
			}
			object.SetKind(tc.kind)
			object.SetNamespace("team-a")
			object.SetName("ann")
			got := refusalOf(outcome{manifest: manifest{object, "a.yaml"}, err: tc.err})
			want := Refusal{Kind: tc.kind, Namespace: "team-a", Name: "ann", Source: "a.yaml", Problems: tc.want}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("refusalOf() (-want +got):\n%s", diff)
			}
		})
	}
}
