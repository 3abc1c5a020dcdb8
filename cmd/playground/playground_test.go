// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// playVariable makes this test binary run the playground.
const playVariable = "CLERK_OPERATOR_TEST_PLAY"

func TestMain(m *testing.M) {
	if os.Getenv(playVariable) != "" {
		main()
	}
	controlplane.Leash()
	log.SetLogger(logr.Discard())
	os.Exit(m.Run())
}

func TestEverySampleBecomesReady(t *testing.T) {
	var out strings.Builder
	if code := run(t.Context(), []string{"--exit"}, nil, &out, &out); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out.String())
	}
	for _, want := range []string{"$ kubectl get clerkusers\n", "the same users at Clerk", "every sample is Ready"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

// TestTour takes the tour to its end. Each of its steps checks what it shows.
func TestTour(t *testing.T) {
	needsLongRun(t)
	var out strings.Builder
	if code := run(t.Context(), []string{"--tour", "--exit"}, nil, &out, &out); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, out.String())
	}
	for _, want := range []string{"── 1 of 7: ", "── 7 of 7: ", "All checks of its 7 steps held."} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
}

// TestGuideIsRight types what the guide says into another terminal, in its order.
func TestGuideIsRight(t *testing.T) {
	needsLongRun(t)
	player, said := startPlayer(t)
	guide := said.String()
	exports := regexp.MustCompile(`(?m)^  (export .*)$`).FindAllString(guide, -1)
	commands := regexp.MustCompile(`(?m)^  (?:kubectl|curl) .*[|\\]\n.*$|^  (?:kubectl|curl) .*$`).FindAllString(guide, -1)
	if len(exports) != 2 || len(commands) != 9 {
		t.Fatalf("the guide has %d exports and %d commands:\n%s", len(exports), len(commands), guide)
	}
	for _, command := range append(commands, "kubectl plugin list | grep /kubectl-clerk", `test "$(kubectl version | grep -c v1.37)" = 2`) {
		shell := exec.CommandContext(t.Context(), "bash", "-euc", strings.Join(append(exports, command), "\n"))
		// 1 says that a change would do something.
		want := 0
		if strings.Contains(command, "clerk diff") {
			want = 1
		}
		out, err := shell.CombinedOutput()
		if shell.ProcessState.ExitCode() != want {
			t.Errorf("%s: %v, want exit code %d\n%s", command, err, want, out)
		}
		t.Logf("%s:\n%s", command, out)
	}
	for _, address := range regexp.MustCompile(`(?m)http://127\.0\.0\.1:\d+/\S*$`).FindAllString(guide, -1) {
		if out, err := exec.CommandContext(t.Context(), "curl", "-sSf", address).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", address, err, out)
		}
	}
	if err := player.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
}

// needsLongRun skips a test with -short: one run to the end is enough then.
func needsLongRun(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("TestEverySampleBecomesReady is enough with -short")
	}
}

func TestExitNamesWhatIsNotReady(t *testing.T) {
	needsLongRun(t)
	var out strings.Builder
	operator := writeOperator(t, "exec sleep 600")
	code := run(t.Context(), []string{"--tour", "--exit", "--limit", "1s", "--manager", operator}, nil, &out, &out)
	if code != 1 || !strings.Contains(out.String(), "not every sample is Ready within 1s") || !strings.Contains(out.String(), "no result yet") {
		t.Errorf("exit code %d:\n%s", code, out.String())
	}
}

func TestOperatorThatEndsEndsThePlayground(t *testing.T) {
	needsLongRun(t)
	var out strings.Builder
	operator := writeOperator(t, "echo some flag is wrong; exit 3")
	code := run(t.Context(), []string{"--manager", operator}, nil, &out, &out)
	if code != 1 || !strings.Contains(out.String(), "the operator ended by itself") || !strings.Contains(out.String(), "some flag is wrong") {
		t.Errorf("exit code %d:\n%s", code, out.String())
	}
}

func TestNothingOutlivesThePlayground(t *testing.T) {
	needsLongRun(t)
	cases := map[string]syscall.Signal{"KilledWithNine": syscall.SIGKILL, "Interrupted": syscall.SIGINT}
	for name, signal := range cases {
		t.Run(name, func(t *testing.T) {
			player, guide := startPlayer(t, "--limit", "1s", "--manager", writeOperator(t, "exec sleep 600"))
			expectEnd(t, player, signal, directory(t, guide.String()))
		})
	}
}

// expectEnd signals the playground, whose processes have to end.
func expectEnd(t *testing.T, player *exec.Cmd, signal syscall.Signal, dir string) {
	t.Helper()
	pids := running(t, dir)
	if len(pids) != 3 {
		t.Fatalf("%d processes run, want etcd, kube-apiserver and the operator", len(pids))
	}
	if err := player.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(time.Minute)
	for _, pid := range pids {
		for alive(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("process %d outlived the playground", pid)
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// startPlayer starts the playground as a process. It returns when the guide was printed, with what it has printed.
func startPlayer(t *testing.T, args ...string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	player := exec.CommandContext(t.Context(), self, args...)
	player.Env = append(os.Environ(), playVariable+"=1")
	output, err := player.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := player.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = player.Wait() })
	said := &strings.Builder{}
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "Ctrl-C ") {
			go func() { _, _ = io.Copy(io.Discard, output) }()
			return player, said
		}
	}
	t.Fatalf("it does not say how to try it:\n%s", said.String())
	return nil, nil
}

// directory returns the directory of the control plane that the guide names.
func directory(t *testing.T, guide string) string {
	t.Helper()
	found := regexp.MustCompile(`export KUBECONFIG='(.*)'`).FindStringSubmatch(guide)
	if found == nil {
		t.Fatalf("the guide names no kubeconfig:\n%s", guide)
	}
	return filepath.Dir(found[1])
}

// running returns the processes under the leashes of a control plane.
func running(t *testing.T, dir string) []int {
	t.Helper()
	notes, err := filepath.Glob(filepath.Join(dir, "*.pid"))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, note := range notes {
		text, err := os.ReadFile(note)
		if errors.Is(err, os.ErrNotExist) || strings.HasPrefix(filepath.Base(note), "kubectl") {
			continue
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if alive(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err == nil && strings.Contains(string(stat), ") Z ") {
		return false
	}
	return syscall.Kill(pid, 0) == nil
}

// writeOperator writes a stand-in for the operator.
func writeOperator(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "operator")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
