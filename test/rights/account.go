// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// Account is a ServiceAccount and its roles.
type Account struct {
	// Namespace is the operator's own namespace.
	Namespace string
	// Name is the name of the ServiceAccount.
	Name string
	// Roles are what is bound to it.
	Roles []Role
}

// Role is a Role in the operator's namespace or in watched namespaces, or a ClusterRole.
type Role struct {
	Name string
	// Cluster is true for a ClusterRole that is bound in the whole cluster.
	Cluster bool
	// Watched are the namespaces of a Role; none means the operator's namespace.
	Watched []string
	// Rules are the rights, each rule with one verb on one resource.
	Rules []rbacv1.PolicyRule
}

// Shipped returns the operator's account with the rights that "kubectl apply -k config/default" gives to it.
func Shipped(t testing.TB) Account {
	t.Helper()
	return rendered(t, "default").account(t)
}

// ReadShipped is Shipped for programs that are no tests, and also returns an account with the rights to read metrics that
// config/default has for Prometheus. That account still needs a namespace and a name. kubectl is the path of kubectl.
func ReadShipped(ctx context.Context, kubectl string) (operator, reader Account, err error) {
	m, err := render(ctx, kubectl, "default")
	if err != nil {
		return operator, reader, err
	}
	const role = "clerk-operator-metrics-reader"
	reader.Roles = []Role{{Name: role, Cluster: true, Rules: single(m.clusterRoles[role])}}
	if len(m.clusterRoles[role]) == 0 {
		return operator, reader, fmt.Errorf("config/default has no ClusterRole %s", role)
	}
	operator, err = m.operator()
	return operator, reader, err
}

// Namespaced returns the operator's account with the rights that config/namespaced gives to it, and with those that --watch-secrets
// needs. Watching names the watched namespaces.
func Namespaced(t testing.TB) Account {
	t.Helper()
	a, m := rendered(t, "namespaced").account(t), rendered(t, "namespaced", "watched")
	self := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: a.Namespace, Name: a.Name}
	for _, b := range m.bindings {
		if !slices.Contains(b.Subjects, self) {
			t.Fatalf("RoleBinding %s of config/namespaced/watched is for %v", b.Name, b.Subjects)
		}
		rules := append(slices.Clone(m.roles[b.RoleRef.Name]), WatchSecretsRule())
		a.Roles = append(a.Roles, Role{Name: b.RoleRef.Name, Watched: []string{a.Namespace}, Rules: single(rules)})
	}
	return a
}

// MetricsReader returns the ClusterRole for readers of metrics that a kustomization of config has and binds to nobody.
func MetricsReader(t testing.TB, kustomization string) Role {
	t.Helper()
	const name = "clerk-operator-metrics-reader"
	m := rendered(t, kustomization)
	rules, found := m.clusterRoles[name]
	if !found {
		t.Fatalf("config/%s has no ClusterRole %s", kustomization, name)
	}
	for _, b := range m.clusterBindings {
		if b.RoleRef.Name == name {
			t.Fatalf("config/%s binds %s to %v", kustomization, name, b.Subjects)
		}
	}
	return Role{Name: name, Cluster: true, Rules: rules}
}

// WatchSecretsRule is what --watch-secrets needs.
func WatchSecretsRule() rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets", "configmaps"}, Verbs: []string{"list", "watch"}}
}

// account returns the account with the roles that are bound to it.
func (m manifests) account(t testing.TB) Account {
	t.Helper()
	a, err := m.operator()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// operator returns the only account with the roles that are bound to it.
func (m manifests) operator() (Account, error) {
	if len(m.accounts) != 1 {
		return Account{}, fmt.Errorf("config holds %d ServiceAccounts, want 1", len(m.accounts))
	}
	a := Account{Namespace: m.accounts[0].Namespace, Name: m.accounts[0].Name}
	self := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: a.Namespace, Name: a.Name}
	for _, b := range m.clusterBindings {
		if slices.Contains(b.Subjects, self) {
			a.Roles = append(a.Roles, Role{Name: b.RoleRef.Name, Cluster: true, Rules: single(m.clusterRoles[b.RoleRef.Name])})
		}
	}
	for _, b := range m.bindings {
		if !slices.Contains(b.Subjects, self) {
			continue
		}
		if b.RoleRef.Kind != "Role" || b.Namespace != a.Namespace {
			return a, fmt.Errorf("RoleBinding %s/%s is of a sort that this package does not know", b.Namespace, b.Name)
		}
		a.Roles = append(a.Roles, Role{Name: b.RoleRef.Name, Rules: single(m.roles[b.RoleRef.Name])})
	}
	if len(a.Rights()) == 0 {
		return a, errors.New("config gives no rights to the operator")
	}
	return a, nil
}

// single splits rules into rules with one verb on one resource.
func single(rules []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var all []rbacv1.PolicyRule
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, verb := range rule.Verbs {
					all = append(all, rbacv1.PolicyRule{
						APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}, ResourceNames: rule.ResourceNames,
					})
				}
			}
		}
		for _, url := range rule.NonResourceURLs {
			all = append(all, rbacv1.PolicyRule{NonResourceURLs: []string{url}, Verbs: rule.Verbs})
		}
	}
	return all
}

// In returns the account of an installation in another namespace of the same cluster.
func (a Account) In(namespace string) Account {
	a.Roles = slices.Clone(a.Roles)
	for i := range a.Roles {
		if a.Roles[i].Cluster {
			a.Roles[i].Name = namespace + ":" + a.Roles[i].Name
		}
	}
	a.Namespace = namespace
	return a
}

// Watching returns the account of an installation that watches these namespaces. It differs only if the account has Roles there.
func (a Account) Watching(namespaces ...string) Account {
	a.Roles = slices.Clone(a.Roles)
	for i := range a.Roles {
		if len(a.Roles[i].Watched) > 0 {
			a.Roles[i].Watched = slices.Clone(namespaces)
		}
	}
	return a
}

// With returns the account with a ClusterRole more.
func (a Account) With(name string, rules ...rbacv1.PolicyRule) Account {
	a.Roles = append(slices.Clone(a.Roles), Role{Name: a.Namespace + ":" + name, Cluster: true, Rules: single(rules)})
	return a
}

// User is the name under which the API server knows the account.
func (a Account) User() string {
	return fmt.Sprintf("system:serviceaccount:%s:%s", a.Namespace, a.Name)
}

// Config returns a configuration that acts as the account, from one that may impersonate it.
func (a Account) Config(admin *rest.Config) *rest.Config {
	config := rest.CopyConfig(admin)
	config.Impersonate = rest.ImpersonationConfig{UserName: a.User()}
	return config
}

// manifests are the objects of a kustomization that give rights.
type manifests struct {
	accounts        []*corev1.ServiceAccount
	clusterRoles    map[string][]rbacv1.PolicyRule
	roles           map[string][]rbacv1.PolicyRule
	clusterBindings []*rbacv1.ClusterRoleBinding
	bindings        []*rbacv1.RoleBinding
}

// rendered renders a kustomization below config.
func rendered(t testing.TB, below ...string) manifests {
	t.Helper()
	m, err := render(t.Context(), controlplane.Kubectl(t), below...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// render renders a kustomization below config.
func render(ctx context.Context, kubectl string, below ...string) (manifests, error) {
	m := manifests{clusterRoles: map[string][]rbacv1.PolicyRule{}, roles: map[string][]rbacv1.PolicyRule{}}
	root, err := assets.Root()
	if err != nil {
		return m, err
	}
	var complaints bytes.Buffer
	command := exec.CommandContext(ctx, kubectl, "kustomize", filepath.Join(append([]string{root, "config"}, below...)...))
	command.Stderr = &complaints
	text, err := command.Output()
	if err != nil {
		return m, fmt.Errorf("rendering %v of config: %w\n%s", below, err, complaints.String())
	}
	for _, document := range regexp.MustCompile(`(?m)^---\s*$`).Split(string(text), -1) {
		if !regexp.MustCompile(`(?m)^kind: (ServiceAccount|(Cluster)?Role(Binding)?)$`).MatchString(document) {
			continue
		}
		if err := m.add(document); err != nil {
			return m, fmt.Errorf("reading config: %w", err)
		}
	}
	return m, nil
}

func (m *manifests) add(document string) error {
	decoded, _, err := serializer.NewCodecFactory(scheme.Scheme).UniversalDeserializer().Decode([]byte(document), nil, nil)
	if err != nil {
		return err
	}
	switch o := decoded.(type) {
	case *corev1.ServiceAccount:
		m.accounts = append(m.accounts, o)
	case *rbacv1.ClusterRole:
		m.clusterRoles[o.Name] = o.Rules
	case *rbacv1.Role:
		m.roles[o.Name] = o.Rules
	case *rbacv1.ClusterRoleBinding:
		m.clusterBindings = append(m.clusterBindings, o)
	case *rbacv1.RoleBinding:
		m.bindings = append(m.bindings, o)
	}
	return nil
}
