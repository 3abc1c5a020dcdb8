// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// TestOpenShift renders the chart with the flags of the documentation by which OpenShift chooses the user of the pod. All else stays
// restricted.
func TestOpenShift(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(place(t, "docs", "how-to", "configure.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## OpenShift\n")
	flags := regexp.MustCompile("`(--set podSecurityContext[^`]*)`").FindStringSubmatch(section)
	if flags == nil {
		t.Fatal("the documentation names no flags")
	}
	args := append([]string{"template", release, chartPlace(t), "--show-only", "templates/deployment.yaml"}, strings.Fields(flags[1])...)
	deployment, err := decode(helm(t, args...))
	if err != nil {
		t.Fatal(err)
	}
	pod, _, err := unstructured.NestedMap(deployment.Object, "spec", "template", "spec", "securityContext")
	if err != nil {
		t.Fatal(err)
	}
	_, user := pod["runAsUser"]
	_, group := pod["runAsGroup"]
	if user || group || pod["runAsNonRoot"] != true || pod["seccompProfile"] == nil {
		t.Errorf("the security context of the pod is %v", pod)
	}
}
