// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command coverfloors reads a coverage profile, prints the share of statements that each package's tests reach, and
// fails if one is below its floor.
package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// module is the prefix of this repository's packages.
const module = "github.com/clerk-operator/clerk-operator/"

// floors returns the minimum shares of statements in percent. A directory or file without an entry has the floor of the
// longest entry that is its prefix.
func floors() map[string]float64 {
	return map[string]float64{
		"":                               80,
		"internal/plan/":                 100,
		"internal/clerk/":                90,
		"internal/ratelimit/":            90,
		"internal/controller/reconcile/": 100,
		"internal/controller/clerkuser/result.go":       100,
		"internal/controller/clerkinstance/result.go":   100,
		"internal/controller/clerkuseraction/result.go": 100,
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: coverfloors PROFILE")
		os.Exit(2)
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "reading the profile: %v\n", err)
		os.Exit(1)
	}
	shares, err := measure(string(text), floors())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if !compare(shares, floors()) {
		os.Exit(1)
	}
}

// compare prints every share and reports whether all reach their floors.
func compare(shares map[string]share, floors map[string]float64) bool {
	good := true
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		floor := floors[longest(name, floors)]
		have := shares[name].percent()
		verdict := ""
		if have < floor {
			good = false
			verdict = fmt.Sprintf("  below its floor of %.0f %%: add tests, or take out what nothing needs", floor)
		}
		fmt.Printf("%6.1f %%  %s%s\n", have, strings.TrimSuffix(name, "/"), verdict)
	}
	return good
}
