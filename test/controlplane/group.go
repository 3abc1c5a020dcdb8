// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"io"
	"slices"
	"sync"
)

// Group is a set of programs that end with this process, however it ends. Its main function must call Leash first.
type Group struct {
	leash *leash

	mu        sync.Mutex
	processes []*Process
}

// NewGroup returns a group without programs. The caller must call Stop.
func NewGroup() (*Group, error) {
	held, err := newLeash()
	if err != nil {
		return nil, err
	}
	return &Group{leash: held}, nil
}

// Directory is for files of the programs. Stop removes it, and so does the end of this process.
func (g *Group) Directory() string { return g.leash.dir }

// Run starts a program and writes its output to out, which may be nil.
func (g *Group) Run(out io.Writer, binary string, args ...string) (*Process, error) {
	process, err := g.leash.run(out, binary, args...)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.processes = append(g.processes, process)
	return process, nil
}

// Stop stops all programs in the reverse order of their start and removes the directory.
func (g *Group) Stop() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	var errs []error
	for _, process := range slices.Backward(g.processes) {
		errs = append(errs, process.Stop())
	}
	return errors.Join(append(errs, g.leash.close())...)
}
