// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// document has the figures for one number of users.
type document struct {
	// Users is the number of ClerkUsers.
	Users int `json:"users"`
	// Machine says where, when and with what the figures were measured.
	Machine machine `json:"machine"`
	// LoadAverageAfter is the machine's load average after the last phase.
	LoadAverageAfter string `json:"loadAverageAfter"`
	// Seed is the seed of the random users and choices.
	Seed uint64 `json:"seed"`
	// LatencyMillis is the latency of every answer of Clerk.
	LatencyMillis float64 `json:"latencyMillis"`
	// ScrapeSeconds is the time between two scrapes of the operator's metrics; 0 if they were not scraped.
	ScrapeSeconds float64 `json:"scrapeSeconds,omitempty"`
	// RequestsPer10s is the operator's budget at Clerk.
	RequestsPer10s int `json:"requestsPer10s"`
	// Phases are in the order of execution.
	Phases []*phase `json:"phases"`
}

// phase has the figures of one phase.
type phase struct {
	Name string `json:"name"`
	// Users is the divisor of figures per user: the number of users or single changes in the phase.
	Users int `json:"users"`
	// ClerkCalls counts requests to Clerk by method and path. Lists counts lists of users by kind.
	ClerkCalls map[string]int `json:"clerkCalls"`
	Lists      map[string]int `json:"lists,omitempty"`
	// Refusals counts answers with status 429.
	Refusals int `json:"refusals"`
	// KubeWrites counts the operator's writes by verb and resource.
	KubeWrites map[string]int `json:"kubeWrites"`
	Seconds    float64        `json:"seconds"`
	// BudgetFloorSeconds is the minimum time that the budget allows for the calls.
	BudgetFloorSeconds float64 `json:"budgetFloorSeconds"`
	// BudgetShare is the calls per second as a share of the budget; for the creation only.
	BudgetShare float64 `json:"budgetShare,omitempty"`
	// CPUMillis is the operator's CPU time in the whole phase.
	CPUMillis                 float64 `json:"cpuMillis"`
	CPUMillisPerUser          float64 `json:"cpuMillisPerUser"`
	APIServerCPUMillisPerUser float64 `json:"apiserverCPUMillisPerUser"`
	EtcdCPUMillisPerUser      float64 `json:"etcdCPUMillisPerUser"`
	// PeakRSSMiB is the operator's peak memory in the phase, SettledRSSMiB its memory after the phase. AnonymousMiB is the
	// part of that which is not code.
	PeakRSSMiB    float64 `json:"peakRSSMiB"`
	SettledRSSMiB float64 `json:"settledRSSMiB"`
	AnonymousMiB  float64 `json:"anonymousMiB"`
	// Sockets is the maximum number of open sockets of the operator.
	Sockets int `json:"sockets"`
	// ApplyToReadyMillis is the time from the beginning of an apply to the event with Ready; person phases also have it by
	// kind.
	ApplyToReadyMillis *percentiles `json:"applyToReadyMillis,omitempty"`
	NewUserMillis      *percentiles `json:"newUserMillis,omitempty"`
	EditMillis         *percentiles `json:"editMillis,omitempty"`
	// Quiet is for the quiet hour only, Drift for drift only, Control for the control only.
	Quiet   *quietFigures   `json:"quiet,omitempty"`
	Drift   *driftFigures   `json:"drift,omitempty"`
	Control *controlFigures `json:"control,omitempty"`
	// Scrapes is for runs with -scrape only.
	Scrapes *scrapeFigures `json:"scrapes,omitempty"`
	// Notes explain the figures.
	Notes []string `json:"notes,omitempty"`
}

func (p *phase) notef(format string, args ...any) {
	p.Notes = append(p.Notes, fmt.Sprintf(format, args...))
}

// find returns the phase with a name, or nil.
func (d *document) find(name string) *phase {
	for _, p := range d.Phases {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// writeDocuments writes one document as an object and several as a list.
func writeDocuments(path string, documents []*document) error {
	var value any = documents
	if len(documents) == 1 {
		value = documents[0]
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return nil
}
