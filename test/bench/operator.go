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

// operator is the running manager.
type operator struct {
	// pid is its process id.
	pid int
	// wait waits for its end and returns an error unless it was orderly. kill kills it and waits.
	wait, kill func() error
	// expected is true if its end is no failure.
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

// startOperator runs the operator with its defaults except leader election, as a process unless profiles are requested.
func (env *environment) startOperator(ctx context.Context) error {
	start := env.startProcess
	if env.profile != "" {
		start = env.startInside
	}
	started, err := start(ctx)
	if err != nil {
		return err
	}
	env.operator = started
	env.pid.Store(int64(started.pid))
	go env.guard(started)
	return nil
}

// startProcess runs the operator's binary.
func (env *environment) startProcess(ctx context.Context) (*operator, error) {
	if err := os.MkdirAll(filepath.Dir(env.logPath()), 0o755); err != nil {
		return nil, fmt.Errorf("making room for the operator's log: %w", err)
	}
	log, err := os.OpenFile(env.logPath(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the operator's log: %w", err)
	}
	defer log.Close()
	process, err := env.plane.Run(log, env.manager,
		"--kubeconfig="+env.plane.Kubeconfig(),
		"--allowed-api-hosts=http://"+env.listener.Address(),
		"--operator-namespace="+operatorNamespace,
		// A killed process keeps its lease for a while, which would distort the figures.
		"--leader-elect=false",
		"--health-probe-bind-address=0",
		"--metrics-bind-address="+env.metricsAddress(),
	)
	if err != nil {
		return nil, err
	}
	pid, err := awaitDescendant(ctx, filepath.Base(env.manager), process.Done())
	if err != nil {
		return nil, fmt.Errorf("%w; its log is %s", err, env.logPath())
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

// restartOperator kills the operator and starts another, which has no state in memory.
func (env *environment) restartOperator(ctx context.Context) error {
	if err := env.killOperator(); err != nil {
		return err
	}
	return env.startOperator(ctx)
}

// guard aborts the measurement if the operator ends by itself.
func (env *environment) guard(o *operator) {
	err := o.wait()
	if !o.expected.Load() {
		env.fail(fmt.Errorf("the operator ended by itself (%w); its log is %s", err, env.logPath()))
	}
}

// awaitDescendant waits for the process that a leash starts.
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

// killOperator kills the operator, like the loss of its node.
func (env *environment) killOperator() error {
	env.operator.expected.Store(true)
	return env.operator.kill()
}

// rest waits until the operator is idle: two seconds in which it needs less than a twentieth of a core. If it is always
// busy, rest returns after a while.
func (env *environment) rest(ctx context.Context) error {
	const (
		tick, limit = time.Second, time.Minute
		calm        = 50 * time.Millisecond
	)
	calmTicks := 0
	for began := time.Now(); calmTicks < 2 && time.Since(began) < limit; {
		before, err := readStat(env.operator.pid)
		if err != nil {
			return err
		}
		if err := pause(ctx, tick); err != nil {
			return err
		}
		after, err := readStat(env.operator.pid)
		if err != nil {
			return err
		}
		if calmTicks++; after.cpu-before.cpu > calm {
			calmTicks = 0
		}
	}
	return nil
}
