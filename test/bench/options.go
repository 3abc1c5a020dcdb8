// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const usage = `bench measures the operator as a process, against a real kube-apiserver and etcd and a Clerk emulator, and
prints a table. Processes end with it, however it ends.

Usage:
  make bench ARGS="flags"

Flags:
  -n list            users, such as 1000, or several sizes: 100,1000,10000. 50000 takes half an hour (default 100)
  -latency duration  how long the emulated Clerk takes for every answer (default 100ms)
  -o file            write the figures as JSON; several sizes are written as a list (default: none)
  -phases list       phases to run, in their fixed order (default: all). They are:
                       ` + phaseNames + `
                     Every phase but personIdle needs create.
  -changes count     single changes of each kind in a person phase (default 20)
  -quiet duration    how long the quiet hour is watched; it runs 60 times as fast as an hour (default 60s)
  -scrape duration   measure every size twice: without and with scraping the operator's metrics in this interval, such as 5s,
                     as Prometheus does (default: once, without)
  -seed number       makes names and choices; the same seed makes the same (default 1)
  -manager file      the operator to run; none builds bin/manager from this checkout
  -profile dir       run the operator inside the bench and write a CPU and a heap profile of every phase there; CPU time
                     and memory are then of both together
  -help              show this text
`

// options are the parsed flags.
type options struct {
	root    string
	sizes   []int
	latency time.Duration
	output  string
	phases  []string
	changes int
	quiet   time.Duration
	// scrape is the time between two scrapes; 0 for none.
	scrape  time.Duration
	seed    uint64
	manager string
	profile string
}

// parseOptions parses the command line. Its error is flag.ErrHelp if help was requested.
func parseOptions(args []string) (options, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	var o options
	sizes := flags.String("n", "100", "")
	phases := flags.String("phases", "", "")
	flags.DurationVar(&o.latency, "latency", 100*time.Millisecond, "")
	flags.StringVar(&o.output, "o", "", "")
	flags.IntVar(&o.changes, "changes", 20, "")
	flags.DurationVar(&o.quiet, "quiet", time.Minute, "")
	flags.DurationVar(&o.scrape, "scrape", 0, "")
	flags.Uint64Var(&o.seed, "seed", 1, "")
	flags.StringVar(&o.manager, "manager", "", "")
	flags.StringVar(&o.profile, "profile", "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var err error
	if o.sizes, err = parseSizes(*sizes); err != nil {
		return o, err
	}
	if o.phases, err = parsePhases(*phases); err != nil {
		return o, err
	}
	if o.changes < 1 || o.latency < 0 || o.quiet < time.Second {
		return o, errors.New("-changes must be at least 1, -latency at least 0 and -quiet at least 1s")
	}
	if o.scrape < 0 || o.scrape > 0 && o.profile != "" {
		return o, errors.New("-scrape must be more than 0, and cannot be combined with -profile")
	}
	o.root, err = assets.Root()
	return o, err
}

func parseSizes(list string) ([]int, error) {
	var sizes []int
	for text := range strings.SplitSeq(list, ",") {
		size, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || size < 1 {
			return nil, fmt.Errorf("-n: want numbers of users, at least 1 each, not %q", list)
		}
		sizes = append(sizes, size)
	}
	return sizes, nil
}

// parsePhases returns the phases in a list; all for an empty list.
func parsePhases(list string) ([]string, error) {
	known := strings.Fields(phaseNames)
	if list == "" {
		return known, nil
	}
	var chosen []string
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("-phases: there is no phase %q", name)
		}
		chosen = append(chosen, name)
	}
	alone := !slices.ContainsFunc(chosen, func(name string) bool { return name != phasePersonIdle })
	if !alone && !slices.Contains(chosen, phaseCreate) {
		return nil, errors.New("-phases: every phase but personIdle needs create")
	}
	return chosen, nil
}
