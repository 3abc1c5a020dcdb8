// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/letters"
)

// field is one place in the schema of a kind.
type field struct {
	// path is how the API server names it, with [] for the items of a list, such as spec.emailAddresses[].address.
	path, name string
	required   bool
	schema     apiextensionsv1.JSONSchemaProps
}

// definitions are the generated CustomResourceDefinitions by kind.
func definitions(t *testing.T) map[string]*apiextensionsv1.CustomResourceDefinition {
	t.Helper()
	dir, err := controlplane.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
		found[crd.Spec.Names.Kind] = crd
	}
	return found
}

// fields lists every place below spec and status of a kind.
func fields(crd *apiextensionsv1.CustomResourceDefinition) []field {
	root := crd.Spec.Versions[0].Schema.OpenAPIV3Schema
	var all []field
	for _, name := range []string{"spec", "status"} {
		all = append(all, walk(field{path: name, name: name, schema: root.Properties[name]})...)
	}
	return all
}

func walk(f field) []field {
	all := []field{f}
	for name, schema := range f.schema.Properties {
		required := slices.Contains(f.schema.Required, name)
		all = append(all, walk(field{path: f.path + "." + name, name: name, required: required, schema: schema})...)
	}
	if f.schema.Items != nil {
		all = append(all, walk(field{path: f.path + "[]", required: true, schema: *f.schema.Items.Schema})...)
	}
	if p := f.schema.AdditionalProperties; p != nil && p.Schema != nil {
		all = append(all, walk(field{path: f.path + "{}", required: true, schema: *p.Schema})...)
	}
	return all
}

// eachField runs a check at every place of every kind, save those of Kubernetes' own types, whose words are not ours.
func eachField(t *testing.T, check func(t *testing.T, kind string, f field)) {
	t.Helper()
	seen := 0
	for kind, crd := range definitions(t) {
		for _, f := range fields(crd) {
			if ofKubernetes(f.path) {
				continue
			}
			seen++
			check(t, kind, f)
		}
	}
	if seen < 80 {
		t.Errorf("only %d fields were looked at; the walk is broken", seen)
	}
}

// ofKubernetes says whether a place lies inside a type of Kubernetes. Rules on the field itself bound a selector; that
// they hold is shown by refusals.
func ofKubernetes(path string) bool {
	return strings.HasPrefix(path, "spec.allowedNamespaces.selector.") || strings.HasPrefix(path, "status.conditions[]")
}

func TestEverythingIsBounded(t *testing.T) {
	t.Parallel()
	eachField(t, func(t *testing.T, kind string, f field) {
		t.Helper()
		s := f.schema
		open := s.XPreserveUnknownFields != nil && *s.XPreserveUnknownFields
		switch {
		case s.Type == "string" && s.MaxLength == nil && len(s.Enum) == 0 && s.Format != "date-time":
			t.Errorf("%s: %s is a string of any length", kind, f.path)
		case s.Type == "array" && s.MaxItems == nil:
			t.Errorf("%s: %s is a list of any length", kind, f.path)
		case (open || s.AdditionalProperties != nil) && s.MaxProperties == nil:
			t.Errorf("%s: %s is a map of any size", kind, f.path)
		case s.Type == "integer" && strings.HasPrefix(f.path, "spec.") && (s.Minimum == nil || s.Maximum == nil):
			t.Errorf("%s: %s is a number of any size", kind, f.path)
		case open && !strings.HasSuffix(f.name, "Metadata"):
			t.Errorf("%s: %s takes fields that nobody declared", kind, f.path)
		case s.Type == "":
			t.Errorf("%s: %s has no type", kind, f.path)
		}
	})
}

// TestNoFieldHoldsASecret keeps secrets in Secrets: what stands in a spec stands in Git, in etcd and in the annotation
// that kubectl apply leaves behind.
func TestNoFieldHoldsASecret(t *testing.T) {
	t.Parallel()
	secret := regexp.MustCompile(`(?i)password|passphrase|secret|token|key|digest|credential|totp|backupcode`)
	eachField(t, func(t *testing.T, kind string, f field) {
		t.Helper()
		entryOfSecret := strings.HasSuffix(f.path, "Ref.key")
		nameOfSecret := strings.HasSuffix(f.name, "Name")
		isTime := strings.HasSuffix(f.name, "At")
		// What the operator writes there is keyed, and tells nothing to those who lack the key.
		keyed := strings.HasPrefix(f.path, "status.") && strings.HasSuffix(f.name, "Digest")
		if f.schema.Type == "string" && f.schema.Format == "" && secret.MatchString(f.name) && !entryOfSecret && !nameOfSecret && !isTime && !keyed {
			t.Errorf("%s: %s is a string; refer to a Secret instead", kind, f.path)
		}
	})
}

// TestEveryFieldIsExplained keeps "kubectl explain" complete: meaning, and what omission means.
func TestEveryFieldIsExplained(t *testing.T) {
	t.Parallel()
	eachField(t, func(t *testing.T, kind string, f field) {
		t.Helper()
		doc := f.schema.Description
		switch {
		case f.name == "":
		case doc == "":
			t.Errorf("%s: %s has no description", kind, f.path)
		case !regexp.MustCompile(`^` + f.name + `\b`).MatchString(doc):
			t.Errorf("%s: the description of %s does not begin with its name: %q", kind, f.path, doc)
		case strings.HasPrefix(f.path, "spec.") && !f.required && !regexp.MustCompile(`(?i)\bomitted\b`).MatchString(doc):
			t.Errorf("%s: the description of %s does not say what omission means: %q", kind, f.path, doc)
		}
	})
}

// TestNothingIsDefaulted keeps specs as they were written, so that a GitOps tool sees no drift. The one default is the
// status with which an object begins: no result yet.
func TestNothingIsDefaulted(t *testing.T) {
	t.Parallel()
	eachField(t, func(t *testing.T, kind string, f field) {
		t.Helper()
		want := ""
		if f.path == "status" {
			want = map[string]string{
				"ClerkUser":       `{"observedGeneration":-1}`,
				"ClerkUserAction": `{"observedGeneration":-1}`,
				// The columns of counts are never blank.
				"ClerkInstance": `{"heldDeletions":0,"managedUsers":0,"observedGeneration":-1}`,
			}[kind]
		}
		got := ""
		if f.schema.Default != nil {
			got = string(f.schema.Default.Raw)
		}
		if got != want {
			t.Errorf("%s: the default of %s is %q, want %q", kind, f.path, got, want)
		}
	})
}

// TestEveryRuleHasARefusal makes sure that no rule is believed without having been seen to refuse, and that each says in
// words what is wrong: a pattern would show a regular expression.
func TestEveryRuleHasARefusal(t *testing.T) {
	t.Parallel()
	var remedies []string
	for _, tc := range merged(userRefusals(), renamed("Instance", instanceRefusals()), renamed("Action", actionRefusals())) {
		remedies = append(remedies, tc.remedy)
	}
	for _, tc := range transitions() {
		remedies = append(remedies, tc.refused)
	}
	for _, tc := range letters.Cases() {
		remedies = append(remedies, tc.Remedy)
	}
	remedies = append(remedies, carriedOutOnce)
	rules := 0
	for kind, crd := range definitions(t) {
		root := field{schema: *crd.Spec.Versions[0].Schema.OpenAPIV3Schema}
		for _, f := range append(fields(crd), root) {
			if f.schema.Pattern != "" && !ofKubernetes(f.path) {
				t.Errorf("%s: %s has a pattern; write a rule with a message", kind, f.path)
			}
			for _, rule := range f.schema.XValidations {
				rules++
				shown := slices.ContainsFunc(remedies, func(r string) bool {
					return r != "" && strings.Contains(rule.Message, r)
				})
				if !shown {
					t.Errorf("%s: no test shows that %s refuses with %q", kind, f.path, rule.Message)
				}
			}
		}
	}
	if rules < 30 {
		t.Errorf("only %d rules were found; the walk is broken", rules)
	}
}

func renamed(prefix string, table map[string]refusal) map[string]refusal {
	other := map[string]refusal{}
	for name, tc := range table {
		other[prefix+name] = tc
	}
	return other
}

func TestColumns(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"ClerkUser": "User ID, Banned, Locked, Ready, Reason, Age; " +
			"Instance, Email, On Delete, Suspended, Last Write, Message",
		"ClerkInstance":   "Ready, Environment, Managed, Users, Held, Age; Reason, Message",
		"ClerkUserAction": "Action, User, Status, Age; User ID, Reason, Verified, Message",
	}
	for kind, crd := range definitions(t) {
		var always, wide []string
		for _, column := range crd.Spec.Versions[0].AdditionalPrinterColumns {
			if column.Priority == 0 {
				always = append(always, column.Name)
			} else {
				wide = append(wide, column.Name)
			}
		}
		if got := strings.Join(always, ", ") + "; " + strings.Join(wide, ", "); got != want[kind] {
			t.Errorf("the columns of %s are %q, want %q", kind, got, want[kind])
		}
		if !slices.Contains(crd.Spec.Names.Categories, "clerk") {
			t.Errorf("%s is not in the category clerk", kind)
		}
	}
}
