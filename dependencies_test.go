// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestBinaryStaysSmall keeps packages out of the operator's binary that made it 20 MB larger. Most of a binary is in memory, and
// all of it is searched for vulnerabilities.
func TestBinaryStaysSmall(t *testing.T) {
	t.Parallel()
	listed, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	dependencies := strings.Fields(string(listed))
	if !slices.Contains(dependencies, "sigs.k8s.io/controller-runtime/pkg/manager") {
		t.Fatalf("the list of dependencies lacks one that the operator certainly has:\n%s", listed)
	}
	for unwanted, why := range map[string]string{
		"github.com/clerk-operator/clerk-operator/internal/preview": "a preview simulates Clerk, which only kubectl-clerk does",
		"text/template":                "with templates, the linker keeps every exported method of every type, since a template could call it by name",
		"html/template":                "see text/template",
		"github.com/google/cel-go/cel": "no expression is evaluated in this process",
		"github.com/clerk-operator/clerk-operator/internal/reasons":    "it is for the documentation and the plugin",
		"github.com/clerk-operator/clerk-operator/internal/plugin/cli": "it is for the plugin",
		"github.com/spf13/cobra":                   "the operator has no subcommands; the plugin has",
		"k8s.io/cli-runtime/pkg/genericclioptions": "it links kustomize and templates; it is for the plugin",
		"sigs.k8s.io/kustomize/api/krusty":         "it is for the plugin",
		"google.golang.org/grpc":                   "nothing here speaks gRPC",
		"k8s.io/apiserver/pkg/server":              "it links gRPC, CEL and templates; internal/metricsaccess reviews who reads metrics",
	} {
		if slices.Contains(dependencies, unwanted) {
			t.Errorf("the operator links %s: %s (go list -deps -json says who imports it)", unwanted, why)
		}
	}
}
