// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// counts is what an import has done so far.
type counts struct {
	// Read is how many users were read, Written how many manifests were written.
	Read    int `json:"read"`
	Written int `json:"written"`
	// Skipped has the users that are managed already, by why.
	Skipped map[standing]int `json:"skipped,omitempty"`
	// LeftOut has the users with a field that a ClerkUser cannot declare, by field.
	LeftOut map[string]affected `json:"leftOut,omitempty"`
	// NoRoom are the users in whose private metadata the owner mark does not fit.
	NoRoom affected `json:"noRoom,omitzero"`
}

// affected are users that something happened to. The examples are the first ones.
type affected struct {
	Count    int      `json:"count"`
	Examples []string `json:"examples"`
}

const maxExamples = 3

func (a affected) with(id string) affected {
	if a.Count++; len(a.Examples) < maxExamples {
		a.Examples = append(slices.Clone(a.Examples), id)
	}
	return a
}

func (a affected) String() string {
	text := strings.Join(a.Examples, ", ")
	if a.Count > len(a.Examples) {
		text += ", …"
	}
	return fmt.Sprintf("%s (%s)", plural(a.Count, "user"), text)
}

func (c *counts) skip(why standing) {
	if c.Skipped == nil {
		c.Skipped = map[standing]int{}
	}
	c.Skipped[why]++
}

func (c *counts) leaveOut(field, id string) {
	if c.LeftOut == nil {
		c.LeftOut = map[string]affected{}
	}
	c.LeftOut[field] = c.LeftOut[field].with(id)
}

// lines says for people what was done.
func (c *counts) lines(enforce bool) []string {
	lines := []string{fmt.Sprintf("%s, %s", plural(c.Read, "user")+" read", plural(c.Written, "manifest")+" written")}
	for why, text := range map[standing]string{
		hasObject:        "that a ClerkUser of this cluster manages already",
		orphaned:         "marked by a ClerkUser of this cluster that does not exist any more; kubectl clerk orphans lists them",
		ofAnotherCluster: "that another cluster manages, or whose owner mark cannot be read; --include-managed writes them, too",
	} {
		if n := c.Skipped[why]; n > 0 {
			lines = append(lines, fmt.Sprintf("skipped %s %s", plural(n, "user"), text))
		}
	}
	slices.Sort(lines[1:])
	for _, field := range slices.Sorted(maps.Keys(c.LeftOut)) {
		lines = append(lines, fmt.Sprintf("%s cannot be declared as it is, and is left out in part or as a whole, of %s", field, c.LeftOut[field]))
	}
	if enforce && c.NoRoom.Count > 0 {
		lines = append(lines, fmt.Sprintf("the owner mark does not fit into the private metadata of %s; the operator cannot manage them before there is room", c.NoRoom))
	}
	return lines
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
