// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command mutation changes packages on purpose, in one small way at a time, and runs the tests of a package against each
// change. It prints a change that no test notices, and then the exit code is 1. The sources are not changed; the go
// command reads the changed file through an overlay.
//
//	go run ./hack/mutation [-count 60] [-only text] internal/plan internal/controller/clerkuser/result.go
//
// A mutant that no test can notice, because it means the same, is listed with its reason in
// hack/mutation/equivalent.txt.
package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
)

//go:embed equivalent.txt
var equivalentText string

func main() {
	count := flag.Int("count", 60, "how many mutants of each package or file to try, spread evenly; 0 means all")
	only := flag.String("only", "", "try only mutants whose line has this text")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: mutation [-count n] [-only text] DIRECTORY|FILE ...")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	survivors, err := runAll(ctx, flag.Args(), *count, *only)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "mutation: %v\n", err)
		os.Exit(1)
	}
	if survivors > 0 {
		fmt.Printf("%d mutants survived: write the test that would have noticed, or list one with its reason in hack/mutation/equivalent.txt\n", survivors)
		os.Exit(1)
	}
}

// runAll tries the chosen mutants of several packages and files, and returns how many survived.
func runAll(ctx context.Context, targets []string, count int, only string) (survivors int, err error) {
	for _, target := range targets {
		n, err := run(ctx, target, count, only)
		if err != nil {
			return survivors, err
		}
		survivors += n
	}
	return survivors, nil
}

// run tries the chosen mutants of the package in a directory, or of one file, and returns how many survived.
func run(ctx context.Context, target string, count int, only string) (int, error) {
	all, err := findMutants(target)
	if err != nil {
		return 0, err
	}
	chosen := choose(all, count, only)
	fmt.Printf("trying %d of %d mutants of %s\n", len(chosen), len(all), target)
	known := equivalents(equivalentText)
	tally := map[outcome]int{}
	for _, m := range chosen {
		if known[m.String()] {
			tally[equivalent]++
			continue
		}
		result, err := try(ctx, filepath.Dir(m.file), m)
		if err != nil {
			return tally[survived], err
		}
		tally[result]++
		fmt.Printf("%-9s %s\n", result, m)
	}
	fmt.Printf("%d killed, %d survived, %d equivalent, %d did not compile\n",
		tally[killed], tally[survived], tally[equivalent], tally[invalid])
	if tally[killed]+tally[survived] == 0 {
		return 0, fmt.Errorf("no mutant of %s was tried", target)
	}
	return tally[survived], nil
}

// choose returns count mutants, spread evenly, whose line contains the text only.
func choose(all []mutant, count int, only string) []mutant {
	var matching []mutant
	for _, m := range all {
		if strings.Contains(m.String(), only) {
			matching = append(matching, m)
		}
	}
	if count <= 0 || count >= len(matching) {
		return matching
	}
	chosen := make([]mutant, 0, count)
	for i := range count {
		chosen = append(chosen, matching[i*len(matching)/count])
	}
	return chosen
}

// equivalents reads the list of mutants that mean the same as the original, one a line as printed. The text after "  #
// " is the reason.
func equivalents(text string) map[string]bool {
	known := map[string]bool{}
	for line := range strings.Lines(text) {
		name, reason, _ := strings.Cut(strings.TrimSpace(line), "  # ")
		if name != "" && reason != "" && !strings.HasPrefix(name, "#") {
			known[name] = true
		}
	}
	return known
}
