// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"
	"sigs.k8s.io/yaml"
)

// Output is the value of --output.
type Output string

// Values of Output.
const (
	// OutputText is text for people.
	OutputText Output = ""
	// OutputWide is text for people with more columns.
	OutputWide Output = "wide"
	// OutputJSON is JSON.
	OutputJSON Output = "json"
	// OutputYAML is YAML.
	OutputYAML Output = "yaml"
)

// AddFlag adds --output with these values besides json and yaml.
func (o *Output) AddFlag(cmd *cobra.Command, others ...Output) {
	values := []string{string(OutputJSON), string(OutputYAML)}
	for _, other := range others {
		values = append(values, string(other))
	}
	cmd.Flags().VarP(&outputFlag{o, values}, "output", "o", "output format: "+strings.Join(values, ", "))
	_ = cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
}

// Structured reports whether the output is for programs.
func (o Output) Structured() bool { return o == OutputJSON || o == OutputYAML }

// Print writes a document as JSON or YAML. Its names are those of the JSON tags.
func (o Output) Print(out io.Writer, document any) error {
	text, err := json.MarshalIndent(document, "", "  ")
	text = escaped(text)
	if err == nil && o == OutputYAML {
		text, err = yaml.JSONToYAML(text)
	}
	if err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	if o == OutputJSON {
		text = append(text, '\n')
	}
	return Write(out, text)
}

// escaped returns JSON with escapes for what could change what a terminal shows, and for what YAML refuses. encoding/json escapes only
// some control characters.
func escaped(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		if r < 0x7f || r > 0xffff || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}

// outputFlag is the flag --output, which refuses values that a command does not have.
type outputFlag struct {
	value  *Output
	values []string
}

// String returns the format.
func (f *outputFlag) String() string { return string(*f.value) }

// Type returns the name that help shows for the value.
func (f *outputFlag) Type() string { return "format" }

// Set sets the format, or refuses one that the command does not have.
func (f *outputFlag) Set(text string) error {
	if !slices.Contains(f.values, text) {
		return fmt.Errorf("want one of: %s", strings.Join(f.values, ", "))
	}
	*f.value = Output(text)
	return nil
}

// Table is a table as kubectl prints it.
type Table struct {
	// Columns are the headings. WideColumns are shown with --output=wide only.
	Columns, WideColumns []string
	// Rows have a cell for each column of both.
	Rows [][]string
}

// Print writes a table.
func (t Table) Print(out io.Writer, wide bool) error {
	table := &metav1.Table{}
	for _, name := range t.Columns {
		table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: name, Type: "string"})
	}
	for _, name := range t.WideColumns {
		table.ColumnDefinitions = append(table.ColumnDefinitions, metav1.TableColumnDefinition{Name: name, Type: "string", Priority: 1})
	}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, cell := range row {
			cells[i] = cell
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	// The printer does not report all errors of a stream.
	var text bytes.Buffer
	if err := printers.NewTablePrinter(printers.PrintOptions{Wide: wide}).PrintObj(table, &text); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return Write(out, text.Bytes())
}

// Write writes a text as a whole. The error says that the output is not complete.
func Write(out io.Writer, text []byte) error {
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("writing the output: %w", err)
	}
	return nil
}
