// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package assets

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestCache(t *testing.T) {
	cases := map[string]struct{ xdg, home, want string }{
		"XDGCacheHomeComesFirst":    {xdg: "/x", home: "/h", want: "/x/clerk-operator"},
		"HomeServesWithoutXDG":      {home: "/h", want: "/h/.cache/clerk-operator"},
		"RelativeXDGIsIgnored":      {xdg: "x", home: "/h", want: "/h/.cache/clerk-operator"},
		"CheckoutServesWithoutHome": {want: "/root/.cache/clerk-operator"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", tc.xdg)
			t.Setenv("HOME", tc.home)
			if got := Cache("/root"); got != tc.want {
				t.Errorf("Cache() = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDirectoryIsNamedByThePinnedVersionAndThePlatform(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", "/x")
	got, err := Directory(root)
	if err != nil {
		t.Fatal(err)
	}
	version, err := Version(root)
	if err != nil {
		t.Fatal(err)
	}
	want := "/x/clerk-operator/controlplane/" + version + "-" + runtime.GOOS + "-" + runtime.GOARCH
	if got != want || !strings.HasPrefix(version, "v1.") {
		t.Errorf("Directory() = %q, want %q", got, want)
	}
}

func TestFindNamesTheRemedy(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Variable, dir)
	for _, name := range Basic() {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := Find(Basic()...); err != nil || got != dir {
		t.Errorf("Find(basic) = %q, %v, want %q", got, err, dir)
	}
	_, err := Find(ControllerManager)
	if err == nil || !strings.Contains(err.Error(), "make kube-controller-manager") {
		t.Errorf("Find(controller manager) = %v, want an error that names the make target", err)
	}
	if err := os.Remove(filepath.Join(dir, Etcd)); err != nil {
		t.Fatal(err)
	}
	_, err = Find(Basic()...)
	if err == nil || !strings.Contains(err.Error(), "make controlplane") || !strings.Contains(err.Error(), "etcd") {
		t.Errorf("Find(basic) = %v, want an error that names etcd and the make target", err)
	}
}

func TestAboveIsTheNearestAndTheLastName(t *testing.T) {
	above := t.TempDir()
	root := filepath.Join(above, "code", "operator")
	put := func(name string) string {
		t.Helper()
		path := filepath.Join(above, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	put("code/operator/kept/inside.txt")
	wants := func(want ...string) {
		t.Helper()
		if got, err := Above(root, "kept/*.txt"); err != nil || !slices.Equal(got, want) {
			t.Errorf("Above() = %v, %v, want %v", got, err, want)
		}
	}
	wants()
	first := put("kept/2026-01-01.txt")
	wants(first)
	wants(put("kept/2026-02-01.txt"), first)
	if err := os.MkdirAll(filepath.Join(above, "code", "kept", "directory.txt"), 0o755); err != nil {
		t.Fatal(err)
	}
	wants(filepath.Join(above, "kept/2026-02-01.txt"), first)
	wants(put("code/kept/a.txt"))
	if _, err := Above(root, "["); err == nil {
		t.Error("a wrong pattern was accepted")
	}
}
