// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package rbac

import (
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const config = "../../../config"

// TestEveryRoleIsOnThePage fails for a role in config/ that nobody explains, and for a right without a reason.
func TestEveryRoleIsOnThePage(t *testing.T) {
	t.Parallel()
	if _, err := page(os.DirFS(config)); err != nil {
		t.Error(err)
	}
	var explained []string
	for _, r := range slices.Concat(operators(), namespaced(), people(), readers()) {
		explained = append(explained, r.file)
	}
	found := 0
	err := fs.WalkDir(os.DirFS(config), ".", func(name string, _ fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" {
			return err
		}
		text, err := os.ReadFile(path.Join(config, name))
		if !strings.Contains(string(text), "kind: Role\n") && !strings.Contains(string(text), "kind: ClusterRole\n") || !strings.Contains(string(text), "\nrules:") {
			return err
		}
		if found++; !slices.Contains(explained, name) {
			t.Errorf("config/%s has a role that nobody explains", name)
		}
		return err
	})
	if err != nil || found != len(explained) {
		t.Errorf("%d files with roles were found, and %d are explained (%v)", found, len(explained), err)
	}
}

func TestReasonsAndRightsAreCompared(t *testing.T) {
	t.Parallel()
	const role = "kind: Role\nrules:\n- apiGroups: [\"\"]\n  resources: [secrets, pods/log]\n  verbs: [get]\n- nonResourceURLs: [/a]\n  verbs: [get]\n"
	found, err := read(fstest.MapFS{"a.yaml": {Data: []byte("kind: Service\n---\n" + role)}}, "a.yaml")
	if err != nil {
		t.Fatal(err)
	}
	all := to(words("get"), words("secrets", "pods/log", "/a"), "")
	for name, tc := range map[string]struct {
		reasons []reason
		want    string
	}{
		"Fits":       {[]reason{all}, ""},
		"NoReason":   {[]reason{to(words("get"), words("secrets", "/a"), "")}, "no reason for the right to get pods/log"},
		"NoRight":    {[]reason{all, to(words("list"), words("secrets"), "")}, "the right to list secrets, which the role does not have"},
		"TwoReasons": {[]reason{all, to(words("get"), words("/a"), "")}, "two reasons for the right to get /a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := compare(found.Rules, tc.reasons)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q", err, tc.want)
			}
		})
	}
}
