// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// document is what was measured with one number of users.
type document struct {
	// Users is how many ClerkUsers there were.
	Users int `json:"users"`
	// Machine says where, when and with what it was measured.
	Machine machine `json:"machine"`
	// LoadAverageAfter is the machine's when the last phase was over.
	LoadAverageAfter string `json:"loadAverageAfter"`
	// Seed made the users and choices.
	Seed uint64 `json:"seed"`
	// LatencyMillis is how long Clerk took for every answer.
	LatencyMillis float64 `json:"latencyMillis"`
	// RequestsPer10s is the operator's budget at Clerk.
	RequestsPer10s int `json:"requestsPer10s"`
	// Phases are in the order in which they ran.
	Phases []*phase `json:"phases"`
}

// phase is what was measured in one phase.
type phase struct {
	Name string `json:"name"`
	// Users is what the figures per user are divided by: the users or single changes that the phase was about.
	Users int `json:"users"`
	// ClerkCalls counts requests to Clerk by method and path; Lists splits lists of users by what they asked for.
	ClerkCalls map[string]int `json:"clerkCalls"`
	Lists      map[string]int `json:"lists,omitempty"`
	// Refusals counts answers 429.
	Refusals int `json:"refusals"`
	// KubeWrites counts the operator's writes by verb and resource.
	KubeWrites map[string]int `json:"kubeWrites"`
	Seconds    float64        `json:"seconds"`
	// BudgetFloorSeconds is the least time that the budget allows for the calls.
	BudgetFloorSeconds float64 `json:"budgetFloorSeconds"`
	// BudgetShare is the calls per second as a share of the budget's; only of the creation.
	BudgetShare float64 `json:"budgetShare,omitempty"`
	// CPUMillis is the operator's CPU time in the whole phase.
	CPUMillis                 float64 `json:"cpuMillis"`
	CPUMillisPerUser          float64 `json:"cpuMillisPerUser"`
	APIServerCPUMillisPerUser float64 `json:"apiserverCPUMillisPerUser"`
	EtcdCPUMillisPerUser      float64 `json:"etcdCPUMillisPerUser"`
	// PeakRSSMiB is the most that the operator held in the phase, SettledRSSMiB what it held after it, of which AnonymousMiB
	// is not its code.
	PeakRSSMiB    float64 `json:"peakRSSMiB"`
	SettledRSSMiB float64 `json:"settledRSSMiB"`
	AnonymousMiB  float64 `json:"anonymousMiB"`
	// Sockets is the most that the operator had open.
	Sockets int `json:"sockets"`
	// ApplyToReadyMillis is from the beginning of an apply to the event that says Ready; of person phases also by kind.
	ApplyToReadyMillis *percentiles `json:"applyToReadyMillis,omitempty"`
	NewUserMillis      *percentiles `json:"newUserMillis,omitempty"`
	EditMillis         *percentiles `json:"editMillis,omitempty"`
	// Quiet is only of the quiet hour, Drift only of drift, Control only of the control.
	Quiet   *quietFigures   `json:"quiet,omitempty"`
	Drift   *driftFigures   `json:"drift,omitempty"`
	Control *controlFigures `json:"control,omitempty"`
	// Notes say what the figures do not.
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
