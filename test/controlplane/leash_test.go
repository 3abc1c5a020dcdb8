// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// holdVariable makes this test binary a program that starts a control plane, prints its place and waits to be killed.
const holdVariable = "CLERK_OPERATOR_TEST_HOLD"

func holdControlPlane() int {
	p, err := Start(Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(p.leash.dir)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := p.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func TestNothingOutlivesItsStarter(t *testing.T) {
	t.Parallel()
	cases := map[string]func(*exec.Cmd, io.Closer) error{
		"KilledWithNine": func(starter *exec.Cmd, _ io.Closer) error { return starter.Process.Kill() },
		"Stopped":        func(_ *exec.Cmd, input io.Closer) error { return input.Close() },
	}
	for name, end := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			starter, input, dir := startHolder(t)
			etcd, server := readPID(t, dir, assets.Etcd), readPID(t, dir, assets.APIServer)
			if !alive(etcd) || !alive(server) {
				t.Fatal("etcd and kube-apiserver do not run")
			}
			if err := end(starter, input); err != nil {
				t.Fatal(err)
			}
			eventually(t, time.Minute, "etcd and kube-apiserver gone", func() bool { return !alive(etcd) && !alive(server) })
			eventually(t, time.Minute, "directory gone", func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, os.ErrNotExist)
			})
		})
	}
}

// startHolder starts this test binary as a holder and returns the printed directory.
func startHolder(t *testing.T) (*exec.Cmd, io.Closer, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	holder := exec.CommandContext(t.Context(), self)
	holder.Env = append(os.Environ(), holdVariable+"=1")
	holder.Stderr = os.Stderr
	input, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = holder.Wait() })
	dir, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		t.Fatalf("the holder said nothing: %v", err)
	}
	return holder, input, strings.TrimSpace(dir)
}

func TestLeashPassesArgumentsAndExitCodeOn(t *testing.T) {
	t.Parallel()
	held := leashed(t)
	dir := filepath.Join(t.TempDir(), "it's here")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "speak")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\necho \"$1|$2\"; exit 7\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	script, err := held.wrap(binary)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(script, "a b", "$c").Output()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if string(out) != "a b|$c\n" || !ok || exit.ExitCode() != 7 {
		t.Errorf("got %q and %v, want both arguments as they were and exit status 7", out, err)
	}
}

func TestProcessEndsWithThePipe(t *testing.T) {
	t.Parallel()
	held := leashed(t)
	process, pid := runSleep(t, held)
	if err := held.pipe.Close(); err != nil {
		t.Fatal(err)
	}
	if err := process.Err(); err == nil {
		t.Error("the leash ended with 0, want a failure")
	}
	if alive(pid) {
		t.Error("the child outlived the pipe")
	}
}

func TestStopAsksFirst(t *testing.T) {
	t.Parallel()
	process, pid := runSleep(t, leashed(t))
	err := process.Stop()
	if alive(pid) || err == nil {
		t.Errorf("Stop() = %v, child alive: %t, want the child's death by a signal told", err, alive(pid))
	}
	if err := process.Stop(); err != nil {
		t.Errorf("stopping again: %v", err)
	}
}

func leashed(t *testing.T) *leash {
	t.Helper()
	held, err := newLeash()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.close() })
	return held
}

func runSleep(t *testing.T, held *leash) (*Process, int) {
	t.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	process, err := held.run(io.Discard, sleep, "600")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "sleep running", func() bool {
		// The file is there a moment before the number is in it.
		text, err := os.ReadFile(filepath.Join(held.dir, "sleep"+pidSuffix))
		return err == nil && len(text) > 0
	})
	return process, readPID(t, held.dir, "sleep")
}

func readPID(t *testing.T, dir, name string) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name+pidSuffix))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// alive reports whether a process with this id exists. A dead process that nobody has waited for does not count, if
// /proc shows it.
func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err == nil && strings.Contains(string(stat), ") Z ") {
		return false
	}
	return syscall.Kill(pid, 0) == nil
}
