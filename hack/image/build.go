// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// architectures are those for which there are images.
func architectures() []string { return []string{"amd64", "arm64"} }

// machineOf returns what the head of a binary says for an architecture.
func machineOf(architecture string) elf.Machine {
	if architecture == "arm64" {
		return elf.EM_AARCH64
	}
	return elf.EM_X86_64
}

// linkFlags sets the version and the revision, and omits the symbol tables.
func linkFlags(version, revision string) string {
	const set = " -X github.com/clerk-operator/clerk-operator/internal/version."
	return "-s -w" + set + "version=" + version + set + "revision=" + revision
}

// buildFlags are the flags of "go build". Without paths and Git's state, the binary does not depend on where the checkout is.
// The Dockerfile has the same ones.
func buildFlags(version, revision string) []string {
	return []string{"-trimpath", "-buildvcs=false", "-ldflags", linkFlags(version, revision)}
}

// buildEnvironment returns the environment of "go build": what would change the binary has a fixed value.
func buildEnvironment(platform v1.Platform) []string {
	return append(os.Environ(),
		"CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOAMD64=v1", "GOARM64=v8.0",
		"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOFIPS140=off")
}

// build builds the program for a platform.
func build(ctx context.Context, o options, platform v1.Platform, binary string) error {
	cmd := exec.CommandContext(ctx, "go", append(append([]string{"build"}, buildFlags(o.version, o.revision)...), "-o", binary, o.program.source)...)
	cmd.Dir, cmd.Env = o.root, buildEnvironment(platform)
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building for %s: %w: %s", platform, err, bytes.TrimSpace(said))
	}
	if err := check(binary, o, platform); err != nil {
		return fmt.Errorf("checking the binary for %s: %w", platform, err)
	}
	return nil
}

// check returns an error if a binary cannot run in the image, or does not know its version: the linker ignores a variable
// that does not exist.
func check(binary string, o options, platform v1.Platform) error {
	file, err := elf.Open(binary)
	if err != nil {
		return fmt.Errorf("reading it: %w", err)
	}
	defer file.Close()
	if want := machineOf(platform.Architecture); file.Machine != want {
		return fmt.Errorf("it is for %s, want %s", file.Machine, want)
	}
	for _, program := range file.Progs {
		if program.Type == elf.PT_INTERP {
			return errors.New("it is not linked statically, and the image has no libraries")
		}
	}
	text, err := os.ReadFile(binary)
	if err != nil {
		return fmt.Errorf("reading it: %w", err)
	}
	for _, want := range []string{o.version, o.revision} {
		if !bytes.Contains(text, []byte(want)) {
			return fmt.Errorf("it does not contain %q, which the linker was told to set", want)
		}
	}
	return nil
}
