// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"path"
	"strings"
)

// share counts the statements of a package, or of a file with its own floor.
type share struct{ reached, all int }

func (s share) percent() float64 {
	if s.all == 0 {
		return 100
	}
	return 100 * float64(s.reached) / float64(s.all)
}

// block is one line of a profile: statements that run together.
type block struct {
	file    string
	size    int
	reached bool
}

// measure sums up a profile by package. A file in floors is also counted separately. Generated files are left out.
func measure(profile string, floors map[string]float64) (map[string]share, error) {
	blocks, err := read(profile)
	if err != nil {
		return nil, err
	}
	shares := map[string]share{}
	for _, b := range blocks {
		if strings.HasPrefix(path.Base(b.file), "zz_generated.") {
			continue
		}
		add(shares, path.Dir(b.file)+"/", b)
		if _, ok := floors[b.file]; ok {
			add(shares, b.file, b)
		}
	}
	return shares, nil
}

// read returns the blocks of a profile by position. With several test binaries a block occurs several times; it is
// reached if any of them reached it.
func read(profile string) (map[string]block, error) {
	blocks := map[string]block{}
	for line := range strings.Lines(profile) {
		if strings.HasPrefix(line, "mode:") {
			continue
		}
		var place string
		var size, count int
		if _, err := fmt.Sscan(line, &place, &size, &count); err != nil {
			return nil, fmt.Errorf("reading the profile's line %q: %w", strings.TrimSpace(line), err)
		}
		file, _, _ := strings.Cut(strings.TrimPrefix(place, module), ":")
		blocks[place] = block{file: file, size: size, reached: count > 0 || blocks[place].reached}
	}
	return blocks, nil
}

func add(shares map[string]share, name string, b block) {
	sum := shares[name]
	sum.all += b.size
	if b.reached {
		sum.reached += b.size
	}
	shares[name] = sum
}

// longest returns the longest entry of floors that is a prefix of name.
func longest(name string, floors map[string]float64) string {
	best := ""
	for prefix := range floors {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	return best
}
