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

// progress reads what "go build -v" says: one line for each package it compiles, and what
// went wrong.
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

// Write takes a part of the output. It never fails.
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

// report prints how far the build is.
func (p *progress) report() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.packages == 0 {
		sayf("%s: nothing to compile yet (%s)", p.name, time.Since(p.started).Round(time.Second))
		return
	}
	sayf("%s: %d packages compiled (%s)", p.name, p.packages, time.Since(p.started).Round(time.Second))
}

// tail returns the end of what the build said beside package names.
func (p *progress) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(append(p.last, p.rest), "\n")
}
