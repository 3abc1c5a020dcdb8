// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestDiffOfLabelsOfANamespace labels a namespace that exists, so that the ClerkInstance admits it.
func TestDiffOfLabelsOfANamespace(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     new(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"clerk": "yes"}},
		}
	})
	elsewhere := controlplane.Namespace(t)
	user := "apiVersion: clerk-operator.io/v1alpha1\nkind: ClerkUser\nmetadata: {name: anna, namespace: " + elsewhere + "}\n" +
		"spec: {username: anna, instanceRef: {name: default, namespace: " + env.namespace + "}}\n"
	namespace := "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: " + elsewhere + ", labels: {clerk: LABEL}}\n"
	flags := []string{"diff", "-f", "-", "--allowed-api-hosts", env.url, "--operator-namespace", env.namespace}
	change := may("clerkusers")
	change.Verbs = append(change.Verbs, "create")
	for name, tc := range map[string]struct {
		in, out, errOut string
		code            int
		flags           []string
	}{
		"Unchanged": {in: user, out: "Ready: False, NotAllowed: ", code: 1},
		"Labelled":  {in: user + strings.Replace(namespace, "LABEL", `"yes"`, 1), out: "  create_user (POST /users)\n", code: 1},
		"Refused": {
			in: user + strings.Replace(namespace, "LABEL", `"not a label"`, 1), out: "Namespace " + elsewhere + " (standard input) is refused\n", code: 2,
		},
		"Forbidden": {
			in:  strings.ReplaceAll(user, "namespace: "+elsewhere, "namespace: "+env.namespace) + strings.Replace(namespace, "LABEL", `"yes"`, 1),
			out: "  create_user (POST /users)\n", code: 1, errOut: "note: Namespace " + elsewhere + ": you may not change it",
			flags: append(env.tenant(change, may("clerkinstances"), rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"get"}}), "--cluster-id", "c"),
		},
	} {
		r := env.runIn(tc.in, nil, append(flags, tc.flags...)...)
		if r.code != tc.code || !strings.Contains(r.out, tc.out) || !strings.Contains(r.errOut, tc.errOut) {
			t.Errorf("%s: exit code %d\n%s\n%s", name, r.code, r.out, r.errOut)
		}
	}
}

// TestDiffBesideAnUnusableInstance has a ClerkInstance that the operator cannot use beside one that it can.
func TestDiffBesideAnUnusableInstance(t *testing.T) {
	env := newEnvironment(t)
	other := env.server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_live_another_of_" + env.namespace}})
	const id = "ins_2abcdefghijklmnopqrstuvwxyz0"
	for name, tc := range map[string]struct{ key, says string }{
		"unaccepted": {"sk_live_" + leakMarker, "the key of Secret HERE/unaccepted is not accepted"},
		"no-key":     {leakMarker, "entry secret-key of Secret HERE/no-key is missing or not a secret key"},
		"another":    {other.Key(), "Secret HERE/another has a key of Clerk instance " + other.ID() + ", and ClerkInstance HERE/another is for " + id},
	} {
		env.create(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name}, Data: map[string][]byte{v1alpha1.DefaultSecretKey: []byte(tc.key)},
		})
		instance := env.instance(name)
		instance.Spec.SecretKeyRef.Name = name
		if name == "another" {
			instance.Spec.InstanceID = new(id)
		}
		env.create(instance)
		files := newManifests(t)
		files.user("anna", "{username: anna, instanceRef: {name: "+name+"}}")
		files.user("bert", "{username: bert}")
		r := env.diff("-f", files.dir)
		if out := env.anonymous(r.out); r.code != 1 || !strings.Contains(out, "ClerkUser HERE/bert → new user\n") ||
			!strings.Contains(out, "ClerkUser HERE/anna\n  Ready: False, InstanceNotReady: ") || !strings.Contains(out, tc.says) {
			t.Errorf("%s: exit code %d\n%s\n%s", name, r.code, out, r.errOut)
		}
	}
}

// TestDiffOfADeletedInstance leaves a ClerkInstance out of the manifests.
func TestDiffOfADeletedInstance(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) { i.Labels = map[string]string{"team": "a"} })
	files := newManifests(t)
	files.user("anna", "{username: anna}")
	const note = "note: ClerkInstance HERE/default: --prune deletes it; the operator keeps it until no ClerkUser uses it\n"
	if r := env.diff("-f", files.dir, "--prune", "-l", "team=a"); !strings.Contains(env.anonymous(r.errOut), note) {
		t.Errorf("exit code %d\n%s\n%s", r.code, r.out, r.errOut)
	}
}
