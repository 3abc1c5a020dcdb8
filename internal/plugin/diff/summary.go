// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Summary counts the objects of a report.
type Summary struct {
	Changed   int `json:"changed"`
	Created   int `json:"created"`
	Deleted   int `json:"deleted"`
	Released  int `json:"released"`
	Unchanged int `json:"unchanged"`
	// Blocked counts the objects that would not be carried out, by the reason of their condition Ready.
	Blocked map[string]int `json:"blocked,omitempty"`
	// Actions is the number of ClerkUserActions that would run.
	Actions int `json:"actions,omitempty"`
	// Refused is the number of manifests that the API server would not store.
	Refused int `json:"refused"`
	// Calls is the number of calls that would change something at Clerk.
	Calls int `json:"calls"`

	// deletions counts the deleted users by the time after which that happens; "" is at once.
	deletions map[string]int
}

func summaryOf(report Report) Summary {
	s := Summary{Blocked: map[string]int{}, Refused: len(report.Refused), deletions: map[string]int{}}
	for _, object := range report.Objects {
		for _, call := range object.Calls {
			if call.Refused == "" {
				s.Calls++
			}
		}
		switch change := object.Change; {
		case object.Kind == actionKind && change == Changed:
			s.Actions++
		case object.Kind == actionKind:
		case change == Blocked:
			s.Blocked[object.Ready.Reason]++
		case change == Released:
			s.Released++
		case change == Unchanged:
			s.Unchanged++
		case change == Changed:
			s.Changed++
		case change == Created:
			s.Created++
		case change == Deleted:
			s.Deleted++
			s.deletions[deletedAfter(object)]++
		}
	}
	return s
}

// deletedAfter returns after which time the user of an object is deleted.
func deletedAfter(object Object) string {
	for _, call := range object.Calls {
		if call.Operation == string(clerk.OperationDeleteUser) {
			return call.After
		}
	}
	return ""
}

// found reports whether a user would change, or would not be as declared.
func (s Summary) found() bool {
	return s.Changed+s.Created+s.Deleted+s.Released+s.Actions+len(s.Blocked) > 0
}

// String returns the summary as a sentence, such as "2 users change, 1 is created, 5 are unchanged".
func (s Summary) String() string {
	list := countedList{noun: "user"}
	list.add(s.Changed, "changes", "change")
	list.add(s.Created, "is created", "are created")
	for _, after := range slices.Sorted(maps.Keys(s.deletions)) {
		suffix := ""
		if after != "" {
			suffix = " after " + after
		}
		list.add(s.deletions[after], "is deleted"+suffix, "are deleted"+suffix)
	}
	list.add(s.Released, "is released", "are released")
	list.add(s.Unchanged, "is unchanged", "are unchanged")
	for _, reason := range slices.Sorted(maps.Keys(s.Blocked)) {
		list.add(s.Blocked[reason], "is not as declared: "+reason, "are not as declared: "+reason)
	}
	parts := list.parts
	if s.Actions > 0 {
		actions := countedList{noun: "action"}
		actions.add(s.Actions, "runs", "run")
		parts = append(parts, actions.parts...)
	}
	if s.Refused > 0 {
		refused := countedList{noun: "object"}
		refused.add(s.Refused, "is refused by the API server", "are refused by the API server")
		parts = append(parts, refused.parts...)
	}
	if len(parts) == 0 {
		return "no user is affected"
	}
	return strings.Join(parts, ", ")
}

// countedList is a list of numbers and what they do. The first one names what is counted.
type countedList struct {
	noun  string
	parts []string
}

func (l *countedList) add(n int, one, several string) {
	noun := ""
	if len(l.parts) == 0 {
		noun = " " + l.noun
	}
	switch {
	case n == 1:
		l.parts = append(l.parts, "1"+noun+" "+one)
	case n > 1:
		if noun != "" {
			noun += "s"
		}
		l.parts = append(l.parts, fmt.Sprintf("%d%s %s", n, noun, several))
	}
}
