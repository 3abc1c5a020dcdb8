// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestGroupEndsItsPrograms stops a group of which one program was killed before. What happens when the starter itself is killed is
// tested with a control plane, which uses the same leash.
func TestGroupEndsItsPrograms(t *testing.T) {
	t.Parallel()
	g, err := NewGroup()
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	var processes []*Process
	for _, name := range []string{"first", "second"} {
		// The note with the process id has the name of the binary.
		binary := filepath.Join(t.TempDir(), name)
		if err := os.Symlink("/bin/sleep", binary); err != nil {
			t.Fatal(err)
		}
		process, err := g.Run(nil, binary, "600")
		if err != nil {
			t.Fatal(err)
		}
		note := filepath.Join(g.Directory(), name+pidSuffix)
		eventually(t, time.Minute, "a process id", func() bool {
			text, err := os.ReadFile(note)
			return err == nil && strings.HasSuffix(string(text), "\n")
		})
		processes, pids = append(processes, process), append(pids, readPID(t, g.Directory(), name))
	}
	if !alive(pids[0]) || !alive(pids[1]) {
		t.Fatal("the programs do not run")
	}
	if err := processes[0].Kill(); err != nil {
		t.Fatal(err)
	}
	// The program is a child of the leash, which was killed with it, so that it exists until init has waited for it.
	eventually(t, time.Minute, "the killed program to be gone", func() bool { return !alive(pids[0]) })
	if !alive(pids[1]) {
		t.Error("the other program was killed, too")
	}
	// The error is the signal that ended the second program.
	if err := g.Stop(); err == nil || alive(pids[1]) {
		t.Errorf("the second program is alive: %t; %v", alive(pids[1]), err)
	}
	if _, err := os.Stat(g.Directory()); !os.IsNotExist(err) {
		t.Errorf("the directory is there: %v", err)
	}
}
