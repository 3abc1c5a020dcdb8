// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// aggregated are the rules that config adds to one of Kubernetes' own roles. view is part of edit, and edit of admin.
func aggregated(objects []client.Object, role string) []rbacv1.PolicyRule {
	parts := map[string][]string{"view": {"view"}, "edit": {"view", "edit"}, "admin": {"view", "edit", "admin"}}
	var rules []rbacv1.PolicyRule
	for _, r := range of[*rbacv1.ClusterRole](objects) {
		for _, part := range parts[role] {
			if r.Labels["rbac.authorization.k8s.io/aggregate-to-"+part] == "true" {
				rules = append(rules, r.Rules...)
			}
		}
	}
	return rules
}

// TestPeoplesRights checks on a real API server what view, edit and admin of a namespace may do with our kinds.
func TestPeoplesRights(t *testing.T) {
	t.Parallel()
	c, objects := newClient(t), rendered(t)
	home, elsewhere := controlplane.Namespace(t), controlplane.Namespace(t)
	for _, role := range []string{"view", "edit", "admin"} {
		bindRules(t, c, home, role, aggregated(objects, role))
	}
	read, write := []string{"get", "list", "watch"}, []string{"create", "update", "patch", "delete", "deletecollection"}
	for _, tc := range []struct {
		role, resource string
		verbs          []string
		allowed        bool
	}{
		{"view", "clerkusers", read, true},
		{"view", "clerkinstances", read, true},
		{"view", "clerkuseractions", read, true},
		{"view", "clerkuseractions", write, false},
		{"edit", "clerkuseractions", append(read, write...), true},
		{"admin", "clerkuseractions", append(read, write...), true},
		{"admin", "clerkuseractions/status", []string{"update", "patch"}, false},
		{"admin", "clerkuseractions/finalizers", []string{"update"}, false},
		{"view", "clerkusers", write, false},
		{"view", "clerkinstances", write, false},
		{"edit", "clerkusers", append(read, write...), true},
		{"edit", "clerkinstances", read, true},
		{"edit", "clerkinstances", write, false},
		{"admin", "clerkusers", append(read, write...), true},
		{"admin", "clerkinstances", append(read, write...), true},
		{"admin", "clerkusers/status", []string{"get"}, true},
		{"admin", "clerkusers/status", []string{"update", "patch"}, false},
		{"admin", "clerkinstances/status", []string{"update", "patch"}, false},
		{"admin", "clerkusers/finalizers", []string{"update"}, false},
		{"admin", "clerkinstances/finalizers", []string{"update"}, false},
	} {
		for _, verb := range tc.verbs {
			for namespace, want := range map[string]bool{home: tc.allowed, elsewhere: false} {
				if got := mayDo(t, c, home+"-"+tc.role, authorizationv1.ResourceAttributes{
					Namespace: namespace, Verb: verb, Resource: tc.resource,
				}); got != want {
					t.Errorf("%s of %s may %s %s in %s: %t, want %t", tc.role, home, verb, tc.resource, namespace, got, want)
				}
			}
		}
	}
	for _, role := range []string{"view", "edit", "admin"} {
		for _, rule := range aggregated(objects, role) {
			if !slices.Equal(rule.APIGroups, []string{"clerk-operator.io"}) {
				t.Errorf("%s gets rights on other groups than ours: %v", role, rule)
			}
		}
	}
}

// bindRules gives a user called after the namespace and the role its rules in a namespace, as the aggregated role would.
func bindRules(t *testing.T, c client.Client, namespace, role string, rules []rbacv1.PolicyRule) {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: namespace, Name: role}
	if err := c.Create(t.Context(), &rbacv1.Role{ObjectMeta: meta, Rules: rules}); err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: meta,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: namespace + "-" + role}},
	}); err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if mayDo(t, c, namespace+"-"+role, authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: "get", Resource: "clerkusers",
		}) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("the rights of %s do not come into force", role)
}

// mayDo reports whether a user may do something with one of our kinds.
func mayDo(t *testing.T, c client.Client, user string, act authorizationv1.ResourceAttributes) bool {
	t.Helper()
	act.Group = v1alpha1.GroupVersion.Group
	act.Resource, act.Subresource, _ = strings.Cut(act.Resource, "/")
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user, ResourceAttributes: &act,
	}}
	if err := c.Create(t.Context(), review); err != nil {
		t.Fatal(err)
	}
	return review.Status.Allowed
}

// TestOperatorsRights keeps the operator's own rights from growing unnoticed. What reads or writes everybody's objects
// stands here, beside the role that is generated from the code.
func TestOperatorsRights(t *testing.T) {
	t.Parallel()
	want := map[string]string{
		"/namespaces":                               "get list watch",
		"/configmaps":                               "get",
		"/secrets":                                  "create get patch",
		"clerk-operator.io/clerkinstances":          "get list patch watch",
		"clerk-operator.io/clerkusers":              "get list patch watch",
		"clerk-operator.io/clerkuseractions":        "delete get list watch",
		"clerk-operator.io/clerkinstances/status":   "patch",
		"clerk-operator.io/clerkusers/status":       "patch",
		"clerk-operator.io/clerkuseractions/status": "patch update",
		"events.k8s.io/events":                      "create patch",
	}
	for _, r := range of[*rbacv1.ClusterRole](rendered(t)) {
		if r.Name != "clerk-operator-manager-role" {
			continue
		}
		for _, rule := range r.Rules {
			for _, group := range rule.APIGroups {
				for _, resource := range rule.Resources {
					verbs := slices.Sorted(slices.Values(rule.Verbs))
					if got := strings.Join(verbs, " "); want[group+"/"+resource] != got {
						t.Errorf("the operator may %s %s/%s, want %q", got, group, resource, want[group+"/"+resource])
					}
					delete(want, group+"/"+resource)
				}
			}
			if len(rule.NonResourceURLs) > 0 {
				t.Errorf("the operator may ask %v", rule.NonResourceURLs)
			}
		}
	}
	for resource, verbs := range want {
		t.Errorf("the operator may not %s %s", verbs, resource)
	}
}
