// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Kinds in the table.
const (
	KindUser     = "ClerkUser"
	KindInstance = "ClerkInstance"
	KindAction   = "ClerkUserAction"
)

// Entry is a reason in one condition of a kind.
type Entry struct {
	// Kind is the kind of the object, such as ClerkUser.
	Kind string `json:"kind"`
	// Reason, Condition and Status are those of the condition. The conditions Reconciling and Stalled, which accompany Ready or Failed
	// with the same reason, have no entry.
	Reason    string                 `json:"reason"`
	Condition string                 `json:"condition"`
	Status    metav1.ConditionStatus `json:"status"`
	// Urgency says who has to do something. A case can differ.
	Urgency Urgency `json:"urgency"`
	// Meaning is one sentence.
	Meaning string `json:"meaning"`
	// Retry says when the operator tries again, or looks at the object again; "" if nothing is to be done, or never will be.
	Retry string `json:"retry,omitempty"`
	// Cases are the messages, each with its remedy. There is at least one.
	Cases []Case `json:"cases"`
}

// Case is what to do about one message of a reason.
type Case struct {
	// Messages are templates of messages that have the same remedy. Text in ‹…› stands for names, ids and other texts, and … for
	// anything.
	Messages []string `json:"messages"`
	// Urgency is the urgency of this case; 0 is that of the entry.
	Urgency Urgency `json:"urgency,omitempty"`
	// Remedy says what to do, in sentences.
	Remedy string `json:"remedy"`
	// Commands are commands for a shell that help, the most useful first. Text in ‹…› stands for what a message has in the same
	// place, or for what Subject has.
	Commands []string `json:"commands,omitempty"`
}

// All returns the table, by kind: users, instances, actions. Within a kind, healthy states come first.
func All() []Entry { return slices.Concat(users(), instances(), actions()) }

// Kinds returns the kinds in the table.
func Kinds() []string { return []string{KindUser, KindInstance, KindAction} }

// Names returns all reasons, sorted.
func Names() []string {
	var names []string
	for _, entry := range All() {
		names = append(names, entry.Reason)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// candidates returns the entries that a condition of a kind can have, the one of that very condition first. The conditions
// Reconciling and Stalled can also have that of the condition that they accompany.
func candidates(kind string, c metav1.Condition) []Entry {
	var exact, accompanied []Entry
	accompanies := c.Type == v1alpha1.ConditionReconciling || c.Type == v1alpha1.ConditionStalled
	for _, entry := range All() {
		switch {
		case entry.Kind != kind || entry.Reason != c.Reason:
		case entry.Condition == c.Type && entry.Status == c.Status:
			exact = append(exact, entry)
		case accompanies && entry.Condition != v1alpha1.ConditionReconciling:
			accompanied = append(accompanied, entry)
		}
	}
	return append(exact, accompanied...)
}

// of returns entries with their kind.
func of(kind string, parts ...[]Entry) []Entry {
	entries := slices.Concat(parts...)
	for i := range entries {
		entries[i].Kind = kind
	}
	return entries
}

// one returns a case with one message.
func one(message, remedy string, commands ...string) Case {
	return Case{Messages: []string{message}, Remedy: remedy, Commands: commands}
}

// several returns a case with several messages.
func several(remedy string, messages ...string) Case { return Case{Messages: messages, Remedy: remedy} }

// by returns the case with commands.
func (c Case) by(commands ...string) Case {
	c.Commands = commands
	return c
}

// at returns the case with an urgency of its own.
func (c Case) at(urgency Urgency) Case {
	c.Urgency = urgency
	return c
}
