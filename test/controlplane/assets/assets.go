// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package assets finds the control plane's binaries. It imports the standard library only, so that the program that
// makes them starts at once.
package assets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
)

// The names of the binaries.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	Kubectl           = "kubectl"
	ControllerManager = "kube-controller-manager"
)

// Variable names a directory with the binaries that takes precedence, as in controller-runtime's envtest.
const Variable = "KUBEBUILDER_ASSETS"

// Module is the directory, from the repository's root, of the module that pins the versions.
const Module = "hack/controlplane"

// Basic returns what every test and the demo need.
func Basic() []string { return []string{Etcd, APIServer, Kubectl} }

// Root returns the repository's root: the nearest directory, from the working directory upwards, with the module of the
// control plane. Outside the repository it returns an error.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the repository's root: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, Module, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("finding the repository's root: run this inside a checkout of clerk-operator")
		}
		dir = parent
	}
}

// Above returns the files that match a pattern of [fs.Glob], such as "shared/page-*.yml", below the nearest directory above
// the root that has one: what a developer keeps beside the checkout. The last name in alphabetical order comes first.
func Above(root, pattern string) ([]string, error) {
	for dir := filepath.Dir(root); ; dir = filepath.Dir(dir) {
		matches, err := fs.Glob(os.DirFS(dir), pattern)
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", pattern, err)
		}
		var files []string
		for _, match := range slices.Backward(matches) {
			path := filepath.Join(dir, match)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				files = append(files, path)
			}
		}
		if len(files) > 0 || dir == filepath.Dir(dir) {
			return files, nil
		}
	}
}

// Version returns the Kubernetes version that the module of the control plane pins, such as
// v1.37.2, given the repository's root.
func Version(root string) (string, error) { return pinned(root, "k8s.io/kubernetes") }

// EtcdVersion returns the etcd version that the module of the control plane pins.
func EtcdVersion(root string) (string, error) { return pinned(root, "go.etcd.io/etcd/server/v3") }

func pinned(root, module string) (string, error) {
	file := filepath.Join(root, Module, "go.mod")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the control plane's version: %w", err)
	}
	line := regexp.MustCompile(`(?m)^\s*(?:require\s+)?` + regexp.QuoteMeta(module) + `\s+(v\S+)`)
	found := line.FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("reading the control plane's version: %s does not require %s", file, module)
	}
	return string(found[1]), nil
}

// Cache returns the directory of this user's files of clerk-operator that all checkouts share: below XDG_CACHE_HOME, or
// below HOME/.cache, or in the checkout.
func Cache(root string) string {
	if dir := os.Getenv("XDG_CACHE_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "clerk-operator")
	}
	if home := os.Getenv("HOME"); filepath.IsAbs(home) {
		return filepath.Join(home, ".cache", "clerk-operator")
	}
	return filepath.Join(root, ".cache", "clerk-operator")
}

// Directory returns the directory for the binaries of the pinned version, whether or not they exist.
func Directory(root string) (string, error) {
	version, err := Version(root)
	if err != nil {
		return "", err
	}
	return filepath.Join(Cache(root), "controlplane", version+"-"+runtime.GOOS+"-"+runtime.GOARCH), nil
}

// Find returns the directory with the named binaries: the one in KUBEBUILDER_ASSETS, or the cache. If one is missing,
// its error names the make target to run.
func Find(names ...string) (string, error) {
	dir := os.Getenv(Variable)
	if dir == "" {
		root, err := Root()
		if err != nil {
			return "", err
		}
		if dir, err = Directory(root); err != nil {
			return "", err
		}
	}
	for _, name := range names {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return "", fmt.Errorf("finding %s in %s: it is not there; run %q once", name, dir, remedy(name))
		}
	}
	return dir, nil
}

func remedy(name string) string {
	if name == ControllerManager {
		return "make kube-controller-manager"
	}
	return "make controlplane"
}
