// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/clerk-operator/clerk-operator/hack/progress"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// grace is how long a build may take to end after an interrupt.
const grace = 3 * time.Second

// binary builds a binary as "make build" does, which thereby finds it in the build cache.
func binary(ctx context.Context, root, name, source string, step *progress.Step) error {
	var build progress.Build
	cmd := command(ctx, root, "build", "-v", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(root, "bin", name), source)
	cmd.Stderr = io.MultiWriter(&build, writer(func([]byte) { step.Sayf("%s", build.String()) }))
	if err := cmd.Run(); err != nil {
		step.Failed()
		return fmt.Errorf("building %s: %w\n%s", name, err, build.LastLines())
	}
	step.Done(build.String())
	return nil
}

// controlPlane has hack/ensurecontrolplane download or build the control plane, unless it is there.
func controlPlane(ctx context.Context, root string, step *progress.Step) error {
	if dir, err := assets.Find(assets.Basic()...); err == nil {
		step.Done("found in " + dir)
		return nil
	}
	cmd := command(ctx, root, "run", "./hack/ensurecontrolplane")
	said, err := cmd.StderrPipe()
	if err != nil {
		return fmt.Errorf("reading the output of the build: %w", err)
	}
	if err := cmd.Start(); err != nil {
		step.Failed()
		return fmt.Errorf("building the control plane: %w", err)
	}
	last := follow(said, step)
	if err := cmd.Wait(); err != nil {
		step.Failed()
		return fmt.Errorf("building the control plane: %w\n%s", err, last)
	}
	step.Done("")
	return nil
}

// follow shows the lines of hack/ensurecontrolplane until the last one, which it returns: those that count packages and modules as
// progress, the others as lines that stay.
func follow(said io.Reader, step *progress.Step) (last string) {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		line, own := strings.CutPrefix(lines.Text(), "control plane: ")
		switch {
		case own && strings.HasSuffix(line, ")") && strings.Contains(line, ": "):
			step.Sayf("%s", line)
		case own:
			step.Notef("%s", line)
			step.Sayf("")
			last = line
		default:
			step.Sayf("%s", line)
			last = line
		}
	}
	return last
}

// command returns a go command in a process group of its own, which only this program interrupts: a terminal's Ctrl-C goes to all
// programs of a group, and "go run" would end before the program that it runs.
func command(ctx context.Context, root string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, cmp.Or(os.Getenv("GO"), "go"), args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		group := -cmd.Process.Pid
		time.AfterFunc(grace, func() { _ = syscall.Kill(group, syscall.SIGKILL) })
		return syscall.Kill(group, syscall.SIGINT)
	}
	cmd.WaitDelay = 2 * grace
	return cmd
}

// writer calls itself for each part that is written.
type writer func([]byte)

// Write calls the function. It never fails.
func (w writer) Write(part []byte) (int, error) {
	w(part)
	return len(part), nil
}
