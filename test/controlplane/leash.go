// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
)

// leashArgument as a program's first argument makes it a leash. The directory of the pipe, the binary and the binary's
// arguments follow.
const leashArgument = "controlplane-leash"

const (
	pipeName    = "leash"
	pidSuffix   = ".pid"
	killedState = 137
)

// Leash runs this process as a leash and does not return, if it was started as one; otherwise it does nothing. Call it
// first in main.
func Leash() {
	if len(os.Args) < 4 || os.Args[1] != leashArgument {
		return
	}
	os.Exit(hold(os.Args[2], os.Args[3], os.Args[4:]))
}

// hold runs binary until it ends or the pipe in dir ends, and returns its exit code.
func hold(dir, binary string, args []string) int {
	// The child's death signal belongs to the thread that started it.
	runtime.LockOSThread()
	// Stop signals the whole group, so the child has its own group. The leash waits for it.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)
	// Without O_NONBLOCK, open would wait for a starter that has ended already.
	pipe, err := os.OpenFile(filepath.Join(dir, pipeName), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return complain(err)
	}
	child := exec.Command(binary, args...) //nolint:noctx // the pipe is what ends it
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	child.SysProcAttr = tied()
	if err := child.Start(); err != nil {
		return complain(err)
	}
	note := filepath.Join(dir, filepath.Base(binary)+pidSuffix)
	if err := os.WriteFile(note, fmt.Appendln(nil, child.Process.Pid), 0o600); err != nil {
		return complain(errors.Join(err, child.Process.Kill()))
	}
	var orphaned atomic.Bool
	go func() {
		_, _ = io.Copy(io.Discard, pipe)
		orphaned.Store(true)
		_ = child.Process.Kill()
	}()
	_ = child.Wait()
	if orphaned.Load() {
		_ = os.RemoveAll(dir)
		return killedState
	}
	return child.ProcessState.ExitCode()
}

func complain(err error) int {
	fmt.Fprintf(os.Stderr, "leash: %v\n", err)
	return 1
}

// leash is the starter's side: the directory of the pipe, and the writing end of the pipe, which the kernel closes when
// the starter ends.
type leash struct {
	dir  string
	self string
	pipe *os.File
}

// newLeash makes the directory for all files of a control plane.
func newLeash() (*leash, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding this program: %w", err)
	}
	dir, err := os.MkdirTemp("", "clerk-operator-controlplane-")
	if err != nil {
		return nil, fmt.Errorf("making the control plane's directory: %w", err)
	}
	path := filepath.Join(dir, pipeName)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("making the leash's pipe: %w", err), os.RemoveAll(dir))
	}
	// Opened for reading and writing, the pipe does not wait for a reader.
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the leash's pipe: %w", err), os.RemoveAll(dir))
	}
	return &leash{dir: dir, self: self, pipe: pipe}, nil
}

// wrap returns a script that runs binary under the leash, because envtest starts the processes itself.
func (l *leash) wrap(binary string) (string, error) {
	words := []string{l.self, leashArgument, l.dir, binary}
	for i, word := range words {
		words[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	script := "#!/bin/sh\nexec " + strings.Join(words, " ") + ` "$@"` + "\n"
	path := filepath.Join(l.dir, filepath.Base(binary))
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		return "", fmt.Errorf("writing the leash's script: %w", err)
	}
	return path, nil
}

// command returns binary under the leash, in its own process group, so that only the starter receives Ctrl-C from a
// terminal.
func (l *leash) command(binary string, args ...string) *exec.Cmd {
	args = append([]string{leashArgument, l.dir, binary}, args...)
	cmd := exec.Command(l.self, args...) //nolint:noctx // the pipe is what ends it
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

// close kills the remaining processes and removes the directory.
func (l *leash) close() error {
	return errors.Join(l.pipe.Close(), os.RemoveAll(l.dir))
}
