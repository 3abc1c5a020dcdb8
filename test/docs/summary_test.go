// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// summary counts what the pages show, and what runs it.
type summary struct {
	pages, blocks int
	// commands are counted by what happens to them: run, by another test, or not run.
	commands map[string]int
	// manifests are counted by their API group in the same way.
	manifests map[string]int
	// notRun are the reasons with the number of commands.
	notRun map[string]int
}

func newSummary() *summary {
	return &summary{commands: map[string]int{}, manifests: map[string]int{}, notRun: map[string]int{}}
}

// add counts a block.
func (s *summary) add(b Block, t treatment) {
	s.blocks++
	by := t.by
	if by != run && by != notRun {
		by = "run by another test"
	}
	if b.HasCommands() {
		commands := len(Examples(b))
		s.commands[by] += commands
		if t.by == notRun {
			s.notRun[t.reason] += commands
		}
	}
	if b.Language != YAML {
		return
	}
	if t.by == notRun {
		s.manifests[notRun]++
		s.notRun[t.reason]++
		return
	}
	manifests, _ := Manifests(b)
	if len(manifests) == 0 {
		s.manifests["no manifest: "+cmp.Or(strings.TrimPrefix(t.by, read), "read as YAML")]++
	}
	for _, m := range manifests {
		s.manifests[cmp.Or(OtherKind(m.GroupVersionKind().Group), applied)]++
	}
}

// share is the part of the commands that is run, here or by another test.
func (s *summary) share() float64 {
	all := 0
	for _, n := range s.commands {
		all += n
	}
	return float64(all-s.commands[notRun]) / float64(max(all, 1))
}

func (s *summary) String() string {
	var lines strings.Builder
	list := func(title string, counts map[string]int) {
		total := 0
		for _, n := range counts {
			total += n
		}
		fmt.Fprintf(&lines, "%d %s\n", total, title)
		for _, what := range slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
			return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
		}) {
			fmt.Fprintf(&lines, "  %4d %s\n", counts[what], what)
		}
	}
	fmt.Fprintf(&lines, "%d pages, %d fenced blocks\n", s.pages, s.blocks)
	list("commands", s.commands)
	list("manifests and other YAML", s.manifests)
	list("are not run, because", s.notRun)
	return lines.String()
}
