// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/cmd/playground/tour"
)

func TestPauseWaitsForEnter(t *testing.T) {
	p := &playground{in: strings.NewReader("\nyes\n Q \nlast"), out: io.Discard}
	for i, want := range []error{nil, nil, tour.ErrQuit, tour.ErrQuit, tour.ErrQuit} {
		if err := p.pause(t.Context()); !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("pause %d: %v, want %v", i, err, want)
		}
	}
	// Nobody types.
	silent, _ := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	p = &playground{in: silent, out: io.Discard}
	if err := p.pause(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("an interrupted pause: %v", err)
	}
}

func TestEnvironmentIsReadByAShell(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "somebody's room")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "env")
	if err := writeEnvironment(file, dir, []string{"CLERK=http://127.0.0.1:1", `INSTANCE=a "b" $c`}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-euc", ". "+quote(file)+`; echo "$CLERK $INSTANCE"; pwd`).CombinedOutput()
	if want := "http://127.0.0.1:1 a \"b\" $c\n" + dir + "\n"; err != nil || string(out) != want {
		t.Errorf("a shell reads %q, %v, want %q", out, err, want)
	}
}

func TestPageWithoutATerminalIsPlain(t *testing.T) {
	if got := layout(&strings.Builder{}); got.Color || got.Width != plainWidth {
		t.Errorf("layout() = %+v", got)
	}
}
