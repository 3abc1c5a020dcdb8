// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"maps"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// settings are the keys that the operator's kinds need in argocd-cm, from the merge patch.
func settings(t testing.TB) map[string]string {
	t.Helper()
	patch := corev1.ConfigMap{}
	readTests(t, place(t, "gitops", "argocd", "argocd-cm-patch.yaml"), &patch)
	return patch.Data
}

// TestSettingsHaveEveryScript reads the scripts back from the merge patch, as Argo CD does, and compares the Helm values with it.
func TestSettingsHaveEveryScript(t *testing.T) {
	t.Parallel()
	data := settings(t)
	values := struct {
		Configs struct {
			CM map[string]string `json:"cm"`
		} `json:"configs"`
	}{}
	readTests(t, place(t, "gitops", "argocd", "values.yaml"), &values)
	if diff := cmp.Diff(data, values.Configs.CM); diff != "" {
		t.Errorf("the merge patch and the Helm values differ:\n%s", diff)
	}
	want := map[string]string{}
	for _, kind := range kinds() {
		want["resource.customizations.health.clerk-operator.io_"+kind] = readFile(t, scripts(t, kind, "health.lua"))
		key := "resource.customizations.actions.clerk-operator.io_" + kind
		want[key] = data[key]
		checkActions(t, kind, data[key])
	}
	if diff := cmp.Diff(want, data); diff != "" {
		t.Errorf("keys of argocd-cm (-want +got):\n%s", diff)
	}
}

// checkActions compares the actions in a key of argocd-cm with those of the tests of the kind's actions.
func checkActions(t *testing.T, kind, document string) {
	t.Helper()
	got := struct {
		Discovery   string `json:"discovery.lua"`
		Definitions []struct {
			Name   string `json:"name"`
			Script string `json:"action.lua"`
		} `json:"definitions"`
	}{}
	unmarshal(t, document, &got)
	if got.Discovery != readFile(t, scripts(t, kind, "actions", "discovery.lua")) {
		t.Errorf("%s has another discovery.lua in argocd-cm", kind)
	}
	all := actionTests{}
	readTests(t, scripts(t, kind, "actions", "action_test.yaml"), &all)
	want, have := map[string]string{}, map[string]string{}
	for _, one := range all.ActionTests {
		want[one.Action] = readFile(t, scripts(t, kind, "actions", one.Action, "action.lua"))
	}
	for _, one := range got.Definitions {
		have[one.Name] = one.Script
	}
	if diff := cmp.Diff(want, have); diff != "" {
		t.Errorf("actions of %s in argocd-cm (-want +got):\n%s", kind, diff)
	}
}

// TestPatchKeepsOtherSettings applies the merge patch twice to a ConfigMap with other settings, with the documented command.
func TestPatchKeepsOtherSettings(t *testing.T) {
	t.Parallel()
	c, err := client.New(controlplane.Config(t), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	namespace := controlplane.Namespace(t)
	others := map[string]string{
		"url": "https://argocd.example.com",
		"resource.customizations.health.example.com_Thing": "return {status = \"Healthy\"}\n",
	}
	existing := &corev1.ConfigMap{Data: maps.Clone(others)}
	existing.Namespace, existing.Name = namespace, "argocd-cm"
	// The health check of an earlier version of the documentation.
	existing.Data["resource.customizations.health.clerk-operator.io_ClerkUser"] = "return {}\n"
	if err := c.Create(t.Context(), existing); err != nil {
		t.Fatal(err)
	}
	want := maps.Clone(others)
	maps.Copy(want, settings(t))
	for _, time := range []string{"first", "second"} {
		command := exec.CommandContext(t.Context(), controlplane.Kubectl(t), "--kubeconfig", controlplane.Kubeconfig(t),
			"patch", "configmap", "argocd-cm", "-n", namespace, "--type", "merge",
			"--patch-file", place(t, "gitops", "argocd", "argocd-cm-patch.yaml"))
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		got := &corev1.ConfigMap{}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(existing), got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Data); diff != "" {
			t.Errorf("argocd-cm after the %s patch (-want +got):\n%s", time, diff)
		}
	}
}
