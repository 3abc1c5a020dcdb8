// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"regexp"
	"strings"
)

// Languages of fenced blocks.
const (
	// Console has commands after "$ ", and below each what it prints.
	Console = "console"
	// Shell has commands only.
	Shell = "sh"
	YAML  = "yaml"
)

// Block is a fenced block of a page.
type Block struct {
	// Line is the number of the opening fence, from 1 on.
	Line int
	// Heading is the text of the heading above it; "" if there is none.
	Heading string
	// Language is the first word behind the fence; "" if there is none.
	Language string
	// Title names the file that the block shows, or says what the block is; "" if the page does not.
	Title string
	// NotRun is the reason for which nothing checks the block; "" if something does.
	NotRun string
	// Lines are its lines without the indentation of the fence.
	Lines []string

	indent string
}

// Text returns the content of the block.
func (b Block) Text() string { return strings.Join(b.Lines, "") }

// HasCommands reports whether somebody types what the block shows.
func (b Block) HasCommands() bool { return b.Language == Console || b.Language == Shell }

// The parts of a page that say what a block is.
var (
	fencePattern   = regexp.MustCompile("^( *)(```+)([^`]*)$")
	titlePattern   = regexp.MustCompile(`\btitle="([^"]*)"`)
	notRunPattern  = regexp.MustCompile(`^\s*<!-- not run: (.*\S) -->\s*$`)
	headingPattern = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
)

// Blocks returns the fenced blocks of a page.
func Blocks(page string) []Block {
	var blocks []Block
	var inside *Block
	end, heading, before := "", "", ""
	for i, line := range strings.SplitAfter(page, "\n") {
		bare := strings.TrimRight(line, "\r\n")
		fence := fencePattern.FindStringSubmatch(bare)
		switch {
		case inside != nil && strings.TrimSpace(bare) == end:
			blocks, inside = append(blocks, *inside), nil
		case inside != nil:
			inside.Lines = append(inside.Lines, strings.TrimPrefix(line, inside.indent))
		case fence != nil:
			inside, end = newBlock(fence, before), fence[2]
			inside.Line, inside.Heading = i+1, heading
		case headingPattern.MatchString(bare):
			heading = headingPattern.FindStringSubmatch(bare)[1]
		}
		before = bare
	}
	if inside != nil {
		blocks = append(blocks, *inside)
	}
	return blocks
}

// newBlock reads the opening fence and the line before it.
func newBlock(fence []string, before string) *Block {
	b := &Block{indent: fence[1]}
	if words := strings.Fields(fence[3]); len(words) > 0 {
		b.Language = words[0]
	}
	if title := titlePattern.FindStringSubmatch(fence[3]); title != nil {
		b.Title = title[1]
	}
	if reason := notRunPattern.FindStringSubmatch(before); reason != nil {
		b.NotRun = reason[1]
	}
	return b
}
