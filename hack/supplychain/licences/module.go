// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// licenceFile matches the names of files with licences and notices.
var licenceFile = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|notice|patents)([-._].*)?$`)

// dependency is a module of others that packages of this one are built from.
type dependency struct {
	path, version string
	in            []string // names of the products whose binary contains it; none: only tests and commands do
	files         []string // of licences and notices, sorted
	licences      []string // SPDX identifiers, sorted
}

func (d dependency) name() string { return strings.TrimSpace(d.path + " " + d.version) }

func (d dependency) ships() bool { return len(d.in) > 0 }

// product is a binary that ships.
type product struct {
	name, directory string
	systems         []string // on which it runs: other systems need other modules
}

// products are the binaries that ship.
func products() []product {
	return []product{
		{"operator", ".", []string{"linux"}},
		{"plugin", "./cmd/kubectl-clerk", []string{"linux", "darwin", "windows"}},
	}
}

// imported is what go list says of a package.
type imported struct {
	Dir      string `json:"Dir"`
	Standard bool   `json:"Standard"`
	Module   *struct {
		Path    string `json:"Path"`
		Version string `json:"Version"`
		Dir     string `json:"Dir"`
		Main    bool   `json:"Main"`
	} `json:"Module"`
}

// dependencies returns the modules that the module in a directory is built and tested with, sorted by path, and Go itself.
func dependencies(ctx context.Context, dir string) ([]dependency, error) {
	found := map[string]dependency{}
	for _, product := range products() {
		for _, system := range product.systems {
			shipped, err := list(ctx, dir, system, product.directory)
			if err != nil {
				return nil, err
			}
			merge(found, shipped, product.name)
		}
	}
	all, err := list(ctx, dir, "linux", "-test", "./...")
	if err != nil {
		return nil, err
	}
	for path, dependency := range all {
		// Only the directories of the packages in a binary count for what ships.
		if _, ships := found[path]; !ships {
			found[path] = dependency
		}
	}
	var sorted []dependency
	for _, path := range slices.Sorted(maps.Keys(found)) {
		dependency := found[path]
		if dependency.licences, err = identify(dependency.files); err != nil {
			return nil, fmt.Errorf("%s: %w", dependency.name(), err)
		}
		sorted = append(sorted, dependency)
	}
	return sorted, nil
}

// merge adds the modules in the binary of a product.
func merge(found, shipped map[string]dependency, product string) {
	for path, dependency := range shipped {
		former := found[path]
		dependency.files = append(dependency.files, former.files...)
		slices.Sort(dependency.files)
		dependency.files = slices.Compact(dependency.files)
		dependency.in = former.in
		if !slices.Contains(dependency.in, product) {
			dependency.in = append(dependency.in, product)
		}
		found[path] = dependency
	}
}

// list returns the modules of the packages and of all that they import on an operating system, each with the files of its licences.
func list(ctx context.Context, dir, system string, patterns ...string) (map[string]dependency, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-json=Dir,Standard,Module"}, patterns...)...)
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	modules := map[string]dependency{}
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var found imported
		err := decoder.Decode(&found)
		if errors.Is(err, io.EOF) {
			return modules, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading go list: %w", err)
		}
		if err := add(modules, found); err != nil {
			return nil, err
		}
	}
}

// add notes the module of a package, and the licences between the package and the module's root.
func add(modules map[string]dependency, found imported) error {
	var path, version, root string
	switch {
	case found.Standard:
		// Its copies of other modules are under the same licence.
		path, root = "Go's standard library", filepath.Dir(goSource(found.Dir))
		found.Dir = root
	case found.Module == nil || found.Module.Main:
		return nil
	default:
		path, version, root = found.Module.Path, found.Module.Version, found.Module.Dir
	}
	module := modules[path]
	module.path, module.version = path, version
	for dir := found.Dir; strings.HasPrefix(dir, root); dir = filepath.Dir(dir) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, entry := range entries {
			file := filepath.Join(dir, entry.Name())
			if entry.Type().IsRegular() && licenceFile.MatchString(entry.Name()) && filepath.Ext(file) != ".go" && !slices.Contains(module.files, file) {
				module.files = append(module.files, file)
			}
		}
	}
	slices.Sort(module.files)
	modules[path] = module
	return nil
}

// goSource returns the directory src of Go's installation, given the directory of a package in it.
func goSource(dir string) string {
	for dir != filepath.Dir(dir) && filepath.Base(dir) != "src" {
		dir = filepath.Dir(dir)
	}
	return dir
}
