// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestTwoPlaygroundsHaveTwoLogsAndTwoEmulators(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	var players []*playground
	for range 2 {
		p := &playground{}
		if err := p.startClerk(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if p.log, err = openLog(dir); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.stop(t.Context()) })
		players = append(players, p)
	}
	if players[0].clerk.Address() == players[1].clerk.Address() {
		t.Errorf("both emulators listen at %s", players[0].clerk.Address())
	}
	for i, name := range []string{"manager.log", "manager-2.log"} {
		if got := players[i].log.Name(); got != filepath.Join(dir, name) {
			t.Errorf("log %d is %s, want %s", i, got, name)
		}
	}
	if _, err := players[0].log.WriteString("of the first one"); err != nil {
		t.Fatal(err)
	}
	if err := players[0].log.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openLog(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if text, err := os.ReadFile(again.Name()); err != nil || again.Name() != players[0].log.Name() || len(text) > 0 {
		t.Errorf("after the end of the first one, the log is %s with %q, %v", again.Name(), text, err)
	}
}

func TestEmulatorDoesWithoutItsPort(t *testing.T) {
	// Whether or not another demo on this machine has it, now it is taken.
	if taken, err := emulator.New(emulator.Config{}).Listen(t.Context(), clerkAddress); err == nil {
		t.Cleanup(func() { _ = taken.Close(t.Context()) })
	}
	p := &playground{}
	if err := p.startClerk(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.stop(t.Context()) })
	if p.clerk.Address() == clerkAddress {
		t.Errorf("two programs listen at %s", clerkAddress)
	}
}
