// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// progressInterval is the time between two changes of what a terminal shows. Faster ones flicker.
const progressInterval = 100 * time.Millisecond

// eraseLine moves to the beginning of the line of a terminal and erases it.
const eraseLine = "\r\x1b[K"

// Progress is a line on a terminal that says how far a command is. A nil Progress shows nothing. Its methods may be called at the
// same time.
type Progress struct {
	out  io.Writer
	now  func() time.Time
	what string

	mu    sync.Mutex
	shown time.Time
}

// Progress shows on standard error what the command does now, until Done. Where standard error is no terminal, it shows nothing.
func (e *Environment) Progress(what string) *Progress {
	if !IsTerminal(e.ErrOut) {
		return nil
	}
	return newProgress(e.ErrOut, e.Now, what)
}

func newProgress(out io.Writer, now func() time.Time, what string) *Progress {
	fmt.Fprint(out, eraseLine+what)
	return &Progress{out: out, now: now, what: what}
}

// Set shows that n of a total are done. A total of 0 is not known.
func (p *Progress) Set(n, total int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if now.Sub(p.shown) < progressInterval {
		return
	}
	p.shown = now
	if total == 0 {
		fmt.Fprintf(p.out, "%s%s: %d", eraseLine, p.what, n)
		return
	}
	fmt.Fprintf(p.out, "%s%s: %d of %d", eraseLine, p.what, n, total)
}

// Done erases the line.
func (p *Progress) Done() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprint(p.out, eraseLine)
}
