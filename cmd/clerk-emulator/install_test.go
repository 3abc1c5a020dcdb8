// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

const (
	modulePath    = "github.com/clerk-operator/clerk-operator"
	moduleVersion = "v1.98.7"
)

// TestGoInstall installs the emulator as somebody does who has no checkout: from a module proxy, in an empty directory.
// docs/how-to/test-with-the-emulator.md has the command.
func TestGoInstall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("installing compiles the emulator, and -short is set")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	cache := said(t, root, nil, "go", "env", "GOMODCACHE")
	bin, modules := t.TempDir(), t.TempDir()
	environment := []string{
		"GOBIN=" + bin, "GOMODCACHE=" + modules, "GOPATH=" + t.TempDir(), "GOWORK=off", "GOSUMDB=off", "CGO_ENABLED=0",
		// The paths of the new cache of modules would have everything compiled anew. Its files are to be removable.
		"GOFLAGS=-mod=mod -trimpath -modcacherw",
		// What the emulator is built from is in the cache, since it is what this test is built from.
		"GOPROXY=file://" + published(t, root) + ",file://" + filepath.Join(cache, "cache", "download") + ",off",
	}
	said(t, t.TempDir(), environment, "go", "install", modulePath+"/cmd/clerk-emulator@latest")
	got := said(t, t.TempDir(), nil, filepath.Join(bin, "clerk-emulator"), "--version")
	if want := "clerk-emulator " + moduleVersion + " (revision unknown, " + runtime.Version() + ")"; got != want {
		t.Errorf("the installed program says %q, want %q", got, want)
	}
}

// published returns the directory of a proxy that has this checkout as its only version.
func published(t *testing.T, root string) string {
	t.Helper()
	proxy := t.TempDir()
	versions := filepath.Join(proxy, filepath.FromSlash(modulePath), "@v")
	if err := os.MkdirAll(versions, 0o700); err != nil {
		t.Fatal(err)
	}
	var files []zip.File
	for name := range strings.SplitSeq(said(t, root, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), "\x00") {
		// A file that is removed and not committed yet is still listed.
		if _, err := os.Lstat(filepath.Join(root, name)); name != "" && err == nil {
			files = append(files, checkoutFile{root, name})
		}
	}
	var archive bytes.Buffer
	if err := zip.Create(&archive, module.Version{Path: modulePath, Version: moduleVersion}, files); err != nil {
		t.Fatalf("packing the checkout as a module: %v", err)
	}
	definition, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"list":                  []byte(moduleVersion + "\n"),
		moduleVersion + ".info": []byte(`{"Version":"` + moduleVersion + `"}`),
		moduleVersion + ".mod":  definition,
		moduleVersion + ".zip":  archive.Bytes(),
	} {
		if err := os.WriteFile(filepath.Join(versions, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.ToSlash(proxy)
}

// checkoutFile is a file of the checkout by its path with slashes.
type checkoutFile struct{ root, name string }

func (f checkoutFile) Path() string                 { return f.name }
func (f checkoutFile) Lstat() (os.FileInfo, error)  { return os.Lstat(filepath.Join(f.root, f.name)) }
func (f checkoutFile) Open() (io.ReadCloser, error) { return os.Open(filepath.Join(f.root, f.name)) }

// said runs a program in a directory, with more variables, and returns what it prints on standard output.
func said(t *testing.T, directory string, environment []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = directory, append(os.Environ(), environment...)
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, problem.String())
	}
	return strings.TrimSpace(string(out))
}
