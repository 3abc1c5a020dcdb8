// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	"fmt"
	"io"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	table "github.com/clerk-operator/clerk-operator/internal/reasons"
)

// list returns the table of entries.
func list(entries []table.Entry) cli.Table {
	t := cli.Table{Columns: []string{"Reason", "Kind", "Condition", "Urgency", "Meaning"}, WideColumns: []string{"Tries again"}}
	for _, e := range entries {
		t.Rows = append(t.Rows, []string{e.Reason, e.Kind, condition(e), e.Urgency.String(), e.Meaning, e.Retry})
	}
	return t
}

func condition(e table.Entry) string {
	if e.Condition == v1alpha1.ConditionReady {
		return e.Condition + "=" + string(e.Status)
	}
	return e.Condition
}

// render writes all that the table has about entries.
func render(out io.Writer, colors cli.Colors, entries []table.Entry) {
	for i, e := range entries {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s (%s, %s)\n", colors.Paint(cli.Bold, e.Reason), e.Kind, condition(e))
		cli.Paragraph(out, 2, e.Meaning)
		cli.Paragraph(out, 2, "Urgency: "+e.Urgency.String()+", "+e.Urgency.Sentence()+".")
		if e.Retry != "" {
			cli.Paragraph(out, 2, "Next try: "+e.Retry)
		}
		for _, one := range e.Cases {
			fmt.Fprintln(out)
			renderCase(out, colors, one)
		}
	}
}

func renderCase(out io.Writer, colors cli.Colors, one table.Case) {
	for _, message := range one.Messages {
		cli.Paragraph(out, 2, "Message: "+message)
	}
	remedy := "What to do: " + one.Remedy
	if one.Urgency != 0 {
		remedy += " (Urgency: " + one.Urgency.String() + ".)"
	}
	cli.Paragraph(out, 2, remedy)
	for _, command := range one.Commands {
		fmt.Fprintln(out, "    "+colors.Paint(cli.Bold, command))
	}
}
