// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

// minMessagePart is the number of characters from which on a part of a message between two placeholders is looked for.
const minMessagePart = 12

var (
	// between is what separates the parts of a message that are in one text of the code: what stands for names and ids in the table
	// of reasons, and where the code often puts texts together.
	between = regexp.MustCompile(`‹[^›]*›|…|; |"`)
	// formatVerb is what stands for names and ids in the code.
	formatVerb = regexp.MustCompile(`%[-+#.0-9]*[a-zA-Z]`)
)

// TestLayoutOfMessages compares the messages in the table of reasons with the texts in the code of the operator: people search the
// documentation for the message that they see.
func TestLayoutOfMessages(t *testing.T) {
	known := ""
	for _, directory := range []string{"internal/controller", "internal/plan", "internal/clerk"} {
		known += textsOf(t, directory)
	}
	looked := 0
	for _, entry := range reasons.All() {
		for _, one := range entry.Cases {
			for _, message := range one.Messages {
				looked++
				for _, part := range unknownParts(message, known) {
					t.Errorf("%s %s: no text in the code has %q: put the present message there", entry.Kind, entry.Reason, part)
				}
			}
		}
	}
	if looked < 60 {
		t.Errorf("only %d messages were looked at", looked)
	}
}

// unknownParts returns the parts of a message that no text of the code has.
func unknownParts(message, known string) []string {
	var unknown []string
	for _, part := range between.Split(message, -1) {
		part = strings.Trim(part, " ;:.,")
		if len(part) >= minMessagePart && !strings.Contains(known, part) {
			unknown = append(unknown, part)
		}
	}
	return unknown
}

// textsOf returns the texts in the production code of a directory, one in a line, with line breaks for what is filled in.
func textsOf(t *testing.T, directory string) string {
	t.Helper()
	var texts strings.Builder
	err := fs.WalkDir(os.DirFS("."), directory, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(node ast.Node) bool {
			expression, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			text := joined(expression)
			texts.WriteString(formatVerb.ReplaceAllString(text, "\n") + "\n")
			return text == ""
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts.String()
}

// joined returns the text of a literal, or of several that are added up, "" for any other expression.
func joined(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, _ := strconv.Unquote(e.Value)
			return text
		}
	case *ast.BinaryExpr:
		left, right := joined(e.X), joined(e.Y)
		if e.Op == token.ADD && left+right != "" {
			return left + separator(left, right) + right
		}
	}
	return ""
}

// separator is a line break between a text and something that is filled in.
func separator(left, right string) string {
	if left == "" || right == "" {
		return "\n"
	}
	return ""
}

func TestUnknownParts(t *testing.T) {
	known := "ClerkUser \n does not exist\nthe key is gone from entry \n"
	for messages, want := range map[string]int{
		"ClerkUser ‹name› does not exist":         0,
		"the key is gone from entry ‹entry›":      0,
		"ClerkUser ‹name› is nowhere to be found": 1,
		"short": 0,
	} {
		if got := unknownParts(messages, known); len(got) != want {
			t.Errorf("%s: %q are unknown, want %d", messages, got, want)
		}
	}
}
