// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Right is one verb on one resource, which one role of an account gives.
type Right struct {
	// Role is the name of the role, Cluster is true for a ClusterRole, and Watched for a Role in watched namespaces.
	Role             string
	Cluster, Watched bool
	// Verb, Resource and Group are as in a rule; Resource includes a subresource, as in clerkusers/status.
	Verb, Resource, Group string
}

// String returns the right in the words of kubectl auth can-i, with where it counts.
func (r Right) String() string {
	resource, sub, _ := strings.Cut(r.Resource, "/")
	if r.Group != "" {
		resource += "." + r.Group
	}
	if sub != "" {
		resource += "/" + sub
	}
	if r.Cluster || r.Watched {
		return fmt.Sprintf("%s %s", r.Verb, resource)
	}
	return fmt.Sprintf("%s %s in the operator's namespace", r.Verb, resource)
}

// Refusal is the part of the API server's answer to a request without this right that names the right.
func (r Right) Refusal() string {
	return fmt.Sprintf("cannot %s resource %q in API group %q", r.Verb, r.Resource, r.Group)
}

// Rights returns the rights of the account, each once.
func (a Account) Rights() []Right {
	var all []Right
	for _, role := range a.Roles {
		for _, rule := range role.Rules {
			if r := role.right(rule); len(rule.Resources) > 0 && !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

func (role Role) right(rule rbacv1.PolicyRule) Right {
	if len(rule.Resources) == 0 {
		return Right{}
	}
	return Right{
		Role: role.Name, Cluster: role.Cluster, Watched: len(role.Watched) > 0,
		Verb: rule.Verbs[0], Resource: rule.Resources[0], Group: rule.APIGroups[0],
	}
}

// Without returns the account with all rights but one.
func (a Account) Without(missing Right) Account {
	a.Roles = slices.Clone(a.Roles)
	for i, role := range a.Roles {
		a.Roles[i].Rules = slices.DeleteFunc(slices.Clone(role.Rules), func(rule rbacv1.PolicyRule) bool {
			return role.right(rule) == missing
		})
	}
	return a
}
