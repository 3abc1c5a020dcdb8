// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	if err := json.Unmarshal([]byte(text), &o.Object); err != nil {
		t.Fatal(err)
	}
	return o
}

func user(spec string) string {
	return `{"apiVersion":"clerk-operator.io/v1alpha1","kind":"ClerkUser","metadata":{"name":"ann","namespace":"here"},"spec":` + spec + `}`
}

func TestMergePatch(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ applied, live, manifest, want string }{
		"Nothing":            {`{"a":1}`, `{"a":1}`, `{"a":1}`, ``},
		"Changed":            {`{"a":1}`, `{"a":1}`, `{"a":2}`, `{"a":2}`},
		"LeftTheManifest":    {`{"a":1,"b":{"c":2,"d":3}}`, `{"a":1,"b":{"c":2,"d":3}}`, `{"a":1,"b":{"d":3}}`, `{"b":{"c":null}}`},
		"AddedBySomebody":    {`{"a":1}`, `{"a":1,"b":2}`, `{"a":1}`, ``},
		"ChangedBySomebody":  {`{"a":1}`, `{"a":3}`, `{"a":1}`, `{"a":1}`},
		"RemovedBySomebody":  {`{"a":1,"b":2}`, `{"a":1}`, `{"a":1}`, `{"b":null}`},
		"ListsAreReplaced":   {`{"a":[1,2]}`, `{"a":[1,2,3]}`, `{"a":[2]}`, `{"a":[2]}`},
		"NeverApplied":       {``, `{"a":1,"b":2}`, `{"a":1}`, ``},
		"EmptyMapIsDeclared": {`{}`, `{}`, `{"a":{}}`, `{"a":{}}`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live := object(t, user(tc.live))
			if tc.applied != "" {
				before, err := annotated(object(t, user(tc.applied)))
				if err != nil {
					t.Fatal(err)
				}
				live.SetAnnotations(before.GetAnnotations())
			}
			sent, err := annotated(object(t, user(tc.manifest)))
			if err != nil {
				t.Fatal(err)
			}
			text, err := mergePatch(sent, live)
			if err != nil {
				t.Fatal(err)
			}
			patch := object(t, string(text))
			got, _, err := unstructured.NestedMap(patch.Object, "spec")
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]any(nil)
			if tc.want != "" {
				want = object(t, tc.want).Object
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the spec of the patch (-want +got):\n%s", diff)
			}
			if same := tc.applied == tc.manifest && tc.want == ""; same != (string(text) == noChange) {
				t.Errorf("the patch is %s", text)
			}
		})
	}
}

// TestRecordIsAsKubectlWritesIt compares with an annotation that kubectl 1.37 wrote. A different record would be a patch of each object.
func TestRecordIsAsKubectlWritesIt(t *testing.T) {
	t.Parallel()
	sent, err := annotated(object(t, user(`{"username":"ann"}`)))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"apiVersion":"clerk-operator.io/v1alpha1","kind":"ClerkUser","metadata":{"annotations":{},"name":"ann","namespace":"here"},` +
		`"spec":{"username":"ann"}}` + "\n"
	if got := sent.GetAnnotations()[corev1.LastAppliedConfigAnnotation]; got != want {
		t.Errorf("the record is %q, want %q", got, want)
	}
}

// TestErrorOfPatchShowsNoContent uses an annotation that is not JSON in an object with a secret value.
func TestErrorOfPatchShowsNoContent(t *testing.T) {
	t.Parallel()
	live := object(t, user(`{"a":"leak-marker"}`))
	live.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: `{"spec": leak-marker`})
	sent, err := annotated(object(t, user(`{"a":"leak-marker-2"}`)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = mergePatch(sent, live)
	if err == nil || strings.Contains(err.Error(), "leak-marker") || !strings.Contains(err.Error(), "--server-side") {
		t.Errorf("error %v", err)
	}
}
