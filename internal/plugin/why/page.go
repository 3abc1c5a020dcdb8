// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"fmt"
	"io"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// indent is how far texts under a heading are indented.
const indent = 2

// page writes a report for people. Texts of the cluster and of Clerk go through cli.Line, so that they cannot control the terminal.
type page struct {
	out    io.Writer
	colors cli.Colors
	now    time.Time
}

func (p page) write(r *Report) {
	first := r.Findings[0]
	p.headingf(first, "%s %s/%s: %s", r.Kind, r.Namespace, r.Name, first.title())
	p.state(first)
	for _, fact := range r.Facts {
		p.text(fact)
	}
	if len(r.Differs) > 0 {
		p.text("These fields differ at Clerk: " + strings.Join(r.Differs, ", "))
	}
	if r.LastWriteTime != nil {
		p.text("The operator last changed the user " + p.ago(*r.LastWriteTime) + ".")
	}
	p.retry(first)
	p.remedy(first)
	for _, other := range r.Findings[1:] {
		p.headingf(other, "\n%s: %s", other.Condition, other.title())
		p.state(other)
		if !other.Former {
			p.remedy(other)
		}
	}
	p.relatives("Cause", r.Causes)
	p.relatives("Unfinished action", r.UnfinishedActions)
	p.history(r)
	if len(r.NotShown) > 0 {
		fmt.Fprintf(p.out, "\n%s\n", p.colors.Paint(cli.Bold, "Not shown"))
		for _, why := range r.NotShown {
			p.text(why)
		}
	}
}

// title is the reason, or what stands for it.
func (f Finding) title() string {
	if f.Reason == "" {
		return "no conditions"
	}
	return cli.Line(f.Reason)
}

// headingf writes a line in the colour of the urgency.
func (p page) headingf(f Finding, format string, args ...any) {
	color := cli.Yellow
	switch {
	case f.Urgency >= reasons.Act:
		color = cli.Red
	case f.Urgency == reasons.None:
		color = cli.Green
	}
	text := fmt.Sprintf(format, args...)
	rest := strings.TrimLeft(text, "\n")
	fmt.Fprintln(p.out, text[:len(text)-len(rest)]+p.colors.Paint(color, rest))
}

// state writes what a condition says.
func (p page) state(f Finding) {
	if f.Condition != "" {
		text := fmt.Sprintf("%s is %s", f.Condition, f.Status)
		if f.Since != nil {
			text += " since " + p.ago(*f.Since)
		}
		if f.Former {
			text += "; it describes the former spec"
		}
		p.text(text + ".")
		p.text("Message: " + f.Message)
	}
	p.text(f.Meaning)
}

func (p page) retry(f Finding) {
	if f.TriesAgain != "" {
		p.text("Next try: " + f.TriesAgain)
	}
}

func (p page) remedy(f Finding) {
	if f.WhatToDo == "" || f.Urgency == reasons.None && len(f.Commands) == 0 {
		return
	}
	p.text("What to do: " + f.WhatToDo)
	for _, command := range f.Commands {
		p.command(command)
	}
}

// relatives writes the state of other objects.
func (p page) relatives(what string, all []Related) {
	for _, r := range all {
		p.headingf(r.Finding, "\n%s: %s %s/%s: %s", what, r.Kind, r.Namespace, r.Name, r.Finding.title())
		p.state(r.Finding)
		for _, fact := range r.Facts {
			p.text(fact)
		}
		p.retry(r.Finding)
		p.remedy(r.Finding)
	}
}

// history writes events, and the command that shows the writes to Clerk.
func (p page) history(r *Report) {
	if len(r.Events) > 0 {
		fmt.Fprintf(p.out, "\n%s\n", p.colors.Paint(cli.Bold, "Events, newest first"))
	}
	for _, e := range r.Events {
		times := ""
		if e.Count > 1 {
			times = fmt.Sprintf(" (%d times)", e.Count)
		}
		p.text(fmt.Sprintf("%s %s %s%s: %s", p.age(e.Time), e.Type, e.Reason, times, e.Message))
	}
	if r.OlderEvents > 0 {
		p.text(fmt.Sprintf("… and %d older", r.OlderEvents))
	}
	if r.LogCommand != "" {
		fmt.Fprintf(p.out, "\n%s\n", p.colors.Paint(cli.Bold, "Writes to Clerk, in the operator's log"))
		p.command(r.LogCommand)
	}
}

func (p page) text(text string) { cli.Paragraph(p.out, indent, text) }

func (p page) command(command string) {
	fmt.Fprintln(p.out, "    "+p.colors.Paint(cli.Bold, cli.Line(command)))
}

// age is how long ago a time is.
func (p page) age(t metav1.Time) string { return duration.HumanDuration(max(0, p.now.Sub(t.Time))) }

// ago is a time with its age.
func (p page) ago(t metav1.Time) string {
	return fmt.Sprintf("%s (%s ago)", t.UTC().Format(time.RFC3339), p.age(t))
}
