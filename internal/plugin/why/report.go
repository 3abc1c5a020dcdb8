// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// Report is what is known about the state of an object.
type Report struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// Findings are the conditions that say what the operator does, the decisive one first. There is at least one: an object without
	// conditions has a finding without a reason.
	Findings []Finding `json:"findings"`
	// Facts are sentences about the object beside its conditions.
	Facts []string `json:"facts,omitempty"`
	// Differs names the fields of the spec that differ at Clerk and that the operator does not correct now.
	Differs []string `json:"differs,omitempty"`
	// UserID is the id of the user at Clerk; "" if there is none.
	UserID string `json:"userID,omitempty"`
	// LastWriteTime is when the operator last changed the user; nil if it never did.
	LastWriteTime *metav1.Time `json:"lastWriteTime,omitempty"`
	// Causes are other objects because of which this one is as it is.
	Causes []Related `json:"causes,omitempty"`
	// UnfinishedActions are the ClerkUserActions of a ClerkUser that have not finished.
	UnfinishedActions []Related `json:"unfinishedActions,omitempty"`
	// Events are the events of the object, newest first. OlderEvents is how many more there are.
	Events      []Event `json:"events,omitempty"`
	OlderEvents int     `json:"olderEvents,omitempty"`
	// LogCommand shows the writes to Clerk for this object; "" for a ClerkInstance.
	LogCommand string `json:"logCommand,omitempty"`
	// NotShown says what could not be found out, and why.
	NotShown []string `json:"notShown,omitempty"`
}

// Finding is one condition with what the table of reasons says about it.
type Finding struct {
	// Condition, Status, Reason, Since and Message are those of the condition. Since is when the status changed last; the reason can be
	// newer. All are empty for an object without conditions.
	Condition string                 `json:"condition,omitempty"`
	Status    metav1.ConditionStatus `json:"status,omitempty"`
	Reason    string                 `json:"reason,omitempty"`
	Since     *metav1.Time           `json:"since,omitempty"`
	Message   string                 `json:"message,omitempty"`
	// Former is true for a condition that describes a former generation of the spec.
	Former bool `json:"former,omitempty"`
	// Meaning, Urgency, TriesAgain and WhatToDo are those of the table; empty for a reason that it does not have.
	Meaning    string          `json:"meaning,omitempty"`
	Urgency    reasons.Urgency `json:"urgency,omitempty"`
	TriesAgain string          `json:"triesAgain,omitempty"`
	WhatToDo   string          `json:"whatToDo,omitempty"`
	Commands   []string        `json:"commands,omitempty"`

	// names are what the message names, by placeholder.
	names map[string]string
}

// Related is the state of another object.
type Related struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Facts     []string `json:"facts,omitempty"`
	Finding   Finding  `json:"finding"`
}

// Event is an event of an object.
type Event struct {
	// Time is when it happened last, and Count how often it did.
	Time    metav1.Time `json:"time"`
	Count   int32       `json:"count"`
	Type    string      `json:"type"`
	Reason  string      `json:"reason"`
	Message string      `json:"message"`
}

// mapCommands replaces the commands in a report.
func (r *Report) mapCommands(replace func(string) string) {
	r.LogCommand = replace(r.LogCommand)
	all := [][]string{}
	for _, f := range r.Findings {
		all = append(all, f.Commands)
	}
	for _, other := range slices.Concat(r.Causes, r.UnfinishedActions) {
		all = append(all, other.Finding.Commands)
	}
	for _, commands := range all {
		for i := range commands {
			commands[i] = replace(commands[i])
		}
	}
}
