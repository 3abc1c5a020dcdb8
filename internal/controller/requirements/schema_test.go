// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// schemaOf returns the schema of the CustomResourceDefinition of this version.
func schemaOf(t *testing.T, d definition) *schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "config", "crd", "bases", v1alpha1.GroupVersion.Group+"_"+d.resource+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, crd); err != nil {
		t.Fatal(err)
	}
	text, err = json.Marshal(crd.Spec.Versions[0].Schema.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	s := &schema{}
	if err := json.Unmarshal(text, s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestDefinitionsOfThisVersionHaveAllFields(t *testing.T) {
	t.Parallel()
	for _, d := range definitions() {
		if missing := missingFields(d.goType, schemaOf(t, d), ""); len(missing) > 0 {
			t.Errorf("%s lacks %v", d.kind, missing)
		}
	}
}

// at returns the schema that a path leads to, as missingFields writes it.
func (s *schema) at(path string) *schema {
	for name := range strings.SplitSeq(path, ".") {
		list := strings.HasSuffix(name, "[]")
		s = s.Properties[strings.TrimSuffix(name, "[]")]
		if list {
			s = s.Items
		}
	}
	return s
}

func TestFieldsOfAnOlderDefinitionAreNamed(t *testing.T) {
	t.Parallel()
	users := definitions()[1]
	for path, field := range map[string]string{
		"spec":                  "locale",
		"spec.emailAddresses[]": "primary",
		"spec.password":         "secretKeyRef",
		"spec.initial":          "totpSecretRef",
		"status":                "binding",
		"status.applied":        "metadata",
		"status.conditions[]":   "observedGeneration",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			older := schemaOf(t, users)
			if _, found := older.at(path).Properties[field]; !found {
				t.Fatalf("%s has no field %s", path, field)
			}
			delete(older.at(path).Properties, field)
			if diff := cmp.Diff([]string{path + "." + field}, missingFields(users.goType, older, "")); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewerDefinitionIsNoFault(t *testing.T) {
	t.Parallel()
	for _, d := range definitions() {
		newer := schemaOf(t, d)
		for _, path := range []string{"spec", "status"} {
			newer.at(path).Properties["fromTheFuture"] = &schema{Properties: map[string]*schema{"more": {}}}
		}
		if missing := missingFields(d.goType, newer, ""); len(missing) > 0 {
			t.Errorf("%s lacks %v", d.kind, missing)
		}
	}
}

func TestFieldsOfEveryShapeAreCompared(t *testing.T) {
	t.Parallel()
	type inner struct {
		A string `json:"a"`
	}
	type Embedded struct {
		Inline string `json:"inline"`
	}
	type outer struct {
		Embedded `json:",inline"`

		Pointer *inner            `json:"pointer,omitempty"`
		List    []inner           `json:"list"`
		Values  map[string]inner  `json:"values"`
		Texts   map[string]string `json:"texts"`
		Hidden  string            `json:"-"`
		private string
	}
	_ = outer{}.private
	for name, tc := range map[string]struct {
		schema string
		want   []string
	}{
		"Nothing": {`{}`, []string{"inline", "pointer", "list", "values", "texts"}},
		"Open":    {`{"x-kubernetes-preserve-unknown-fields":true}`, nil},
		"Whole": {`{"properties":{"inline":{},"texts":{},"pointer":{"properties":{"a":{}}},"list":{"items":{"properties":{"a":{}}}},
			"values":{"additionalProperties":{"properties":{"a":{}}}}}}`, nil},
		"Inner": {`{"properties":{"inline":{},"texts":{"additionalProperties":{}},"pointer":{"properties":{"b":{}}},"list":{"items":{"properties":{"b":{}}}},
			"values":{"additionalProperties":{"properties":{"b":{}}}}}}`, []string{"pointer.a", "list[].a", "values[].a"}},
		"AnyValues": {`{"properties":{"inline":{},"texts":{},"pointer":{"x-kubernetes-preserve-unknown-fields":true},"list":{},
			"values":{"additionalProperties":true}}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &schema{}
			if err := json.Unmarshal([]byte(tc.schema), s); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, missingFields(reflect.TypeFor[outer](), s, "")); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}
