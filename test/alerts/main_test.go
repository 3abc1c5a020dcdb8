// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// ruleFile is a rule file of Prometheus. The tests need no other fields.
type ruleFile struct {
	Groups []struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	} `json:"groups"`
}

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

// place is a file of the repository.
func place(t testing.TB, below ...string) string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(append([]string{root}, below...)...)
}

func read(t testing.TB, below ...string) string {
	t.Helper()
	text, err := os.ReadFile(place(t, below...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// rules are those of the one group of config/prometheus/rules.yaml.
func rules(t testing.TB) []rule {
	t.Helper()
	var f ruleFile
	if err := yaml.UnmarshalStrict([]byte(read(t, "config", "prometheus", "rules.yaml")), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Groups) != 1 || f.Groups[0].Name != "clerk-operator" {
		t.Fatalf("the groups are %+v", f.Groups)
	}
	return f.Groups[0].Rules
}

// promtool runs promtool and returns what it prints.
func promtool(t testing.TB, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil {
		notchecked.Skip(t, "the alerts were not tested: promtool is not installed (on Debian: apt-get install prometheus)")
	}
	text, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	return string(text), err
}
