// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxSentence is the largest number of words in a sentence.
const maxSentence = 30

// privateWord is a word that documents do not use, since readers of other projects do not know it.
type privateWord struct {
	pattern *regexp.Regexp
	use     string
}

func privateWords() []privateWord {
	words := func(pattern, use string) privateWord {
		return privateWord{regexp.MustCompile(`(?i)\b(?:` + pattern + `)\b`), use}
	}
	return []privateWord{
		words(`(?:an?|the|this|each|every|next|first|last|of|with|quiet) pass(?:es)?`, "reconciliation"),
		words(`(?:an|the|this|each|every|such an|of) act|acts (?:that|are|on|which)|of acts`, "action"),
		words(`wish(?:es)?`, "desired value, or say what is enforced"),
		words(`verdicts?|judged?|judges`, "result"),
		words(`strife`, "field conflict"),
		words(`heirs?`, "successor"),
		words(`hand(?:s|ed|ing)? (?:it |them )?over|hand-?overs?`, "transfer"),
		words(`ticket office|tickets?|office`, "rate limiter, token"),
		words(`lanes?`, "per-user limiter"),
		words(`tails?|tailing`, "incremental sync"),
		words(`full compar(?:e|es|ison|isons)|complete comparisons?`, "full sync"),
		words(`put right|puts right|putting right`, "correct, correction"),
		words(`let go of|lets go|letting go|is let go`, "release"),
		words(`serves on|goes on by itself`, "the operator keeps using, the operator continues"),
		words(`unasked`, "by default"),
		words(`held back|holds back`, "withheld"),
		words(`recollections?`, "object state"),
	}
}

var (
	codeSpan   = regexp.MustCompile("`[^`]*`")
	linkTarget = regexp.MustCompile(`\]\([^)]*\)`)
	// sentenceBy ends a sentence, or one half of it before a remedy, as messages have it. A cell of a table and a line of its own end one, too.
	sentenceBy = regexp.MustCompile(`[.:;!?]["”)*_]*(?:\s|<br>|$)|<br>|\s[|·]\s?`)
	// listOfCode is read at one glance, and counts as one word.
	itemBegins = regexp.MustCompile(`^(?:\||- |\* |\d+\. |#|>)`)
	listOfCode = regexp.MustCompile(`code(?:(?:,? (?:and|or)|,) code)+`)
)

func TestWords(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set, and reading all documents takes half a minute with the race detector")
	}
	read := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(name, entry)
		}
		if !isDocument(name) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		read++
		for _, problem := range wrongWords(name, string(text)) {
			t.Error(problem)
		}
		for _, sentence := range longSentences(prose(name, string(text))) {
			t.Errorf("%s: a sentence has %d words, more than %d; split it: %s", name, len(strings.Fields(sentence)), maxSentence, sentence)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read < 20 {
		t.Errorf("only %d documents were found; this test looked in the wrong place", read)
	}
}

// isDocument reports whether people read a file as text: pages, and the definitions of kinds, which kubectl explain shows.
func isDocument(name string) bool {
	return path.Ext(name) == ".md" || path.Dir(name) == "config/crd/bases"
}

// prose returns the lines of a document without code and link targets. Decision records keep the words of their time, except in
// their titles and in the index of these.
func prose(name, text string) []string {
	lines := strings.Split(text, "\n")
	fenced := false
	for i, line := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		fenced = fenced != fence
		if fence || fenced || !isRead(name, line) {
			line = ""
		}
		lines[i] = linkTarget.ReplaceAllString(codeSpan.ReplaceAllString(line, "code"), "]")
	}
	return lines
}

func isRead(name, line string) bool {
	return path.Dir(name) != "docs/decisions" || strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "| [")
}

func wrongWords(name, text string) []string {
	var problems []string
	for i, line := range prose(name, text) {
		for _, word := range privateWords() {
			if found := word.pattern.FindString(line); found != "" {
				problems = append(problems, fmt.Sprintf("%s:%d: %q is a private word; write: %s (see docs/glossary.md)", name, i+1, found, word.use))
			}
		}
	}
	return problems
}

// longSentences returns the sentences of more than maxSentence words. A table row, an empty line and the item of a list end one.
func longSentences(lines []string) []string {
	var long []string
	ends := func(line string) bool {
		line = strings.TrimSpace(line)
		return line == "" || itemBegins.MatchString(line)
	}
	paragraph := ""
	for _, line := range append(slices.Clone(lines), "") {
		if ends(line) {
			for _, sentence := range sentenceBy.Split(listOfCode.ReplaceAllString(paragraph, "code"), -1) {
				if len(strings.Fields(sentence)) > maxSentence {
					long = append(long, strings.Join(strings.Fields(sentence), " "))
				}
			}
			paragraph = ""
		}
		paragraph += line + " "
	}
	return long
}

func TestWordsAreFound(t *testing.T) {
	for text, want := range map[string]int{
		"Each pass reads it.":                            1,
		"An act has no steady state, a strife does.":     2,
		"The office gives a ticket.":                     2,
		"It can act for the user and pass a check.":      0,
		"`\"\"` is a wish":                               1,
		"```\nthe pass\n```\nthe `pass` of the password": 0,
		"[why](0023-secrets-are-read-by-each-pass.md)":   0,
	} {
		if got := wrongWords("a.md", text); len(got) > want || (len(got) == 0) != (want == 0) {
			t.Errorf("%q: %q, want %d", text, got, want)
		}
	}
	if got := wrongWords("docs/decisions/0001-a.md", "# The tail\n\nA pass."); len(got) != 1 {
		t.Errorf("only the title of a decision record is read: %q", got)
	}
	long := strings.Repeat("word ", maxSentence+1)
	for text, want := range map[string]int{
		"Short one. " + long + "\n\n" + long[:100]:                   1,
		"- " + long[:100] + "\n- " + long[:100]:                      0,
		"| " + long[:100] + "<br>" + long[:100] + " | " + long[:100]: 0,
		long[:100] + "\n" + long[:100]:                               1,
		"All of " + strings.Repeat("`word`, ", maxSentence) + "`x`":  0,
	} {
		if got := longSentences(prose("a.md", text)); len(got) != want {
			t.Errorf("%q: %d sentences are long, want %d: %q", text, len(got), want, got)
		}
	}
}
