// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestWrap(t *testing.T) {
	cases := map[string]struct {
		line  string
		width int
		rest  string
		want  string
	}{
		"FitsExactly":             {"one two", 7, "  ", "one two"},
		"BreaksAtASpace":          {"one two three", 8, "", "one two\nthree"},
		"BreaksBeforeTheWidth":    {"one two", 5, "", "one\ntwo"},
		"WordEndsAtTheWidth":      {"one two three", 7, "", "one two\nthree"},
		"LongWordsAreNotBroken":   {"a verylongword b", 5, "", "a\nverylongword\nb"},
		"OnlyALongWord":           {"verylongword", 5, "", "verylongword"},
		"LaterLinesAreIndented":   {"one two three four", 9, "  ", "one two\n  three\n  four"},
		"ColumnsOfATableStay":     {"NAME   READY   AGE", 14, "  ", "NAME   READY\n  AGE"},
		"IndentationStays":        {"    one two", 9, "      ", "    one\n      two"},
		"RunesAreCountedNotBytes": {"ää öö", 5, "", "ää öö"},
		"NothingIsNothing":        {"", 5, "  ", ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, wrap(tc.line, tc.width, tc.rest)); diff != "" {
				t.Errorf("wrap() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPageFitsItsWidth(t *testing.T) {
	for _, width := range []int{30, 40, 80, 100} {
		page := Page{Width: width}
		for step, s := range Steps() {
			shown := page.heading(step+1, 7, s.Title)
			for _, part := range s.Parts {
				switch part := part.(type) {
				case text:
					shown += page.prose(string(part))
				case until:
					shown += page.held(part.what, time.Second)
				}
			}
			for line := range strings.Lines(shown) {
				// The heading of a narrow terminal is wrapped by the terminal.
				if columns := utf8.RuneCountInString(strings.TrimSpace(line)); columns > width && !strings.HasPrefix(line, "──") {
					t.Errorf("%s: %d columns on a page of %d: %q", s.Name, columns, width, line)
				}
			}
		}
	}
}

// TestCommandsFitATerminal keeps commands in lines that nobody has to wrap, so that they can be copied.
func TestCommandsFitATerminal(t *testing.T) {
	for _, step := range Steps() {
		for _, part := range step.Parts {
			c, ok := part.(command)
			for line := range strings.Lines((Page{Width: 80}).command(string(c))) {
				if columns := utf8.RuneCountInString(strings.TrimRight(line, "\n")); ok && columns > 80 {
					t.Errorf("%s: %d columns: %s", step.Name, columns, line)
				}
			}
		}
	}
}

func TestColourSaysNothingElse(t *testing.T) {
	render := func(p Page) string {
		return p.heading(1, 7, "Create") + p.manifest("a.yaml", "a: 1\n") + p.command("kubectl get \\\n  pods") + p.held("it is", 0) +
			p.calls(emulator.Entries{{Method: "POST", Path: "/v1/users", Status: 200}})
	}
	plain, painted := render(Page{Width: 80}), render(Page{Width: 80, Color: true})
	if strings.Contains(plain, "\x1b") || !strings.Contains(painted, "\x1b[1m") {
		t.Errorf("plain %q, painted %q", plain, painted)
	}
	for _, code := range []string{bold, faint, green, cyan, "0"} {
		painted = strings.ReplaceAll(painted, "\x1b["+code+"m", "")
	}
	if diff := cmp.Diff(plain, painted); diff != "" {
		t.Errorf("without colours (-plain +painted):\n%s", diff)
	}
}

func TestCallsAreCountedAndGrouped(t *testing.T) {
	entries := emulator.Entries{
		{Method: "GET", Path: "/v1/users"},
		{Method: "POST", Path: "/v1/users", Applied: true},
		{Method: "PATCH", Path: "/v1/users/user_1", Status: 422},
		{Method: "DELETE", Path: "/v1/users/user_1", Status: 200},
		{Method: "DELETE", Path: "/v1/users/user_2", Status: 200},
		{Method: "PATCH", Path: "/v1/users/user_3", Status: 0},
	}
	want := "Calls to Clerk: 5 writes, 1 read\n" +
		"    POST    /users         no answer, applied\n" +
		"    PATCH   /users/user_1  422\n" +
		"    DELETE  /users/…       200                 2 times\n" +
		"    PATCH   /users/user_3  no answer\n"
	if diff := cmp.Diff(want, Page{Width: 80}.calls(entries)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got := (Page{Width: 80}).calls(nil); got != "Calls to Clerk: no write\n" {
		t.Errorf("no calls: %q", got)
	}
}
