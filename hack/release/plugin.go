// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// pluginName begins the names of the files of the kubectl plugin. kubectl finds the plugin "clerk" by it.
const pluginName = "kubectl-clerk"

// kubectl runs a program of this name to complete the command line of the plugin. In an archive, it is a script: krew refuses
// archives with links, and Windows has none that everybody may make.
const (
	completerName  = "kubectl_complete-clerk"
	completer      = "#!/bin/sh\n# kubectl runs this to complete \"kubectl clerk\".\nexec kubectl-clerk __complete \"$@\"\n"
	completerOfCmd = "@rem kubectl runs this to complete \"kubectl clerk\".\r\n@kubectl-clerk.exe __complete %*\r\n"
)

// target is what a binary of the plugin runs on, in Go's words.
type target struct{ system, architecture string }

// pluginTargets are those of a release.
func pluginTargets() []target {
	var targets []target
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, architecture := range architectures() {
			targets = append(targets, target{system, architecture})
		}
	}
	return targets
}

// binary returns the name of the plugin's binary.
func (t target) binary() string {
	if t.system == "windows" {
		return pluginName + ".exe"
	}
	return pluginName
}

// archive returns the name of the plugin's archive.
func (t target) archive(version string) string {
	suffix := ".tar.gz"
	if t.system == "windows" {
		suffix = ".zip"
	}
	return t.prefix(version) + suffix
}

func (t target) prefix(version string) string {
	return pluginName + "-" + version + "-" + t.system + "-" + t.architecture
}

// completer returns the program that completes the command line.
func (t target) completer() entry {
	if t.system == "windows" {
		return entry{name: completerName + ".cmd", text: []byte(completerOfCmd), program: true}
	}
	return entry{name: completerName, text: []byte(completer), program: true}
}

// makePlugin builds the plugin for all targets, and writes archives, SBOMs and the manifest for krew.
func (r *release) makePlugin(ctx context.Context, scratch string) error {
	licences, err := r.licences(ctx, "plugin")
	if err != nil {
		return err
	}
	for _, target := range r.targets {
		binary := filepath.Join(scratch, target.prefix(r.version), target.binary())
		for _, step := range []func() error{
			func() error { return r.buildPlugin(ctx, target, binary) },
			func() error { return r.archivePlugin(target, binary, licences) },
			func() error { return r.writeSBOM(ctx, binary, target, target.prefix(r.version)) },
		} {
			if err := step(); err != nil {
				return fmt.Errorf("for %s/%s: %w", target.system, target.architecture, err)
			}
		}
	}
	return r.writeManifest()
}

// archivePlugin writes the archive with a binary of the plugin.
func (r *release) archivePlugin(target target, binary string, licences []byte) error {
	program, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	licence, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return err
	}
	return writeArchive(filepath.Join(r.output, target.archive(r.version)), []entry{
		{name: target.binary(), text: program, program: true},
		target.completer(),
		{name: "LICENSE", text: licence},
		{name: "THIRD_PARTY_LICENSES.txt", text: licences},
	}, r.created)
}

// buildPlugin builds the plugin as hack/image builds the operator: what would change the binary has a fixed value.
func (r *release) buildPlugin(ctx context.Context, target target, binary string) error {
	const set = " -X github.com/clerk-operator/clerk-operator/internal/version."
	err := r.run(ctx, command{
		dir: r.root,
		args: []string{
			"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w" + set + "version=" + r.version + set + "revision=" + r.revision,
			"-o", binary, "./cmd/" + pluginName,
		},
		env: []string{
			"CGO_ENABLED=0", "GOOS=" + target.system, "GOARCH=" + target.architecture, "GOAMD64=v1", "GOARM64=v8.0",
			"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off",
		},
	})
	if err != nil {
		return err
	}
	text, err := os.ReadFile(binary)
	if err != nil {
		return err
	}
	for _, want := range []string{r.version, r.revision} {
		if !bytes.Contains(text, []byte(want)) {
			return fmt.Errorf("the binary does not contain %q, which the linker was told to set", want)
		}
	}
	return nil
}
