// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package progress prints the numbered steps of a long command: which one of how many, what it does now, and how long it took. It
// imports the standard library only, so that a command that downloads everything else can begin with it.
package progress

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// heartbeat is the longest time without a line of output where no terminal shows the progress.
	heartbeat = 10 * time.Second
	// redraw is how often a terminal shows the progress.
	redraw = 200 * time.Millisecond
	// clipped rewrites the line of a terminal. Without automatic wrapping, a line that is too long ends at the edge, and the next
	// rewriting finds it.
	clipped = "\r\x1b[K\x1b[?7l%s\x1b[?7h"
	erased  = "\r\x1b[K"
)

// Steps are the steps of one command.
type Steps struct {
	mu    sync.Mutex
	out   io.Writer
	live  bool
	next  int
	total int
	// beat is how often the present step is shown while it runs.
	beat time.Duration
}

// New returns steps that are printed to out, from the one with the number first on. On a terminal, the step that runs is one line that
// is rewritten.
func New(out io.Writer, first, total int) *Steps {
	s := &Steps{out: out, next: first, total: total, beat: heartbeat}
	if s.live = Live(out); s.live {
		s.beat = redraw
	}
	return s
}

// Live reports whether out is a terminal whose lines can be rewritten.
func Live(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("TERM") == "dumb" || os.Getenv("TERM") == "" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Step is a step that runs. Its methods can be called by several goroutines.
type Step struct {
	steps   *Steps
	head    string
	began   time.Time
	stopped chan struct{}
	idle    sync.WaitGroup

	says string
}

// Begin prints the title of the next step. The caller must call Done or Failed.
func (s *Steps) Begin(title string) *Step {
	s.mu.Lock()
	step := &Step{steps: s, head: fmt.Sprintf("[%d/%d] %s", s.next, s.total, title), began: time.Now(), stopped: make(chan struct{})}
	s.next++
	if s.live {
		fmt.Fprintf(s.out, clipped, step.head)
	} else {
		fmt.Fprintln(s.out, step.head)
	}
	s.mu.Unlock()
	step.idle.Go(step.show)
	return step
}

// show repeats the progress until the step ends.
func (p *Step) show() {
	tick := time.NewTicker(p.steps.beat)
	defer tick.Stop()
	for {
		select {
		case <-p.stopped:
			return
		case <-tick.C:
			p.steps.mu.Lock()
			p.draw()
			p.steps.mu.Unlock()
		}
	}
}

// draw prints the present progress. Its caller holds the lock.
func (p *Step) draw() {
	line := took(time.Since(p.began))
	if p.says != "" {
		line += ": " + p.says
	}
	if p.steps.live {
		fmt.Fprintf(p.steps.out, clipped, p.head+", "+line)
	} else {
		fmt.Fprintln(p.steps.out, "      "+line)
	}
}

// Sayf sets what the step does now; it is shown with the next progress.
func (p *Step) Sayf(format string, args ...any) {
	p.steps.mu.Lock()
	defer p.steps.mu.Unlock()
	p.says = fmt.Sprintf(format, args...)
}

// Notef prints a line that stays.
func (p *Step) Notef(format string, args ...any) {
	p.steps.mu.Lock()
	defer p.steps.mu.Unlock()
	line := "      " + fmt.Sprintf(format, args...)
	if p.steps.live {
		line = erased + line
	}
	fmt.Fprintln(p.steps.out, line)
	if p.steps.live {
		fmt.Fprintf(p.steps.out, clipped, p.head)
	}
}

// Done prints how long the step took, and what came of it unless that is empty.
func (p *Step) Done(result string) {
	p.end("done in "+took(time.Since(p.began)), result)
}

// Failed prints how long the step took until it failed. The caller prints the error.
func (p *Step) Failed() {
	p.end("failed after "+took(time.Since(p.began)), "")
}

func (p *Step) end(how, result string) {
	close(p.stopped)
	p.idle.Wait()
	p.steps.mu.Lock()
	defer p.steps.mu.Unlock()
	if result != "" {
		how += ": " + result
	}
	if p.steps.live {
		// Here the line may wrap: nothing rewrites it.
		fmt.Fprintln(p.steps.out, erased+p.head+", "+how)
	} else {
		fmt.Fprintln(p.steps.out, "      "+how)
	}
}

// took writes a duration as people say it: 0.4 s, 12 s, 3 min 5 s.
func took(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	default:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	}
}
