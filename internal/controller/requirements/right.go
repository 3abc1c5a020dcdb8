// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"fmt"
	"slices"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// Config says what the operator does, on which its rights depend.
type Config struct {
	// OperatorNamespace is the namespace of the operator's own Secret and Lease.
	OperatorNamespace string
	// WatchNamespaces are the namespaces whose objects are reconciled; none means all.
	WatchNamespaces []string
	// WatchSecrets says that Secrets and ConfigMaps are watched.
	WatchSecrets bool
	// LeaderElection says that the operator uses a Lease.
	LeaderElection bool
	// Metrics says that metrics are served, to clients whom the API server authenticates and authorizes.
	Metrics bool
}

// Right is the right to do something with a resource.
type Right struct {
	// Verb is as in a role.
	Verb string
	// Resource is in the form resource.group/subresource, as kubectl writes it.
	Resource string
	// Namespace is "" for all namespaces, and for resources without a namespace.
	Namespace string
	// Name is that of the only object that the operator needs the right for; "" for all objects.
	Name string
}

// rules are the verbs for some resources that the operator needs in the namespaces whose objects it reconciles.
func (c Config) rules() map[string][]string {
	own := func(resource string) string { return resource + "." + v1alpha1.GroupVersion.Group }
	rules := map[string][]string{
		own("clerkinstances"):               {"get", "list", "patch", "watch"},
		own("clerkinstances") + "/status":   {"patch"},
		own("clerkusers"):                   {"get", "list", "patch", "watch"},
		own("clerkusers") + "/status":       {"patch"},
		own("clerkuseractions"):             {"delete", "get", "list", "watch"},
		own("clerkuseractions") + "/status": {"patch", "update"},
		"configmaps":                        {"get"},
		"secrets":                           {"create", "get", "patch"},
		"events.events.k8s.io":              {"create", "patch"},
	}
	if c.WatchSecrets {
		rules["configmaps"] = append(rules["configmaps"], "list", "watch")
		rules["secrets"] = append(rules["secrets"], "list", "watch")
	}
	return rules
}

// clusterRules are the verbs for resources without a namespace.
func (c Config) clusterRules() map[string][]string {
	rules := map[string][]string{"namespaces": {"get"}}
	if len(c.WatchNamespaces) == 0 {
		rules["namespaces"] = []string{"get", "list", "watch"}
	}
	if c.Metrics {
		rules["tokenreviews.authentication.k8s.io"] = []string{"create"}
		rules["subjectaccessreviews.authorization.k8s.io"] = []string{"create"}
	}
	return rules
}

// operatorRights are the rights on the operator's own Secret and Lease. A Role can grant them for their names, except to create.
func (c Config) operatorRights() []Right {
	own := func(verb, resource, name string) Right { return Right{verb, resource, c.OperatorNamespace, name} }
	rights := []Right{own("create", "secrets", ""), own("get", "secrets", binding.SecretName)}
	if c.LeaderElection {
		rights = append(rights, own("create", leases, ""), own("get", leases, lease.Name), own("update", leases, lease.Name))
	}
	return rights
}

const leases = "leases.coordination.k8s.io"

// rights returns all rights that the operator needs.
func (c Config) rights() []Right {
	namespaces := c.WatchNamespaces
	if len(namespaces) == 0 {
		namespaces = []string{""}
	}
	rights := append(rightsOf(c.clusterRules(), ""), c.operatorRights()...)
	for _, namespace := range namespaces {
		rights = append(rights, rightsOf(c.rules(), namespace)...)
	}
	return rights
}

func rightsOf(rules map[string][]string, namespace string) []Right {
	var rights []Right
	for resource, verbs := range rules {
		for _, verb := range verbs {
			rights = append(rights, Right{Verb: verb, Resource: resource, Namespace: namespace})
		}
	}
	return rights
}

// indispensable reports whether nothing works without a right. Without another right, what needs it fails, and the objects say so.
func (r Right) indispensable() bool {
	switch r.Resource {
	case "secrets":
		return r.Name != "" || isForWatching(r)
	case "configmaps":
		return isForWatching(r)
	case leases:
		return r.Verb != "create"
	default:
		return strings.Contains(r.Resource, "."+v1alpha1.GroupVersion.Group)
	}
}

// attributes are how the API server is asked for the right.
func (r Right) attributes() *authorizationv1.ResourceAttributes {
	name, subresource, _ := strings.Cut(r.Resource, "/")
	// A group holds dots, and a resource holds none.
	resource, group, _ := strings.Cut(name, ".")
	return &authorizationv1.ResourceAttributes{
		Namespace: r.Namespace, Verb: r.Verb, Group: group, Resource: resource, Subresource: subresource, Name: r.Name,
	}
}

// describe lists rights: the verbs of one resource and namespace together, and the namespaces in which the same verbs are missing.
func describe(rights []Right) string {
	verbs := map[Right][]string{}
	for _, r := range rights {
		of := Right{Resource: r.Resource, Namespace: r.Namespace}
		verbs[of] = append(verbs[of], r.Verb)
	}
	namespaces := map[string][]string{}
	for of, list := range verbs {
		slices.Sort(list)
		list = slices.Compact(list)
		what := conjoin(list) + " " + of.Resource
		namespaces[what] = append(namespaces[what], of.Namespace)
	}
	var all []string
	for what, in := range namespaces {
		all = append(all, what+" "+place(in))
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

// maxNamespaces is how many namespaces a message names.
const maxNamespaces = 5

func place(namespaces []string) string {
	slices.Sort(namespaces)
	switch n := len(namespaces); {
	case namespaces[0] == "":
		return "in all namespaces"
	case n == 1:
		return "in namespace " + namespaces[0]
	case n > maxNamespaces:
		return fmt.Sprintf("in namespaces %s and %d more", strings.Join(namespaces[:maxNamespaces], ", "), n-maxNamespaces)
	default:
		return "in namespaces " + conjoin(namespaces)
	}
}

// conjoin joins words as a sentence does.
func conjoin(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
