// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// verbs are what rules allow, by group and resource.
func verbs(t *testing.T, rules []rbacv1.PolicyRule) map[string][]string {
	t.Helper()
	allowed := map[string][]string{}
	for _, rule := range rules {
		if len(rule.ResourceNames) > 0 || len(rule.NonResourceURLs) > 0 {
			t.Errorf("%+v is not about all objects of a kind", rule)
		}
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				key := group + "/" + resource
				allowed[key] = slices.Compact(slices.Sorted(slices.Values(append(allowed[key], rule.Verbs...))))
			}
		}
	}
	return allowed
}

// managerRules are the rules of the ClusterRole of the operator.
func managerRules(t *testing.T, objects []client.Object) []rbacv1.PolicyRule {
	t.Helper()
	for _, r := range of[*rbacv1.ClusterRole](objects) {
		if r.Name == "clerk-operator-manager-role" {
			return r.Rules
		}
	}
	t.Fatal("the ClusterRole of the operator is missing")
	return nil
}

// TestNamespacedRights has the rights of the namespaced mode add up to those of the default, which are generated from the code.
func TestNamespacedRights(t *testing.T) {
	t.Parallel()
	namespaced := overlay(t, "resources: [CONFIG/namespaced]\n")
	watched := overlay(t, "namespace: team-a\nresources: [CONFIG/namespaced/watched]\n")
	everywhere := managerRules(t, namespaced)
	role := only[*rbacv1.Role](t, watched)
	for resource := range verbs(t, everywhere) {
		if resource == "/secrets" || resource == "/configmaps" || resource == "events.k8s.io/events" {
			t.Errorf("the operator has rights on %s of all namespaces", resource)
		}
	}
	want := verbs(t, managerRules(t, rendered(t)))
	want["/namespaces"] = []string{"get"} // no cache of all Namespaces
	if diff := cmp.Diff(want, verbs(t, append(slices.Clone(everywhere), role.Rules...))); diff != "" {
		t.Errorf("the rights in a watched namespace (+) are not those of the default (-); correct config/namespaced:\n%s", diff)
	}
	binding := only[*rbacv1.RoleBinding](t, watched)
	if binding.RoleRef.Name != role.Name || role.Namespace != "team-a" || binding.Namespace != "team-a" {
		t.Errorf("%s/%s binds %s, want the Role %s/%s", binding.Namespace, binding.Name, binding.RoleRef.Name, role.Namespace, role.Name)
	}
	for _, b := range of[*rbacv1.ClusterRoleBinding](namespaced) {
		if b.RoleRef.Name == "clerk-operator-manager-role" && !cmp.Equal(b.Subjects, binding.Subjects) {
			t.Errorf("the Role is for %v and the ClusterRole for %v", binding.Subjects, b.Subjects)
		}
	}
}

// TestNamespacedDiffersInRightsOnly compares the objects of the namespaced mode with those of the default.
func TestNamespacedDiffersInRightsOnly(t *testing.T) {
	t.Parallel()
	byName := func(objects []client.Object) map[string]client.Object {
		found := map[string]client.Object{}
		for _, o := range objects {
			found[o.GetObjectKind().GroupVersionKind().Kind+" "+o.GetNamespace()+"/"+o.GetName()] = o
		}
		return found
	}
	standard, namespaced := byName(rendered(t)), byName(overlay(t, "resources: [CONFIG/namespaced]\n"))
	own := "Role clerk-operator-system/clerk-operator-manager-role"
	role, ok := namespaced[own].(*rbacv1.Role)
	if !ok || !cmp.Equal(verbs(t, role.Rules), map[string][]string{"/secrets": {"create", "get"}}) {
		t.Errorf("the operator's rights in its own namespace are %v", namespaced[own])
	}
	binding, ok := namespaced["RoleBinding clerk-operator-system/clerk-operator-manager-rolebinding"].(*rbacv1.RoleBinding)
	if !ok || binding.RoleRef.Kind != "Role" || binding.RoleRef.Name != role.Name {
		t.Errorf("the Role is bound by %v", binding)
	}
	for _, differs := range []string{own, "RoleBinding clerk-operator-system/clerk-operator-manager-rolebinding", "ClusterRole /clerk-operator-manager-role"} {
		if cmp.Equal(standard[differs], namespaced[differs]) {
			t.Errorf("%s is the same in both", differs)
		}
		delete(standard, differs)
		delete(namespaced, differs)
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(standard)), slices.Sorted(maps.Keys(namespaced))); diff != "" {
		t.Error(diff)
	}
	for name := range standard {
		if diff := cmp.Diff(standard[name], namespaced[name]); diff != "" {
			t.Errorf("%s differs: %s", name, diff)
		}
	}
}
