// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSmallestRun measures a few users with the real binary and checks what can be counted: times are not for tests.
func TestSmallestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("short runs are for the race detector, which sees nothing of the processes that this test starts; make test runs it")
	}
	dir := t.TempDir()
	manager, file := filepath.Join(dir, "manager"), filepath.Join(dir, "out.json")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", manager, ".")
	build.Dir = filepath.Join("..", "..")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the operator: %v\n%s", err, text)
	}
	var out, log strings.Builder
	args := []string{"-n", "20", "-latency", "0", "-phases", "create,restart,scrape", "-scrape", "300ms", "-manager", manager, "-o", file}
	if code := run(t.Context(), args, &out, &log); code != 0 {
		t.Fatalf("exit code %d: %s", code, log.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var documents []*document
	if err := json.Unmarshal(text, &documents); err != nil || len(documents) != 2 {
		t.Fatalf("%d documents (%v), want one without and one with scraping", len(documents), err)
	}
	d := documents[0]
	if scrape := documents[1].find(phaseScrape); d.find(phaseScrape) != nil || scrape == nil || scrape.Scrapes.Count < scrapesInARow ||
		scrape.Scrapes.Series < 100 || scrape.Scrapes.SentBytes >= scrape.Scrapes.Bytes || scrape.CPUMillis <= 0 {
		t.Errorf("the phase of scrapes is %+v", scrape)
	}
	if create := documents[1].find(phaseCreate); create == nil || create.Scrapes == nil || create.Scrapes.Count == 0 {
		t.Errorf("nothing was scraped while users were created: %+v", create)
	}
	create, restart := d.find(phaseCreate), d.find(phaseRestart)
	if create == nil || restart == nil {
		t.Fatalf("the phases are not there: %s", text)
	}
	if diff := cmp.Diff(map[string]int{"POST /users": 20}, create.ClerkCalls); diff != "" {
		t.Errorf("calls for 20 new users (-want +got):\n%s", diff)
	}
	if got := create.KubeWrites["create events"]; got != 20 {
		t.Errorf("%d events tell of 20 users", got)
	}
	if got := create.ApplyToReadyMillis; got == nil || got.Samples != 20 {
		t.Errorf("waiting times of 20 users: %v", got)
	}
	if create.CPUMillis <= 0 || create.PeakRSSMiB <= 0 || create.Sockets <= 0 {
		t.Errorf("the process was not watched: %+v", create)
	}
	if got := total(restart.ClerkCalls); got > 5 {
		t.Errorf("%d calls after a restart: %v", got, restart.ClerkCalls)
	}
	if diff := cmp.Diff(map[string]int{}, restart.KubeWrites); diff != "" {
		t.Errorf("writes after a restart (-want +got):\n%s", diff)
	}
	if !strings.Contains(out.String(), "without scraping and with a scrape every 0.3 s") {
		t.Errorf("nothing compares the two runs:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "restart: Kubernetes writes") {
		t.Errorf("the table does not tell of the targets:\n%s", out.String())
	}
}
