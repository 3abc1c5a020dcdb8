// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/hack/progress"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// progressInterval is how often a build prints its progress.
const progressInterval = 10 * time.Second

// source returns the package a binary is built from.
func source(name string) string {
	if name == assets.Etcd {
		return "go.etcd.io/etcd/server/v3"
	}
	return "k8s.io/kubernetes/cmd/" + name
}

// build builds one binary from its module. The binary gets its name only when it is complete and prints the pinned
// version.
func build(ctx context.Context, root, dir, name string) error {
	version, err := assets.Version(root)
	if err != nil {
		return err
	}
	partial := filepath.Join(dir, name+".partial")
	started := time.Now()
	if err := compile(ctx, root, partial, name, version); err != nil {
		return fmt.Errorf("building %s: %w", name, err)
	}
	if err := check(ctx, root, partial, name, version); err != nil {
		return err
	}
	if err := os.Rename(partial, filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("naming %s: %w", name, err)
	}
	sayf("%s is built, after %s", name, time.Since(started).Round(time.Second))
	return nil
}

func compile(ctx context.Context, root, partial, name, version string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-mod=readonly", "-buildvcs=false", "-trimpath",
		"-ldflags="+linkFlags(version), "-o", partial, source(name))
	cmd.Dir = filepath.Join(root, assets.Module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=")
	var watch progress.Build
	started := time.Now()
	cmd.Stderr = &watch
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case err := <-done:
			if err != nil {
				return fmt.Errorf("%w: %s", err, watch.LastLines())
			}
			return nil
		case <-tick.C:
			sayf("%s: %s (%s)", name, cmp.Or(watch.String(), "nothing compiled yet"), time.Since(started).Round(time.Second))
		}
	}
}

// linkFlags sets the version, which clients and version-dependent defaults read, and omits the symbol tables.
func linkFlags(version string) string {
	const stamp = " -X k8s.io/component-base/version."
	parts := strings.Split(strings.TrimPrefix(version, "v"), ".")
	return "-s -w" + stamp + "gitVersion=" + version + stamp + "gitMajor=" + parts[0] +
		stamp + "gitMinor=" + parts[1] + stamp + "gitTreeState=clean"
}

// check runs a new binary and compares its version with the pinned one.
func check(ctx context.Context, root, binary, name, version string) error {
	args := []string{"--version"}
	want := version
	switch name {
	case assets.Kubectl:
		args = []string{"version", "--client"}
	case assets.Etcd:
		etcd, err := assets.EtcdVersion(root)
		if err != nil {
			return err
		}
		want = strings.TrimPrefix(etcd, "v")
	}
	out, err := exec.CommandContext(ctx, binary, args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("running the new %s: %w", name, err)
	}
	if !strings.Contains(string(out), want) {
		return fmt.Errorf("running the new %s: it says %q, want version %s", name, out, want)
	}
	return nil
}
