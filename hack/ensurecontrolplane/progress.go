// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"sync"
	"time"
)

// keptLines is how much of a build's output is kept to explain a failure.
const keptLines = 30

// progress reads the output of "go build -v": one line for each compiled package, and errors.
type progress struct {
	name    string
	started time.Time

	mu       sync.Mutex
	packages int
	rest     string
	last     []string
}

func newProgress(name string) *progress {
	return &progress{name: name, started: time.Now()}
}

// Write reads a part of the output. It never fails.
func (p *progress) Write(part []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := strings.Split(p.rest+string(part), "\n")
	p.rest = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		if !strings.ContainsAny(line, " #:") {
			p.packages++
			continue
		}
		p.last = append(p.last, line)
		if len(p.last) > keptLines {
			p.last = p.last[1:]
		}
	}
	return len(part), nil
}

// report prints the progress of the build.
func (p *progress) report() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.packages == 0 {
		sayf("%s: nothing to compile yet (%s)", p.name, time.Since(p.started).Round(time.Second))
		return
	}
	sayf("%s: %d packages compiled (%s)", p.name, p.packages, time.Since(p.started).Round(time.Second))
}

// lastLines returns the end of the build's output without package names.
func (p *progress) lastLines() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(append(p.last, p.rest), "\n")
}
