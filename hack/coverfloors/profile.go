// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path"
	"strings"
)

// share counts the statements of a package, or of a file that has a floor of its own.
type share struct{ reached, all int }

func (s share) percent() float64 {
	if s.all == 0 {
		return 100
	}
	return 100 * float64(s.reached) / float64(s.all)
}

// measure sums up a profile by package; a file that floors names counts for itself too.
// Generated files are left out. With several test binaries a block occurs several times; it
// is reached if any of them reached it.
func measure(profile string, floors map[string]float64) (map[string]share, error) {
	statements, reached := map[string]int{}, map[string]bool{}
	for line := range strings.Lines(profile) {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		var block string
		var size, count int
		if _, err := fmt.Sscan(line, &block, &size, &count); err != nil {
			return nil, fmt.Errorf("reading the profile's line %q: %w", strings.TrimSpace(line), err)
		}
		statements[block] = size
		reached[block] = reached[block] || count > 0
	}
	shares := map[string]share{}
	for block, size := range statements {
		file, _, _ := strings.Cut(strings.TrimPrefix(block, module), ":")
		if strings.HasPrefix(path.Base(file), "zz_generated.") {
			continue
		}
		names := []string{path.Dir(file) + "/"}
		if _, ok := floors[file]; ok {
			names = append(names, file)
		}
		for _, name := range names {
			sum := shares[name]
			sum.all += size
			if reached[block] {
				sum.reached += size
			}
			shares[name] = sum
		}
	}
	return shares, nil
}

// longest returns the longest of floors' names that name begins with.
func longest(name string, floors map[string]float64) string {
	best := ""
	for prefix := range floors {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return best
}
