// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os/exec"
	"regexp"
	"strings"
)

const (
	prompt = "$ "
	// continuation begins the further lines of a command in a block of the language console; it may be left out.
	continuation = "> "
)

// Example is a command and what the page says that it prints.
type Example struct {
	// Line is the number of the first line of the command, from 1 on.
	Line int
	// Command may have several lines.
	Command string
	// Output is "" or ends with a newline.
	Output string
	// Compared reports whether the page shows the output.
	Compared bool
	// first and end limit the lines of the output in the page.
	first, end int
	indent     string
}

// Abridged reports whether the page shows a part of the output only: it has lines that stand for others.
func (e Example) Abridged() bool { return strings.Contains("\n"+e.Output, "\n"+ellipsis+"\n") }

// Examples returns the commands of a block. Those of the language sh show no output.
func Examples(b Block) []Example {
	var found []Example
	for i := 0; i < len(b.Lines); {
		if !beginsCommand(b, i) {
			i++
			continue
		}
		command, next := commandAt(b, i)
		example := Example{Line: b.Line + i + 1, Command: command, Compared: b.Language == Console, indent: b.indent}
		first := next
		for example.Compared && next < len(b.Lines) && !beginsCommand(b, next) {
			next++
		}
		example.first, example.end = b.Line+first, b.Line+next
		example.Output = strings.Join(b.Lines[first:next], "")
		found = append(found, example)
		i = next
	}
	return found
}

// beginsCommand reports whether a line begins a command, if no command goes on there.
func beginsCommand(b Block, i int) bool {
	if b.Language == Console {
		return strings.HasPrefix(b.Lines[i], prompt)
	}
	return isCode(b.Lines[i])
}

// commandAt returns the command that begins at a line, and the line behind it.
func commandAt(b Block, i int) (command string, next int) {
	trim := func(line, prefix string) string {
		if b.Language == Console {
			return strings.TrimPrefix(line, prefix)
		}
		return line
	}
	command = trim(b.Lines[i], prompt)
	for next = i + 1; next < len(b.Lines) && unfinished(command); next++ {
		command += trim(b.Lines[next], continuation)
	}
	return strings.TrimSuffix(command, "\n"), next
}

// isCode reports whether a line of a script is more than a comment.
func isCode(line string) bool {
	line = strings.TrimSpace(line)
	return line != "" && !strings.HasPrefix(line, "#")
}

// plainCommand is a line that certainly is a whole command, so that no shell has to be asked.
var plainCommand = regexp.MustCompile(`^[a-z]+( [A-Za-z0-9_./:=,@%+-]+)*\n?$`)

// openEnd is how bash complains about a command that goes on below.
var openEnd = regexp.MustCompile(`unexpected end of file|unexpected EOF|here-document`)

// unfinished reports whether bash needs a further line to complete a command.
func unfinished(command string) bool {
	if plainCommand.MatchString(command) && !opensList(command) {
		return false
	}
	if strings.HasSuffix(command, "\\\n") {
		return true
	}
	said, _ := exec.Command("bash", "-n", "-c", command).CombinedOutput() //nolint:noctx // it is read and not run, and so ends at once
	return openEnd.Match(said)
}

// opensList reports whether the first word of a command is one that another one ends, such as "for".
func opensList(command string) bool {
	return regexp.MustCompile(`^(for|while|until|if|case|function|select) `).MatchString(command)
}

// Update returns the page with the outputs of the examples that differ from what the page says, by line. An output with lines that
// stand for others stays.
func Update(page string, outputs map[int]string) string {
	lines := strings.SplitAfter(page, "\n")
	var updated []string
	next := 0
	for _, b := range Blocks(page) {
		if b.Language != Console {
			continue
		}
		for _, example := range Examples(b) {
			output, known := outputs[example.Line]
			if !known || Difference(example.Output, output) == "" || example.Abridged() {
				continue
			}
			updated = append(updated, lines[next:example.first]...)
			updated = append(updated, indented(output, example.indent))
			next = example.end
		}
	}
	return strings.Join(append(updated, lines[next:]...), "")
}

func indented(text, indent string) string {
	var lines strings.Builder
	for line := range strings.Lines(text) {
		lines.WriteString(indent + line)
	}
	return lines.String()
}
