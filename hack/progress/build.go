// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package progress

import (
	"fmt"
	"strings"
	"sync"
)

// keptLines is how much of a build's output is kept to explain a failure.
const keptLines = 30

// Build reads the output of "go build -v": a line for each module that is downloaded, one for each compiled package, and errors.
type Build struct {
	mu                sync.Mutex
	modules, packages int
	rest              string
	last              []string
}

// Write reads a part of the output. It never fails.
func (b *Build) Write(part []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := strings.Split(b.rest+string(part), "\n")
	b.rest = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			b.modules++
		case !strings.ContainsAny(line, " #:"):
			b.packages++
		default:
			b.last = append(b.last, line)
			b.last = b.last[max(0, len(b.last)-keptLines):]
		}
	}
	return len(part), nil
}

// String says how far the build is; "" if nothing was to do so far.
func (b *Build) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var parts []string
	for _, part := range []struct {
		count int
		what  string
	}{{b.modules, "modules downloaded"}, {b.packages, "packages compiled"}} {
		if part.count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.count, part.what))
		}
	}
	return strings.Join(parts, ", ")
}

// LastLines returns the end of the output without modules and packages: why the build failed.
func (b *Build) LastLines() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.TrimSpace(strings.Join(append(b.last, b.rest), "\n"))
}
