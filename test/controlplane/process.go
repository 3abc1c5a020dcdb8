// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopLimit is how long a process may take to end after a signal.
const stopLimit = 30 * time.Second

// Process is a program that runs beside the control plane and ends with it.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// run starts binary under the leash and writes its output to out.
func (l *leash) run(out io.Writer, binary string, args ...string) (*Process, error) {
	p := &Process{name: filepath.Base(binary), cmd: l.command(binary, args...), done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = out, out
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the process ended; nil for exit code 0. It waits for the end.
func (p *Process) Err() error {
	<-p.done
	return p.err
}

// Stop signals the process and waits for it. A process that does not end in 30 s is killed. The error says that the
// process was killed or ended with an exit code other than 0.
func (p *Process) Stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("stopping %s: %w", p.name, err)
	}
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
	if p.err != nil {
		return fmt.Errorf("stopping %s: %w", p.name, p.err)
	}
	return nil
}

// Kill kills the process with SIGKILL, as the loss of its machine does, and waits for it.
func (p *Process) Kill() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing %s: %w", p.name, err)
	}
	<-p.done
	return nil
}
