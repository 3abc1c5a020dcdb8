// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package events makes docs/reference/events.md: from a table of events, and from the reasons that conditions can have.
package events

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
)

// manyMessages are more than a cell of a table can have.
const manyMessages = 3

// Page returns the generated part of the page.
func Page(context.Context) (string, error) {
	return strings.Join([]string{
		section("ClerkUser", ofUsers()) + readyOfUsers(),
		section("ClerkInstance", ofInstances()) + readyOfInstances(),
		section("ClerkUserAction", ofActions()),
	}, "\n"), nil
}

func section(kind string, events []event) string {
	var b strings.Builder
	fmt.Fprintf(&b, "## %s\n\n| reason | type | when | message |\n|---|---|---|---|\n", kind)
	var below strings.Builder
	for _, e := range events {
		messages := strings.Join(e.messages, "<br>")
		if len(e.messages) > manyMessages {
			messages = "see below"
			fmt.Fprintf(&below, "\nMessages of `%s`:\n\n- %s\n", e.reason, strings.Join(e.messages, "\n- "))
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", e.reason, e.kind, e.when, messages)
	}
	return b.String() + below.String()
}

// readyOfUsers says which reasons of Ready are events.
func readyOfUsers() string {
	reasons := map[string][]string{}
	for _, state := range clerkuser.ReadyStates() {
		reasons[state.Event()] = append(reasons[state.Event()], link("clerkuser", state.Reason))
	}
	return fmt.Sprintf("\nWhen `Ready` becomes False, or False for another reason, an event has the reason and the message of the condition:\n\n"+
		"- Warning: %s\n- Normal: %s\n\nThere is no event when `Ready` becomes True or Unknown, nor for %s, which is about the ClerkInstance.\n",
		list(reasons[corev1.EventTypeWarning]), list(reasons[corev1.EventTypeNormal]), link("clerkuser", v1alpha1.ReasonInstanceNotReady))
}

// readyOfInstances says which reasons of Ready are events.
func readyOfInstances() string {
	var warnings []string
	for _, reason := range clerkinstance.ReadyReasons() {
		if reason != v1alpha1.ReasonKeyAccepted && reason != v1alpha1.ReasonWaiting {
			warnings = append(warnings, link("clerkinstance", reason))
		}
	}
	return fmt.Sprintf("\nWhen `Ready` becomes True or False, or False for another reason, an event has the reason and the message of the condition, and says\n"+
		"how many ClerkUsers that concerns:\n\n- Normal: %s\n- Warning: %s\n", link("clerkinstance", v1alpha1.ReasonKeyAccepted), list(warnings))
}

// link is a link to what the page about reasons says.
func link(kind, reason string) string {
	return fmt.Sprintf("[`%s`](reasons.md#%s-%s)", reason, kind, strings.ToLower(reason))
}

func list(links []string) string {
	slices.Sort(links)
	return strings.Join(links, ", ")
}
