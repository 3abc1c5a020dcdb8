// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// Page lays text out for a terminal or a file. Its methods are pure.
type Page struct {
	// Width is the number of columns. Prose and output are wrapped to it; manifests and commands are not, so that they can be
	// copied.
	Width int
	// Color has the text painted. Colour says nothing that the text does not say.
	Color bool
}

// The parameters of ANSI's "select graphic rendition" that a page uses.
const (
	bold  = "1"
	faint = "2"
	green = "32"
	cyan  = "36"
)

// indent sets manifests and calls off from prose. Output is not indented: a table of kubectl fits into 80 columns without.
const indent = "    "

func (p Page) paint(color, text string) string {
	if !p.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

// heading returns the heading of a step.
func (p Page) heading(n, total int, title string) string {
	line := fmt.Sprintf("── %d of %d: %s ", n, total, title)
	line += strings.Repeat("─", max(2, p.Width-utf8.RuneCountInString(line)))
	return p.paint(bold, line) + "\n"
}

// prose returns a paragraph.
func (p Page) prose(text string) string {
	return wrap(strings.Join(strings.Fields(text), " "), p.Width, "") + "\n"
}

// manifest returns a file.
func (p Page) manifest(name, text string) string {
	var lines strings.Builder
	fmt.Fprintf(&lines, "%s\n", p.paint(bold, name))
	for line := range strings.Lines(text) {
		lines.WriteString(indent + p.paint(faint, strings.TrimRight(line, "\n")) + "\n")
	}
	return lines.String()
}

// command returns a command as it is typed.
func (p Page) command(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		prompt := "  "
		if i == 0 {
			prompt = "$ "
		}
		lines[i] = prompt + p.paint(cyan, line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// output returns what a command printed.
func (p Page) output(text string) string {
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString(wrap(strings.TrimRight(line, " \n"), p.Width, "  ") + "\n")
	}
	return lines.String()
}

// held returns the line of a check that held, and after how long if that is not at once.
func (p Page) held(what string, after time.Duration) string {
	if after > 0 {
		what += fmt.Sprintf(" (after %.1f s)", after.Seconds())
	}
	return p.paint(green, "ok") + strings.TrimPrefix(wrap("ok  "+what, p.Width, indent), "ok") + "\n"
}

// calls returns the writes among the calls to Clerk as a table, and the number of reads. Several equal writes to different users
// are one line.
func (p Page) calls(entries emulator.Entries) string {
	writes := entries.Writes()
	count := "Calls to Clerk: no write"
	if len(writes) > 0 {
		count = fmt.Sprintf("Calls to Clerk: %d %s", len(writes), plural(len(writes), "write"))
	}
	if reads := len(entries) - len(writes); reads > 0 {
		count += fmt.Sprintf(", %d %s", reads, plural(reads, "read"))
	}
	var lines strings.Builder
	lines.WriteString(wrap(count, p.Width, indent) + "\n")
	for line := range strings.Lines(callTable(writes)) {
		lines.WriteString(wrap(indent+strings.TrimRight(line, " \n"), p.Width, indent+"  ") + "\n")
	}
	return lines.String()
}

func callTable(writes emulator.Entries) string {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	for i := 0; i < len(writes); {
		same := 1
		for i+same < len(writes) && written(writes[i+same]) == written(writes[i]) {
			same++
		}
		times, shown := "", path(writes[i])
		if same > 1 {
			times, shown = fmt.Sprintf("%d times", same), userID.ReplaceAllString(shown, "…")
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", writes[i].Method, shown, answer(writes[i]), times)
		i += same
	}
	// Writing to a buffer does not fail.
	_ = table.Flush()
	return text.String()
}

// path returns the path of a call below /v1.
func path(e emulator.Entry) string { return strings.TrimPrefix(e.Path, emulator.BasePath) }

// answer says how Clerk answered a write, and whether it carried the write out if that does not follow from it.
func answer(e emulator.Entry) string {
	switch {
	case e.Status == 0 && e.Applied:
		return "no answer, applied"
	case e.Status == 0:
		return "no answer"
	default:
		return strconv.Itoa(e.Status)
	}
}

func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// wrap breaks a line at spaces so that it fits into width columns; the lines after the first one begin with rest. A word that is
// longer is not broken.
func wrap(line string, width int, rest string) string {
	var lines []string
	for start := ""; ; start = rest {
		at := breakAt(line, width-len(start))
		lines = append(lines, start+strings.TrimRight(line[:at], " "))
		line = strings.TrimLeft(line[at:], " ")
		if line == "" {
			return strings.Join(lines, "\n")
		}
	}
}

// breakAt returns where to break a line: before the last word that does not fit whole, but not before the first one.
func breakAt(line string, width int) int {
	if utf8.RuneCountInString(line) <= width {
		return len(line)
	}
	columns, last := 0, 0
	for i, r := range line {
		if r == ' ' && strings.TrimSpace(line[:i]) != "" && line[i-1] != ' ' {
			if columns > width && last > 0 {
				return last
			}
			last = i
			if columns >= width {
				return last
			}
		}
		columns++
	}
	if last > 0 {
		return last
	}
	return len(line)
}
