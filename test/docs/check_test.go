// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// treatment is what happens to a block of a page.
type treatment struct {
	// by says who runs or checks the block: run, or another word of the constants, or the name of a test.
	by string
	// reason is that of a block that is not run.
	reason string
}

const (
	// run is for commands that TestPages runs.
	run = "run"
	// applied is for manifests that TestDocumentedManifests applies in a dry run, with those kinds that the API server knows.
	applied = "applied in a dry run"
	// read is for YAML and JSON that is only read.
	read   = "read"
	notRun = "not run"
	text   = "text"
)

// treat says what happens to a block of the entry's page, or what is wrong with the block.
func (e entry) treat(b Block) (treatment, error) {
	test, elsewhere := e.elsewhere[b.Heading]
	if !elsewhere {
		test, elsewhere = e.elsewhere[""]
	}
	switch {
	case b.NotRun != "":
		return treatment{by: notRun, reason: b.NotRun}, nil
	case b.HasCommands() && elsewhere:
		return treatment{by: test}, nil
	case b.HasCommands() && e.runs():
		return treatment{by: run}, nil
	case b.HasCommands():
		return treatment{}, fmt.Errorf("nothing runs these commands: give the page an entry in table_test.go, or mark the block")
	case b.Language == YAML:
		return treatYAML(b, test)
	case b.Language == "json":
		return treatment{by: read}, isJSON(b.Text())
	case b.Language == text:
		return treatment{by: text}, nil
	case e.code[b.Language] != "":
		return treatment{by: e.code[b.Language]}, nil
	}
	return treatment{}, fmt.Errorf("nothing checks a block of the language %q: use another language, or mark the block", b.Language)
}

// treatYAML says what happens to a block of YAML, which a test may read that belongs to its heading.
func treatYAML(b Block, test string) (treatment, error) {
	manifests, err := Manifests(b)
	switch {
	case err != nil:
		return treatment{}, err
	case len(manifests) > 0:
		return treatment{by: applied}, nil
	case test != "":
		return treatment{by: test}, nil
	case b.Title == "":
		return treatment{}, fmt.Errorf(`YAML that is no manifest needs title="…" in its first line, which says what it is`)
	}
	return treatment{by: read}, nil
}

// isJSON wants one value, or one on each line.
func isJSON(text string) error {
	if json.Valid([]byte(text)) {
		return nil
	}
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			return fmt.Errorf("this is not JSON: %s", line)
		}
	}
	return nil
}

// unused returns the headings and languages in an entry that its page does not have.
func (e entry) unused(page Page) []string {
	headings, languages := map[string]bool{"": true}, map[string]bool{}
	for _, b := range Blocks(page.Text) {
		headings[b.Heading], languages[b.Language] = true, true
	}
	var unused []string
	for heading := range e.elsewhere {
		if !headings[heading] {
			unused = append(unused, heading)
		}
	}
	for heading := range e.steps {
		if !headings[heading] {
			unused = append(unused, heading)
		}
	}
	for language := range e.code {
		if !languages[language] {
			unused = append(unused, language)
		}
	}
	slices.Sort(unused)
	return unused
}

// tests returns the names of tests in an entry.
func (e entry) tests() []string {
	var named []string
	for _, test := range e.elsewhere {
		named = append(named, test)
	}
	for _, test := range e.code {
		named = append(named, test)
	}
	slices.Sort(named)
	return slices.Compact(named)
}
