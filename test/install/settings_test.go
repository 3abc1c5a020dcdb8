// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/manager"
)

// kustomization is the one of the documentation without settings.
const kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../config/default\n"

// trySettings adds each setting of the documentation to a kustomization, and has the API server say whether it would accept the
// result, pods included.
func (c *cluster) trySettings() {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.checkout, "ca.crt"), c.clerk.Authority, 0o600); err != nil {
		c.t.Fatal(err)
	}
	plain := c.renderedBy(kustomization)
	found := 0
	for _, heading := range settings(c) {
		for _, block := range fence.FindAllStringSubmatch(section(c.t, settingsPage, heading), -1) {
			switch block[1] {
			case "sh":
				c.shell(block[2], "")
			case "yaml":
				found++
				if c.renderedBy(kustomization+block[2]) == plain {
					c.t.Errorf("the setting below %q changes nothing", heading)
				}
				c.tryPod(heading)
			}
		}
	}
	if found < 8 {
		c.t.Errorf("only %d settings were found", found)
	}
}

// settings returns the headings of the page whose blocks are for a kustomization like that of the installation.
func settings(c *cluster) []string {
	c.t.Helper()
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^## (.*)$`).FindAllStringSubmatch(read(c.t, settingsPage), -1) {
		// Another namespace takes a kustomization of its own, which test/manifests renders.
		if heading[1] != "Another namespace" {
			found = append(found, heading[1])
		}
	}
	return found
}

// renderedBy returns what a kustomization in the directory "setting" of the checkout renders.
func (c *cluster) renderedBy(text string) string {
	c.t.Helper()
	place := filepath.Join(c.checkout, "setting")
	if err := os.MkdirAll(place, 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(place, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return c.shell("kubectl kustomize setting", "")
}

// tryPod applies the kustomization and lets the pod of its Deployment in, both for show.
func (c *cluster) tryPod(heading string) {
	c.t.Helper()
	for _, o := range c.objectsOf("kubectl apply --server-side --dry-run=server -k setting -o json") {
		if o.GetKind() != "Deployment" {
			continue
		}
		deployment := &appsv1.Deployment{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, deployment); err != nil {
			c.t.Fatal(err)
		}
		container := deployment.Spec.Template.Spec.Containers[0]
		// The manager reads all flags before it shows its help.
		help := exec.CommandContext(c.t.Context(), manager.Path(), append(container.Args, "--help")...)
		if output, err := help.CombinedOutput(); err != nil {
			c.t.Errorf("the flags with the setting below %q: %v: %s", heading, err, output)
		}
		want := fmt.Sprintf("%dMiB", container.Resources.Limits.Memory().Value()*9/10>>20)
		if i := slices.IndexFunc(container.Env, func(v corev1.EnvVar) bool { return v.Name == "GOMEMLIMIT" }); i < 0 || container.Env[i].Value != want {
			c.t.Errorf("with the setting below %q, GOMEMLIMIT is not %s, which is 90 %% of the memory limit", heading, want)
		}
		pod := &corev1.Pod{ObjectMeta: deployment.Spec.Template.ObjectMeta, Spec: deployment.Spec.Template.Spec}
		pod.Namespace, pod.Name = namespace, fmt.Sprintf("setting-%d", len(heading))
		if err := c.client.Create(c.t.Context(), pod, client.DryRunAll); err != nil {
			c.t.Errorf("the pod with the setting below %q: %v", heading, err)
		}
	}
}
