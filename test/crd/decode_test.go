// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestWhatIsAcceptedDecodes puts at every place of every kind what its schema could let in, has the API server judge it, and
// decodes what that would store. A value that is accepted and does not decode ends the work on its object.
func TestWhatIsAcceptedDecodes(t *testing.T) {
	t.Parallel()
	for kind, crd := range definitions(t) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := newDoor(t, kind, crd.Spec.Names.Plural)
			for _, f := range fields(crd) {
				d.tryAt(t, f)
			}
			if d.tried < 150 || d.accepted < 20 || d.accepted == d.tried {
				t.Errorf("%d values were tried and %d accepted; the walk is broken", d.tried, d.accepted)
			}
		})
	}
}

// door sends objects of one kind to the API server.
type door struct {
	rest            rest.Interface
	kind, resource  string
	namespace       string
	manifests       []map[string]any
	stored          map[string]any
	tried, accepted int
}

// addSpecs adds the specs that have a field which none before has.
func (d *door) addSpecs(t *testing.T, specs []string) {
	t.Helper()
	shown := map[string]bool{}
	for _, manifest := range d.manifests {
		notePaths(shown, d.kind, manifest)
	}
	for _, spec := range specs {
		before, manifest := len(shown), map[string]any{"spec": read(t, spec)}
		if notePaths(shown, d.kind, manifest); len(shown) > before {
			d.manifests = append(d.manifests, manifest)
		}
	}
}

func newDoor(t *testing.T, kind, resource string) *door {
	t.Helper()
	c := newClient(t)
	http, err := rest.HTTPClientFor(controlplane.Config(t))
	if err != nil {
		t.Fatal(err)
	}
	gvk := v1alpha1.GroupVersion.WithKind(kind)
	r, err := apiutil.RESTClientForGVK(gvk, false, false, controlplane.Config(t), codecs(t), http)
	if err != nil {
		t.Fatal(err)
	}
	d := &door{rest: r, kind: kind, resource: resource, namespace: controlplane.Namespace(t)}
	first := object(t, kind, d.namespace, completeSpecs()[kind][0])
	if err := c.Create(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	d.stored = first.Object
	d.addSpecs(t, completeSpecs()[kind])
	if kind == "ClerkUser" {
		d.addSpecs(t, slices.Sorted(maps.Values(acceptedUsers())))
	}
	d.manifests = append(d.manifests, map[string]any{"status": read(t, completeStatuses()[kind])})
	for _, manifest := range d.manifests {
		if _, problem := d.send(t, manifest); problem != nil {
			t.Fatalf("a manifest of %s is refused: %v", kind, problem)
		}
	}
	return d
}

// tryAt tries values at one place of the first manifest that has it.
func (d *door) tryAt(t *testing.T, f field) {
	t.Helper()
	steps := strings.Split(strings.NewReplacer("[]", ".[]", "{}", ".{}").Replace(f.path), ".")
	for _, manifest := range d.manifests {
		present, found := at(manifest, steps)
		if !found {
			continue
		}
		for _, value := range candidates(f.schema, present) {
			d.try(t, f.path, value, replaced(manifest, steps, json.RawMessage(value)))
		}
		return
	}
	t.Errorf("no manifest has %s; add it to acceptedUsers, completeSpecs or completeStatuses", f.path)
}

func (d *door) try(t *testing.T, path, value string, manifest any) {
	t.Helper()
	d.tried++
	answer, refused := d.send(t, manifest)
	if refused != nil {
		if !apierrors.IsInvalid(refused) && !apierrors.IsBadRequest(refused) {
			t.Errorf("%s: %s: %v", path, value, refused)
		}
		return
	}
	d.accepted++
	if undecoded := decode(t, d.kind, answer); len(undecoded) > 0 {
		t.Errorf("the schema of %s lets in %s at %s, and %v does not decode", d.kind, value, path, undecoded)
	}
}

// send has the API server judge a spec that is created, or a status that is written, and returns what it would store.
func (d *door) send(t *testing.T, manifest any) (answer []byte, refused error) {
	t.Helper()
	parts := manifest.(map[string]any)
	whole := map[string]any{"apiVersion": v1alpha1.GroupVersion.String(), "kind": d.kind}
	request := d.rest.Post().Resource(d.resource)
	if status, ok := parts["status"]; ok {
		whole["metadata"], whole["spec"], whole["status"] = d.stored["metadata"], d.stored["spec"], status
		name := d.stored["metadata"].(map[string]any)["name"].(string)
		request = d.rest.Put().Resource(d.resource).Name(name).SubResource("status")
	} else {
		whole["metadata"], whole["spec"] = map[string]any{"generateName": "try-"}, parts["spec"]
	}
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	answer, err = request.Namespace(d.namespace).Param("dryRun", metav1.DryRunAll).SetHeader("Content-Type", "application/json").
		Body(text).DoRaw(t.Context())
	return answer, err
}

// decode decodes as the client does, and returns the fields that do not.
func decode(t *testing.T, kind string, text []byte) v1alpha1.FieldPaths {
	t.Helper()
	into := map[string]client.Object{
		"ClerkUser": &v1alpha1.ClerkUser{}, "ClerkInstance": &v1alpha1.ClerkInstance{}, "ClerkUserAction": &v1alpha1.ClerkUserAction{},
	}[kind]
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
	switch o := into.(type) {
	case *v1alpha1.ClerkUser:
		return o.Undecoded.All()
	case *v1alpha1.ClerkInstance:
		return o.Undecoded.All()
	case *v1alpha1.ClerkUserAction:
		return o.Undecoded.All()
	}
	return nil
}

// at returns what a tree has at a place: the first item of a list, and any entry of a map.
func at(tree any, steps []string) (any, bool) {
	if len(steps) == 0 {
		return tree, true
	}
	switch node := tree.(type) {
	case map[string]any:
		if steps[0] == "{}" {
			for _, value := range node {
				return at(value, steps[1:])
			}
		}
		if value, found := node[steps[0]]; found {
			return at(value, steps[1:])
		}
	case []any:
		if steps[0] == "[]" && len(node) > 0 {
			return at(node[0], steps[1:])
		}
	}
	return nil, false
}

// replaced returns a copy of a tree with another value at a place.
func replaced(tree any, steps []string, value json.RawMessage) any {
	if len(steps) == 0 {
		return value
	}
	switch node := tree.(type) {
	case map[string]any:
		other := map[string]any{}
		for key, old := range node {
			other[key] = old
			if key == steps[0] || steps[0] == "{}" {
				other[key] = replaced(old, steps[1:], value)
			}
		}
		return other
	case []any:
		other := slices.Clone(node)
		other[0] = replaced(node[0], steps[1:], value)
		return other
	}
	return tree
}

// candidates are values for a place, in JSON: those of another type, and those that its format, bounds or rules may let slip.
func candidates(schema apiextensionsv1.JSONSchemaProps, present any) []string {
	values := []string{"null"}
	switch schema.Type {
	case "boolean":
		return append(values, `"true"`, "0")
	case "integer":
		return append(append(values, `"1"`), numbers()...)
	case "array":
		return append(values, "{}", `"text"`, "[null]", "[[]]")
	case "object":
		return append(values, "[]", `"text"`, `{"a":null}`, `{"a":[null]}`)
	}
	values = append(values, "1", "true", `""`, `"text"`)
	for _, word := range schema.Enum {
		values = append(values, string(word.Raw), strings.ToLower(string(word.Raw)), strings.ToUpper(string(word.Raw)))
	}
	text, _ := present.(string)
	if _, err := time.Parse(time.RFC3339, text); err == nil {
		values = append(values, quoted(times())...)
	}
	if _, err := time.ParseDuration(text); err == nil && text != "0" {
		values = append(values, quoted(durations())...)
	}
	return values
}

func quoted(texts []string) []string {
	var values []string
	for _, text := range texts {
		values = append(values, fmt.Sprintf("%q", text))
	}
	return values
}

// numbers are integers to some readers of JSON and not to others.
func numbers() []string {
	return []string{
		"0", "-0", "-1", "1.0", "1e2", "1E+2", "100e-2", "1.5", "2147483647", "2147483648", "-2147483649", "9007199254740991", "9007199254740993",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "1e21", "1e300",
	}
}

// times are such that one reader of RFC 3339 accepts and another does not.
func times() []string {
	return []string{
		"2024-02-29T12:00:00Z", "2024-02-29T12:00:00z", "2024-02-29t12:00:00Z", "2024-02-29T12:00:00x5Z", "2024-02-29T12:00:00,5Z",
		"2024-02-29T12:00:00.5Z", "2024-02-29T12:00:00.123456789012Z", "2024-02-29T12:00:00.Z", "2024-02-29T12:00:00+99:99", "2024-02-29T12:00:00+24:00",
		"2024-02-29T12:00:00+23:59", "2024-02-29T12:00:00-00:00", "2024-02-29T12:00:00+0100", "2024-02-29T12:00:00", "2024-02-29 12:00:00Z",
		"2024-02-29", "2023-02-29T12:00:00Z", "1900-02-29T12:00:00Z", "2000-02-29T12:00:00Z", "2024-02-30T12:00:00Z", "2024-04-31T12:00:00Z",
		"2016-12-31T23:59:60Z", "2024-02-29T24:00:00Z", "2024-02-29T23:60:00Z", "2024-13-01T00:00:00Z", "2024-00-10T00:00:00Z", "2024-01-00T00:00:00Z",
		"0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
		"10000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "2024-2-29T12:00:00Z", "2024-02-29T1:00:00Z", " 2024-02-29T12:00:00Z", "2024-02-29T12:00:00Z\n",
		"２０２４-02-29T12:00:00Z", "2024-02-29T12:00:00Ż", "1709208000", "now",
	}
}

// durations are such that look like one that Go reads.
func durations() []string {
	return []string{
		"1m", "60s", "90m", "1.5m", "1h30m", "1m1h", "0", "0s", "-1m", "+1m", "1d", "1 m", "1M", "m", "1", ".5m", "1.m", "1e3s", "1µs", "1us", "1ns", "100000ms",
		"99999999999999999999h", "9223372036s", "１m", "1m\n", "P1D",
	}
}
