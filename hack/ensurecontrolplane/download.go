// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// downloadLimit limits the whole download. On a machine without access it may hang instead of failing, and a build
// takes only minutes.
const downloadLimit = 20 * time.Second

// downloadable reports whether a download has all of names: it has the basic ones only.
func downloadable(names []string) bool {
	for _, name := range names {
		if !slices.Contains(assets.Basic(), name) {
			return false
		}
	}
	return len(names) > 0
}

// download lets setup-envtest fetch the pinned minor version and moves its binaries into dir.
func download(ctx context.Context, root, dir string) error {
	version, err := assets.Version(root)
	if err != nil {
		return err
	}
	sayf("compiling setup-envtest, which downloads control planes")
	tool, err := setupEnvtest(ctx, root)
	if err != nil {
		return err
	}
	store, err := os.MkdirTemp(filepath.Dir(dir), "download-")
	if err != nil {
		return fmt.Errorf("making room for the download: %w", err)
	}
	defer func() { _ = removeStore(store) }()
	release := strings.Join(strings.Split(strings.TrimPrefix(version, "v"), ".")[:2], ".") + ".x"
	sayf("asking setup-envtest for %s, for at most %s", release, downloadLimit)
	ctx, cancel := context.WithTimeout(ctx, downloadLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool, "use", release, "--bin-dir", store, "--print", "path")
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, time.Second
	fetched, err := cmd.Output()
	if err != nil {
		return cause(ctx, err, said.String())
	}
	return adopt(strings.TrimSpace(string(fetched)), dir)
}

// setupEnvtest builds the tool as pinned in go.tools.mod and returns its path. The build does not count against the
// limit of the download.
func setupEnvtest(ctx context.Context, root string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "tool", "-n", "-modfile=go.tools.mod", "setup-envtest")
	cmd.Dir = root
	var said bytes.Buffer
	cmd.Stderr = &said
	path, err := cmd.Output()
	if err != nil {
		return "", cause(ctx, err, said.String())
	}
	return strings.TrimSpace(string(path)), nil
}

// cause says in one line why a command failed: the limit, or its last output.
func cause(ctx context.Context, err error, said string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", downloadLimit)
	}
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return errors.New(last)
	}
	return err
}

// adopt copies the fetched binaries into dir. Each one gets its name when it is complete.
func adopt(from, dir string) error {
	for _, name := range assets.Basic() {
		if err := place(filepath.Join(from, name), filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

func place(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("reading the download: %w", err)
	}
	defer source.Close()
	partial := to + ".partial"
	target, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return fmt.Errorf("writing %s: %w", partial, err)
	}
	_, err = io.Copy(target, source)
	if err := errors.Join(err, target.Close()); err != nil {
		return fmt.Errorf("writing %s: %w", partial, err)
	}
	return os.Rename(partial, to)
}

// removeStore removes a store of setup-envtest, which writes its directories read-only.
func removeStore(store string) error {
	root, err := os.OpenRoot(store)
	if err != nil {
		return err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			return root.Chmod(path, 0o755)
		}
		return err
	})
	return errors.Join(err, os.RemoveAll(store))
}
