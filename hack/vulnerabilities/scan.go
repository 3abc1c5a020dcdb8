// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// foundCode is govulncheck's exit code for "there are vulnerabilities".
const foundCode = 3

var (
	errFound      = errors.New("it calls code with a known vulnerability; raise the modules named above")
	errNoDatabase = errors.New("no vulnerability database could be reached")
)

// scan runs govulncheck on one module.
type scan struct {
	tool     string
	dir      string
	database string // the address; empty: govulncheck's default
}

// run returns errFound if the module calls vulnerable code.
func (s scan) run(ctx context.Context) error {
	err := s.at(ctx, "package")
	if errors.Is(err, errFound) {
		sayf("it imports a package with a known vulnerability; looking for calls of it")
		return s.at(ctx, "symbol")
	}
	return err
}

// at scans the module's packages, their tests and its tools at a level of govulncheck. It prints the report if it is not empty.
func (s scan) at(ctx context.Context, level string) error {
	args := []string{"-test", "-scan", level}
	if s.database != "" {
		args = append(args, "-db", s.database)
	}
	cmd := exec.CommandContext(ctx, s.tool, append(args, "./...", "tool")...)
	cmd.Dir = s.dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	err := cmd.Run()
	if err == nil {
		return nil
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == foundCode {
		sayf("%s", said.String())
		return errFound
	}
	if s.database == "" && strings.Contains(said.String(), "fetching vulnerabilities") {
		return errNoDatabase
	}
	return fmt.Errorf("govulncheck: %w: %s", err, strings.TrimSpace(said.String()))
}

// govulncheck builds the pinned tool and returns its path.
func govulncheck(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", "-modfile=hack/supplychain/go.mod", "govulncheck")
	cmd.Dir, cmd.Stderr = root, os.Stderr
	path, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("building govulncheck: %w", err)
	}
	return strings.TrimSpace(string(path)), nil
}
