// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestOptions(t *testing.T) {
	t.Parallel()
	o, err := parseOptions(strings.Fields("-n 100,1000 -latency 20ms -phases create,restart -o out.json -seed 7"))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(o.sizes, []int{100, 1000}) || o.latency != 20*time.Millisecond || o.output != "out.json" || o.seed != 7 {
		t.Errorf("options %+v", o)
	}
	if diff := cmp.Diff([]string{phaseCreate, phaseRestart}, o.phases); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	o, err = parseOptions(nil)
	if err != nil || !slices.Equal(o.phases, strings.Fields(phaseNames)) || !slices.Equal(o.sizes, []int{100}) {
		t.Errorf("without flags: %+v, %v", o, err)
	}
}

func TestWrongFlagsFailWithTheUsage(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"Unknown":           "-users 5",
		"NoNumber":          "-n many",
		"NoUsers":           "-n 0",
		"UnknownPhase":      "-phases create,sleep",
		"PhaseWithoutUsers": "-phases restart",
		"Argument":          "-n 5 more",
		"NoChanges":         "-changes 0",
		"NegativeLatency":   "-latency -1s",
		"TooQuick":          "-quiet 10ms",
		"NegativeScrape":    "-scrape -1s",
		"ScrapeAndProfile":  "-scrape 5s -profile out",
	}
	for name, args := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut strings.Builder
			if code := run(t.Context(), strings.Fields(args), &out, &errOut); code != 2 || !strings.Contains(errOut.String(), "Flags:") {
				t.Errorf("exit code %d: %s", code, errOut.String())
			}
		})
	}
}

func TestHelpIsNoFailure(t *testing.T) {
	t.Parallel()
	var out, errOut strings.Builder
	if code := run(t.Context(), []string{"-help"}, &out, &errOut); code != 0 || out.String() != usage {
		t.Errorf("exit code %d: %s%s", code, out.String(), errOut.String())
	}
}
