// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"cmp"
	"fmt"
	"text/tabwriter"
	"time"
)

// Table returns the rows as text.
func (r Result) Table() string {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "WHAT HAPPENED\tALERT\tFIRED AFTER\tENDED AFTER\tTHE RULE WAITS")
	for _, row := range r.Rows {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.Scenario, row.Alert, cell(row.FiredAfter), cell(row.EndedAfter), cmp.Or(row.For, "-"))
	}
	// Writing to a buffer does not fail.
	_ = table.Flush()
	return text.String()
}

// cell returns a time; "-" if it is not known.
func cell(d time.Duration) string {
	if d <= 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}
