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
	ships         bool     // the operator's binary contains it; else only tests and commands do
	files         []string // of licences and notices, sorted
	licences      []string // SPDX identifiers, sorted
}

func (d dependency) name() string { return strings.TrimSpace(d.path + " " + d.version) }

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
	shipped, err := list(ctx, dir, ".")
	if err != nil {
		return nil, err
	}
	all, err := list(ctx, dir, "-test", "./...")
	if err != nil {
		return nil, err
	}
	for path, found := range all {
		if _, ships := shipped[path]; !ships {
			shipped[path] = found
			continue
		}
		// Only the directories of the packages in the binary count for what ships.
		found = shipped[path]
		found.ships = true
		shipped[path] = found
	}
	var sorted []dependency
	for _, path := range slices.Sorted(maps.Keys(shipped)) {
		found := shipped[path]
		if found.licences, err = identify(found.files); err != nil {
			return nil, fmt.Errorf("%s: %w", found.name(), err)
		}
		sorted = append(sorted, found)
	}
	return sorted, nil
}

// list returns the modules of the packages and of all that they import, each with the files of its licences.
func list(ctx context.Context, dir string, patterns ...string) (map[string]dependency, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"list", "-deps", "-json=Dir,Standard,Module"}, patterns...)...)
	// What ships runs on Linux; other systems need other modules.
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64")
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
