// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/requirements"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// TestStartAsksForTheShippedRights has the check at the start ask for every right that is shipped, and for no other.
func TestStartAsksForTheShippedRights(t *testing.T) {
	t.Parallel()
	account := rights.Shipped(t).In(controlplane.Namespace(t))
	var want []string
	for _, r := range account.Rights() {
		right := strings.TrimSuffix(r.String(), " in the operator's namespace")
		if !r.Cluster {
			right += " " + account.Namespace
		}
		want = append(want, right)
	}
	// The ClusterRole grants them in the operator's namespace, too.
	want = append(want, "create secrets "+account.Namespace, "get secrets "+account.Namespace)
	var got []string
	missing, ok := errors.AsType[*requirements.MissingRightsError](checkStart(t, account.Config(controlplane.Config(t)), account.Namespace))
	if !ok {
		t.Fatal("an account without rights lacks none")
	}
	for _, r := range missing.Rights {
		got = append(got, strings.TrimSpace(r.Verb+" "+r.Resource+" "+r.Namespace))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(slices.Compact(want), got) {
		t.Errorf("the check asks for\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	account.Grant(t, controlplane.Config(t))
	if err := checkStart(t, account.Config(controlplane.Config(t)), account.Namespace); err != nil {
		t.Errorf("with the shipped rights: %v", err)
	}
}

// TestStartWithSecretsByName has a Role that grants the Secrets of ClerkInstances and the operator's own by their names, and neither
// Events nor ConfigMaps. The operator starts with it.
func TestStartWithSecretsByName(t *testing.T) {
	t.Parallel()
	account := rights.Shipped(t).In(controlplane.Namespace(t))
	for _, r := range account.Rights() {
		if slices.Contains([]string{"configmaps", "events", "secrets"}, r.Resource) {
			account = account.Without(r)
		}
	}
	account.Grant(t, controlplane.Config(t))
	start := func(patience time.Duration) error {
		return newChecker(t, account.Config(controlplane.Config(t)), account.Namespace).Wait(t.Context(), patience)
	}
	if _, missing := errors.AsType[*requirements.MissingRightsError](start(0)); !missing {
		t.Error("it starts without its own Secret")
	}
	admin, err := client.New(controlplane.Config(t), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	named := metav1.ObjectMeta{Namespace: account.Namespace, Name: "secrets-by-name"}
	for _, o := range []client.Object{
		&rbacv1.Role{ObjectMeta: named, Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}, ResourceNames: []string{"clerk", binding.SecretName},
		}}},
		&rbacv1.RoleBinding{
			ObjectMeta: named, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: named.Name},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: account.Namespace, Name: account.Name}},
		},
	} {
		if err := admin.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if err := start(requirements.Patience); err != nil {
		t.Errorf("with Secrets by name: %v", err)
	}
}

// checkStart checks what an operator needs that does what the shipped one does.
func checkStart(t *testing.T, api *rest.Config, namespace string) error {
	t.Helper()
	return newChecker(t, api, namespace).Wait(t.Context(), 0)
}

func newChecker(t *testing.T, api *rest.Config, namespace string) *requirements.Checker {
	t.Helper()
	checker, err := requirements.NewChecker(api, requirements.Config{
		OperatorNamespace: namespace, LeaderElection: true, Metrics: true,
	}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	return checker
}

// TestStartAsksForTheRightsOfTheNamespacedMode has the check at the start ask in a watched namespace for the rights that
// config/namespaced gives there.
func TestStartAsksForTheRightsOfTheNamespacedMode(t *testing.T) {
	t.Parallel()
	account := rights.Shipped(t).In(controlplane.Namespace(t))
	checker, err := requirements.NewChecker(account.Config(controlplane.Config(t)), requirements.Config{
		OperatorNamespace: account.Namespace, WatchNamespaces: []string{"team-a"},
	}, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	missing, ok := errors.AsType[*requirements.MissingRightsError](checker.Wait(t.Context(), 0))
	if !ok {
		t.Fatal("an account without rights lacks none")
	}
	got := map[string][]string{}
	for _, r := range missing.Rights {
		// The ClusterRole gives the right to read Namespaces.
		if r.Namespace != "team-a" && r.Resource != "namespaces" {
			continue
		}
		name, sub, found := strings.Cut(r.Resource, "/")
		resource, group, _ := strings.Cut(name, ".")
		key := group + "/" + resource
		if found {
			key += "/" + sub
		}
		got[key] = append(got[key], r.Verb)
		slices.Sort(got[key])
	}
	role := only[*rbacv1.Role](t, overlay(t, "namespace: team-a\nresources: [CONFIG/namespaced/watched]\n"))
	want := verbs(t, append(managerRules(t, overlay(t, "resources: [CONFIG/namespaced]\n")), role.Rules...))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rights in a watched namespace (-granted +asked for):\n%s", diff)
	}
}
