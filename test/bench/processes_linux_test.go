// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"testing"
)

func TestThisProcessCanBeRead(t *testing.T) {
	child := exec.CommandContext(t.Context(), "sleep", "60")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill(); _ = child.Wait() })
	pid, err := awaitDescendant(t.Context(), "sleep", nil)
	if err != nil || pid != child.Process.Pid {
		t.Fatalf("found %d, %v; want %d", pid, err, child.Process.Pid)
	}
	if _, err := findDescendant(pid, "sleep"); err == nil {
		t.Error("a process is its own descendant")
	}
	self := os.Getpid()
	if held, err := readMemory(self); err != nil || held.resident == 0 || held.peak < held.resident {
		t.Errorf("memory %+v, %v", held, err)
	}
	if s, err := readStat(self); err != nil || s.parent != os.Getppid() {
		t.Errorf("stat %+v, %v", s, err)
	}
	if _, err := countSockets(self); err != nil {
		t.Error(err)
	}
}
