// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/hack/progress"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// selfVariable makes this test binary run the command.
const selfVariable = "CLERK_OPERATOR_TEST_DEMOSTEPS"

func TestMain(m *testing.M) {
	if os.Getenv(selfVariable) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// withGo puts a script in the place of the go command.
func withGo(t *testing.T, script string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "go of a test")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GO", path)
}

func TestStepsAreNumberedAndSayWhatTheyDid(t *testing.T) {
	withGo(t, "echo go: downloading example.test/a v1.0.0 >&2; echo example.test/a >&2; echo example.test/b >&2")
	var out strings.Builder
	if err := run(t.Context(), []string{"-after", "3", "manager", "playground"}, &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"[1/5] Build the operator\n", "[2/5] Build the demo itself\n", "s: 1 modules downloaded, 2 packages compiled\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

func TestFailureOfABuildSaysWhy(t *testing.T) {
	withGo(t, "echo example.test/a >&2; echo 'main.go:1:2: wrong' >&2; exit 1")
	var out strings.Builder
	err := run(t.Context(), []string{"manager"}, &out)
	if err == nil || !strings.Contains(err.Error(), "building manager: exit status 1\nmain.go:1:2: wrong") {
		t.Errorf("err = %v", err)
	}
	if !strings.Contains(out.String(), "failed after ") {
		t.Errorf("it says:\n%s", out.String())
	}
	if err := run(t.Context(), []string{"no-such"}, io.Discard); err == nil {
		t.Error("an unknown binary was built")
	}
}

func TestControlPlaneIsFoundOrBuilt(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(assets.Variable, dir)
	withGo(t, "echo 'control plane: etcd: 7 packages compiled (10s)' >&2; echo 'control plane: etcd is built, after 11s' >&2")
	build := func() string {
		var out strings.Builder
		if err := run(t.Context(), []string{"controlplane"}, &out); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	if got := build(); !strings.Contains(got, "First start: ") || !strings.Contains(got, "      etcd is built, after 11s\n") {
		t.Errorf("without a control plane it says:\n%s", got)
	}
	withGo(t, "echo 'control plane: building etcd: no space' >&2; exit 1")
	if err := run(t.Context(), []string{"controlplane"}, io.Discard); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Errorf("err = %v", err)
	}
	for _, name := range assets.Basic() {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if got := build(); !strings.Contains(got, "found in "+dir) || strings.Contains(got, "First start") {
		t.Errorf("with a control plane it says:\n%s", got)
	}
}

func TestCountsAreProgressAndTheRestStays(t *testing.T) {
	var out strings.Builder
	step := progress.New(&out, 1, 1).Begin("Build")
	last := follow(strings.NewReader("control plane: etcd: 7 packages compiled (10s)\ncontrol plane: etcd is built\nexit status 1\n"), step)
	step.Done("")
	if last != "exit status 1" || strings.Contains(out.String(), "7 packages") || !strings.Contains(out.String(), "      etcd is built\n") {
		t.Errorf("last = %q, it says:\n%s", last, out.String())
	}
}

// TestInterruptEndsTheBuild interrupts a build that ignores the first signal, in front of a program that it started.
func TestInterruptEndsTheBuild(t *testing.T) {
	note := filepath.Join(t.TempDir(), "pid")
	withGo(t, "trap '' INT; sleep 600 & echo $! > '"+note+"'; wait")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "manager")
	cmd.Env = append(os.Environ(), selfVariable+"=1")
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	for {
		if text, err := os.ReadFile(note); err == nil && strings.HasSuffix(string(text), "\n") {
			break
		}
		if time.Since(began) > time.Minute {
			t.Fatal("the build did not begin")
		}
		time.Sleep(10 * time.Millisecond)
	}
	began = time.Now()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != interrupted || !strings.Contains(said.String(), "interrupted") {
		t.Errorf("it ended with %v and says %q", err, said.String())
	}
	if passed := time.Since(began); passed > 4*grace {
		t.Errorf("it took %s to end", passed)
	}
}
