// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// outcome is the result for a mutant.
type outcome string

const (
	killed     outcome = "killed"
	survived   outcome = "SURVIVED"
	equivalent outcome = "equivalent"
	invalid    outcome = "invalid"
)

// testLimit ends a mutant that loops for ever. go test then fails, so the mutant counts as killed.
const testLimit = "120s"

// try runs the tests of the package in dir against one mutant.
func try(ctx context.Context, dir string, m mutant) (outcome, error) {
	scratch, err := os.MkdirTemp("", "mutation-")
	if err != nil {
		return "", fmt.Errorf("making room for a mutant: %w", err)
	}
	defer os.RemoveAll(scratch)
	overlay, err := writeOverlay(scratch, m)
	if err != nil {
		return "", err
	}
	target := "./" + filepath.ToSlash(filepath.Clean(dir))
	test := exec.CommandContext(ctx, "go", "test", "-overlay", overlay, "-vet=off", "-ldflags=-s -w",
		"-count=1", "-failfast", "-timeout", testLimit, target)
	out, err := test.CombinedOutput()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if _, failed := errors.AsType[*exec.ExitError](err); failed && !strings.Contains(string(out), "[build failed]") {
		return killed, nil
	}
	if err != nil {
		return invalid, nil
	}
	return survived, nil
}

// writeOverlay writes the changed file, and the overlay that replaces the original by it.
func writeOverlay(scratch string, m mutant) (string, error) {
	source, err := m.source()
	if err != nil {
		return "", err
	}
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	broken := filepath.Join(scratch, "mutant.go")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: broken}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(scratch, "overlay.json")
	return overlay, errors.Join(os.WriteFile(broken, source, 0o600), os.WriteFile(overlay, replace, 0o600))
}
