// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// separator is between the keys of a path. Keys may have dots and slashes.
const separator = " > "

// TestNullIsEmptyOrRefused sets each key of values.yaml to null, which removes its default. A key without a default renders as without
// the null. Any other is refused by name, or renders whole objects without what it stands for.
func TestNullIsEmptyOrRefused(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	refused, rendered := 0, 0
	for _, base := range []values{{}, {
		"replicas": 2, "clerkInstance": values{"create": true, "secretName": "clerk"},
		"metrics": values{"serviceMonitor": values{"enabled": true}, "prometheusRule": values{"enabled": true}, "dashboard": values{"enabled": true}},
	}, {"metrics": values{"podMonitor": values{"enabled": true}}}} {
		usual, err := render(c, base)
		if err != nil {
			t.Fatal(err)
		}
		for path, initial := range keysOf(nil, c.Values) {
			names := strings.Split(path, separator)
			documents, err := render(c, merged(base, nested(names, nil)))
			if err != nil {
				refused++
				if last := names[len(names)-1]; !strings.Contains(err.Error(), last) || strings.Contains(err.Error(), ".tpl") {
					t.Errorf("%s: null: the error does not name the key: %v", path, err)
				}
				continue
			}
			rendered++
			expectWhole(t, path, documents)
			if isEmpty(initial) && value(base, names) == nil && !slices.Equal(documents, usual) {
				t.Errorf("%s: null: the objects differ from those of the default %v", path, initial)
			}
		}
	}
	if refused < 50 || rendered < 50 {
		t.Errorf("null is refused %d times and renders %d times", refused, rendered)
	}
}

// keysOf returns the initial value of each key by its path.
func keysOf(above []string, v values) map[string]any {
	found := map[string]any{}
	for name, initial := range v {
		path := append(slices.Clone(above), name)
		found[strings.Join(path, separator)] = initial
		if below, ok := initial.(values); ok {
			maps.Copy(found, keysOf(path, below))
		}
	}
	return found
}

// nested returns values with one key.
func nested(names []string, leaf any) values {
	for _, name := range slices.Backward(names) {
		leaf = values{name: leaf}
	}
	return leaf.(values)
}

// value returns the value of a key, or nil.
func value(v values, names []string) any {
	var found any = v
	for _, name := range names {
		below, _ := found.(values)
		found = below[name]
	}
	return found
}

func isEmpty(value any) bool {
	return slices.Contains([]string{"<nil>", "", "[]", "map[]"}, fmt.Sprint(value))
}

// expectWhole wants no field without a value, no trace of a missing value in a text, and no rule that allows all traffic.
func expectWhole(t *testing.T, path string, d documents) {
	t.Helper()
	networkPolicies := 0
	for _, o := range d.objects(t) {
		for _, fault := range faults("", o.Object) {
			t.Errorf("%s: null: %s has %s", path, key(o), fault)
		}
		if o.GetKind() == "NetworkPolicy" {
			networkPolicies++
			expectPorts(t, path, o)
		}
	}
	if networkPolicies != 1 {
		t.Errorf("%s: null: there are %d NetworkPolicies", path, networkPolicies)
	}
}

// faults returns the fields of a value that are null or mention a missing value.
func faults(path string, value any) []string {
	var found []string
	switch value := value.(type) {
	case nil:
		found = append(found, path+": null")
	case string:
		if strings.Contains(value, "%!") || strings.Contains(value, "<nil>") || strings.Contains(value, "<no value>") {
			found = append(found, path+": "+value)
		}
	case []any:
		for i, v := range value {
			found = append(found, faults(fmt.Sprintf("%s[%d]", path, i), v)...)
		}
	case map[string]any:
		for name, v := range value {
			found = append(found, faults(path+"."+name, v)...)
		}
	}
	return found
}

// expectPorts wants ports in each rule of a NetworkPolicy: a rule without ports allows all of them.
func expectPorts(t *testing.T, path string, policy *unstructured.Unstructured) {
	t.Helper()
	for _, direction := range []string{"ingress", "egress"} {
		rules, _, err := unstructured.NestedSlice(policy.Object, "spec", direction)
		if err != nil || len(rules) == 0 {
			t.Errorf("%s: null: the NetworkPolicy has no %s: %v", path, direction, err)
		}
		for _, rule := range rules {
			if ports, _, err := unstructured.NestedSlice(rule.(map[string]any), "ports"); err != nil || len(ports) == 0 {
				t.Errorf("%s: null: the NetworkPolicy has an %s rule without ports: %v", path, direction, rule)
			}
		}
	}
}
