// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// TestAPIPageIsComplete looks up every field of the schemas, and every message of their rules, in docs/reference/api.md.
// "make generated" only says that the page is what crd-ref-docs and our templates make of the types.
func TestAPIPageIsComplete(t *testing.T) {
	t.Parallel()
	root := filepath.Join(directory(t), "..")
	text, err := os.ReadFile(filepath.Join(root, "docs", "reference", "api.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := strings.NewReplacer(`\|`, "|", "&lt;", "<").Replace(string(text))
	plain := strings.ReplaceAll(page, "`", "")
	fields, messages := 0, 0
	for _, definition := range definitions(t, root) {
		kind, schema := definition.Spec.Names.Kind, definition.Spec.Versions[0].Schema.OpenAPIV3Schema
		for name, part := range schema.Properties {
			for field := range part.Properties {
				if fields++; !strings.Contains(page, `<a id="`+strings.ToLower(kind+name+"-"+field)+`"></a>`) {
					t.Errorf("%s.%s of %s is not on the page", name, field, kind)
				}
			}
		}
		walkSchema("", schema, func(name string, s *apiextensionsv1.JSONSchemaProps) {
			if name != "" && !strings.Contains(page, "`"+name+"` | ") {
				t.Errorf("no table has the field %s of %s", name, kind)
			}
			if s.MinLength != nil || s.MinItems != nil || s.MinProperties != nil || s.Pattern != "" || s.MultipleOf != nil {
				t.Errorf("the page does not show a limit of %s of %s; add it to hack/apidocs/templates/field.tpl", name, kind)
			}
			for _, rule := range s.XValidations {
				if messages++; !strings.Contains(plain, rule.Message) {
					t.Errorf("the message %q of %s is not on the page", rule.Message, kind)
				}
			}
		})
	}
	if fields < 80 || messages < 60 {
		t.Errorf("only %d fields and %d messages were looked up", fields, messages)
	}
}

// definitions returns the CustomResourceDefinitions of the repository.
func definitions(t *testing.T, root string) []apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err != nil || len(files) != 3 {
		t.Fatalf("the CustomResourceDefinitions are %v (%v)", files, err)
	}
	all := make([]apiextensionsv1.CustomResourceDefinition, len(files))
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err == nil {
			err = yaml.UnmarshalStrict(text, &all[i])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// walkSchema visits a field and all below it, except those of Kubernetes' own types. The object, and an entry of a list, has no name.
func walkSchema(name string, s *apiextensionsv1.JSONSchemaProps, visit func(name string, s *apiextensionsv1.JSONSchemaProps)) {
	visit(name, s)
	if name == "conditions" || name == "selector" {
		return
	}
	for below, property := range s.Properties {
		walkSchema(below, &property, visit)
	}
	if s.Items != nil && s.Items.Schema != nil {
		walkSchema("", s.Items.Schema, visit)
	}
}

// TestAPIPageLinksToOurKubernetes compares the version in the links with that of the modules.
func TestAPIPageLinksToOurKubernetes(t *testing.T) {
	t.Parallel()
	found := map[string]string{}
	for name, pattern := range map[string]string{
		"go.mod": `\n\tk8s\.io/api v0\.(\d+)\.`, "hack/apidocs/config.yaml": `kubernetesVersion: "1\.(\d+)"`,
	} {
		text, err := os.ReadFile(filepath.Join(directory(t), "..", name))
		if err != nil {
			t.Fatal(err)
		}
		version := regexp.MustCompile(pattern).FindStringSubmatch(string(text))
		if version == nil {
			t.Fatalf("%s names no version of Kubernetes", name)
		}
		found[name] = version[1]
	}
	if found["go.mod"] != found["hack/apidocs/config.yaml"] {
		t.Errorf("the minor versions of Kubernetes are %v", found)
	}
}
