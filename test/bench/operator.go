// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// operator is the manager at work.
type operator struct {
	// pid is the process it runs in.
	pid int
	// wait waits for its end and says whether that was orderly; kill ends it without warning and waits.
	wait, kill func() error
	// expected says that its end is no failure.
	expected atomic.Bool
}

// buildOperator builds the operator as "make build" does, unless a flag names one.
func buildOperator(ctx context.Context, o *options) error {
	if o.manager != "" {
		return nil
	}
	o.manager = filepath.Join(o.root, "bin", "manager")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", o.manager, ".")
	cmd.Dir, cmd.Stderr = o.root, os.Stderr
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building the operator: %w", err)
	}
	return nil
}

// startOperator runs the operator with its defaults but leader election, as a process unless profiles are wanted.
func (w *world) startOperator(ctx context.Context) error {
	start := w.startProcess
	if w.profile != "" {
		start = w.startInside
	}
	started, err := start(ctx)
	if err != nil {
		return err
	}
	w.operator = started
	w.pid.Store(int64(started.pid))
	go w.guard(started)
	return nil
}

// startProcess runs the operator's binary.
func (w *world) startProcess(ctx context.Context) (*operator, error) {
	if err := os.MkdirAll(filepath.Dir(w.logPath()), 0o755); err != nil {
		return nil, fmt.Errorf("making room for the operator's log: %w", err)
	}
	log, err := os.OpenFile(w.logPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the operator's log: %w", err)
	}
	defer log.Close()
	process, err := w.plane.Run(log, w.manager,
		"--kubeconfig="+w.plane.Kubeconfig(),
		"--allowed-api-hosts=http://"+w.listener.Address(),
		"--operator-namespace="+operatorNamespace,
		// One that is killed keeps its lease for a while, which is nothing to measure.
		"--leader-elect=false",
		"--health-probe-bind-address=0",
		"--metrics-bind-address=0",
	)
	if err != nil {
		return nil, err
	}
	pid, err := awaitDescendant(ctx, filepath.Base(w.manager), process.Done())
	if err != nil {
		return nil, fmt.Errorf("%w; its log is %s", err, w.logPath())
	}
	kill := func() error {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("killing the operator: %w", err)
		}
		<-process.Done()
		return nil
	}
	return &operator{pid: pid, wait: process.Err, kill: kill}, nil
}

// restartOperator ends the operator without warning and starts another, which remembers nothing.
func (w *world) restartOperator(ctx context.Context) error {
	if err := w.killOperator(); err != nil {
		return err
	}
	return w.startOperator(ctx)
}

// guard ends the measuring when the operator ends by itself.
func (w *world) guard(o *operator) {
	err := o.wait()
	if !o.expected.Load() {
		w.fail(fmt.Errorf("the operator ended by itself (%w); its log is %s", err, w.logPath()))
	}
}

// awaitDescendant returns the process that a leash is about to start.
func awaitDescendant(ctx context.Context, name string, ended <-chan struct{}) (int, error) {
	const tick = 5 * time.Millisecond
	for {
		if pid, err := findDescendant(os.Getpid(), name); err == nil {
			return pid, nil
		}
		select {
		case <-ended:
			return 0, fmt.Errorf("starting %s: it ended at once", name)
		default:
		}
		if err := pause(ctx, tick); err != nil {
			return 0, err
		}
	}
}

// killOperator ends the operator as the loss of its node would.
func (w *world) killOperator() error {
	w.operator.expected.Store(true)
	return w.operator.kill()
}

// rest waits until the operator has nothing to do: two seconds in which it needs less than a twentieth of a core. One that
// does not come to rest, because it is always at work, is left at it after a while.
func (w *world) rest(ctx context.Context) error {
	const (
		tick, limit = time.Second, time.Minute
		calm        = 50 * time.Millisecond
	)
	calmTicks := 0
	for began := time.Now(); calmTicks < 2 && time.Since(began) < limit; {
		before, err := readStat(w.operator.pid)
		if err != nil {
			return err
		}
		if err := pause(ctx, tick); err != nil {
			return err
		}
		after, err := readStat(w.operator.pid)
		if err != nil {
			return err
		}
		if calmTicks++; after.cpu-before.cpu > calm {
			calmTicks = 0
		}
	}
	return nil
}
