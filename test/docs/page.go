// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"regexp"
	"strings"
)

const (
	fence  = "```"
	opener = fence + "console"
	prompt = "$ "
	// continuation begins the further lines of a command, which a backslash at the end of a line announces.
	continuation = "> "
)

// Block is a block of examples. Its commands belong to one session of a shell.
type Block struct {
	Examples []Example
}

// Example is a command and what the page says that it prints.
type Example struct {
	// Line is the number of the first line of the command, from 1 on.
	Line int
	// Command may have several lines.
	Command string
	// Output is "" or ends with a newline.
	Output string
	// first and end limit the lines of the output.
	first, end int
}

// Abridged reports whether the page shows a part of the output only: it has lines that stand for others.
func (e Example) Abridged() bool { return strings.Contains("\n"+e.Output, "\n"+ellipsis+"\n") }

// Blocks returns the blocks of examples of a page.
func Blocks(page string) []Block {
	var blocks []Block
	lines := strings.SplitAfter(page, "\n")
	for i := 0; i < len(lines); i++ {
		if strings.TrimRight(lines[i], "\n") != opener {
			continue
		}
		start := i + 1
		for i = start; i < len(lines) && strings.TrimRight(lines[i], "\n") != fence; {
			i++
		}
		blocks = append(blocks, block(lines, start, i))
	}
	return blocks
}

// manifest is a block of YAML whose first line names a file.
var manifest = regexp.MustCompile("(?ms)^```yaml\n# ([a-z0-9-]+\\.yaml)\n(.*?)^```$")

// Files returns the contents of the files that a page shows, by name: blocks of YAML that begin with a comment such as "# ada.yaml".
// The examples use them.
func Files(page string) map[string]string {
	files := map[string]string{}
	for _, found := range manifest.FindAllStringSubmatch(page, -1) {
		files[found[1]] = found[2]
	}
	return files
}

// block returns the examples in the lines from start to end.
func block(lines []string, start, end int) Block {
	var found Block
	for i := start; i < end; i++ {
		command, ok := strings.CutPrefix(lines[i], prompt)
		if !ok {
			continue
		}
		example := Example{Line: i + 1, Command: command}
		for strings.HasSuffix(example.Command, "\\\n") && i+1 < end {
			i++
			example.Command += strings.TrimPrefix(lines[i], continuation)
		}
		example.Command = strings.TrimSuffix(example.Command, "\n")
		example.first = i + 1
		for i+1 < end && !strings.HasPrefix(lines[i+1], prompt) {
			i++
		}
		example.end = i + 1
		example.Output = strings.Join(lines[example.first:example.end], "")
		found.Examples = append(found.Examples, example)
	}
	return found
}

// Update returns the page with the outputs of the examples that differ from what the page says. An output with lines that stand
// for others stays.
func Update(page string, outputs map[int]string) string {
	lines := strings.SplitAfter(page, "\n")
	var updated []string
	next := 0
	for _, block := range Blocks(page) {
		for _, example := range block.Examples {
			output, known := outputs[example.Line]
			if !known || Difference(example.Output, output) == "" || example.Abridged() {
				continue
			}
			updated = append(updated, lines[next:example.first]...)
			updated = append(updated, output)
			next = example.end
		}
	}
	return strings.Join(append(updated, lines[next:]...), "")
}
