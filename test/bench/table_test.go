// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// measured is a document with every phase in it.
func measured(users int) *document {
	times := &percentiles{P50: 120, P99: 380, Max: 390, Samples: 40}
	return &document{
		Users: users, LatencyMillis: 100, RequestsPer10s: 500, Seed: 1,
		Phases: []*phase{
			{
				Name: phaseCreate, Users: users, Seconds: 20, BudgetFloorSeconds: 10, BudgetShare: 0.96,
				ClerkCalls: map[string]int{"POST /users": users}, KubeWrites: map[string]int{"patch clerkusers": users, "create events": 1, "patch clerkinstances/status": 9 * users},
				CPUMillisPerUser: 4.5, PeakRSSMiB: 55, SettledRSSMiB: 50, Sockets: 40, ApplyToReadyMillis: times,
			},
			{
				Name: phasePersonBeside, Users: 40, ClerkCalls: map[string]int{"POST /users": 20, "POST /users/{id}/ban": 20},
				ApplyToReadyMillis: times, NewUserMillis: times, EditMillis: times, Notes: []string{"a note"},
			},
			{Name: phaseRestart, Users: users, Seconds: 3, ClerkCalls: map[string]int{"GET /users": 14}, PeakRSSMiB: 61},
			{
				Name: phaseQuietHour, Users: users, ClerkCalls: map[string]int{"GET /users": 71}, SettledRSSMiB: 50, AnonymousMiB: 10,
				Quiet: &quietFigures{IncrementalSyncs: 60, FullSyncCalls: 10, Counts: 1, CPUMillisPerIncrementalSync: 1.5, CPUMillisPerFullSync: 60, CoreShare: 0.00004},
			},
			{Name: phaseDrift, Users: 10, Drift: &driftFigures{Changed: 10, Missed: 1, HealMillis: times}},
			{Name: phaseControl, Users: users, PeakRSSMiB: 900, Control: &controlFigures{Rounds: 1, CallsPerRound: 1000, CallsPerHour: 60000}},
		},
	}
}

func TestTableSaysWhatWasReached(t *testing.T) {
	t.Parallel()
	text := tableOf(measured(1000))
	for _, want := range []string{
		"1000 users, Clerk answers in 100 ms",
		"calls 20 POST /users, 20 POST /users/{id}/ban",
		"a note",
		"60 incremental syncs, 10 calls of full syncs, 1 counts; 1.50 CPU ms per incremental sync",
		"10 changed at Clerk, 1 missed",
		"in an hour 60000 calls",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	for what, verdict := range map[string]string{
		"create: POST /users per user":           "reached",
		"create: Kubernetes writes per user":     "reached",
		"create: CPU per user":                   "reached",
		"create: share of the budget used":       "reached",
		"personBeside: apply to Ready, p50":      "reached",
		"personBeside: apply to Ready, p99":      "reached",
		"restart: calls":                         "reached",
		"quiet hour: calls":                      "reached",
		"quiet hour: Kubernetes writes":          "reached",
		"quiet hour: share of a core":            "reached",
		"drift: missed":                          "not",
		"memory: peak of all phases":             "not",
		"memory: at rest, in the quiet hour":     "reached",
		"sockets: the most of all phases":        "reached",
		"restart: seconds until all are checked": "reached",
		"restart: Kubernetes writes":             "reached",
		"create: other calls":                    "reached",
	} {
		if got := resultOf(text, what); got != verdict {
			t.Errorf("%s: %q, want %q", what, got, verdict)
		}
	}
}

// resultOf returns the last word of a target's row, "" if there is none.
func resultOf(text, what string) string {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, what+"  ") {
			words := strings.Fields(line)
			return words[len(words)-1]
		}
	}
	return ""
}

func TestTargetsThatAreMissed(t *testing.T) {
	t.Parallel()
	d := measured(1000)
	d.find(phaseCreate).ClerkCalls["POST /users"] = 1001
	d.find(phaseCreate).BudgetShare = 0.9
	d.find(phaseRestart).ClerkCalls["GET /users"] = 15
	d.find(phaseRestart).KubeWrites = map[string]int{"patch clerkusers/status": 1}
	d.find(phaseQuietHour).ClerkCalls["GET /users"] = 72
	text := tableOf(d)
	for _, what := range []string{
		"create: POST /users per user", "create: share of the budget used", "restart: calls", "restart: Kubernetes writes", "quiet hour: calls",
	} {
		if got := resultOf(text, what); got != "not" {
			t.Errorf("%s: %q", what, got)
		}
	}
}

func TestSlopeBetweenSizes(t *testing.T) {
	t.Parallel()
	more := measured(10_000)
	more.find(phaseQuietHour).AnonymousMiB = 10 + 9000*5.0/1024
	text := slopeOf([]*document{measured(1000), more})
	if !strings.Contains(text, "5.0 KiB") || resultOf(text, "memory per user from 1000 to 10000 users") != "reached" {
		t.Errorf("slope:\n%s", text)
	}
}

func TestDocumentOfOneSizeIsAnObject(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "out.json")
	var one struct {
		Users  int
		Phases []map[string]any
	}
	readDocuments(t, file, &one, measured(1000))
	if one.Users != 1000 || len(one.Phases) != 6 {
		t.Fatalf("%+v", one)
	}
	create := one.Phases[0]
	for _, name := range []string{
		"name", "clerkCalls", "kubeWrites", "seconds", "budgetFloorSeconds", "cpuMillisPerUser", "apiserverCPUMillisPerUser",
		"peakRSSMiB", "sockets", "applyToReadyMillis",
	} {
		if _, found := create[name]; !found {
			t.Errorf("the phase has no %s: %v", name, create)
		}
	}
	want := map[string]any{"p50": 120.0, "p99": 380.0, "max": 390.0, "samples": 40.0}
	if diff := cmp.Diff(want, create["applyToReadyMillis"]); diff != "" {
		t.Errorf("waiting times (-want +got):\n%s", diff)
	}
	var several []struct{ Users int }
	readDocuments(t, file, &several, measured(100), measured(1000))
	if len(several) != 2 || several[1].Users != 1000 {
		t.Errorf("%+v", several)
	}
}

func readDocuments(t *testing.T, file string, into any, documents ...*document) {
	t.Helper()
	if err := writeDocuments(file, documents); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}
