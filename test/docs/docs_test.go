// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const samplePage = "# Page\n\n```sh\n# Says nothing.\nfor i in 1 2; do\n  echo $i\ndone\ncat <<'EOF' | wc -l\n$ not a prompt\nEOF\n```\n\n" +
	"## One `part`\n\n- Item:\n  ```console\n  $ one\n  its output\n\n  more\n  $ two \\\n  >   --flag\n  $ curl -d '{\n  > }'\n  {}\n  ```\n" +
	"Text.\n<!-- not run: needs time -->\n```yaml title=\"a.yaml\"\na: 1\n```\n````text\n```\n````\n"

func TestBlocksOfAPage(t *testing.T) {
	t.Parallel()
	want := []Block{
		{Line: 3, Heading: "Page", Language: "sh", Lines: []string{
			"# Says nothing.\n", "for i in 1 2; do\n", "  echo $i\n", "done\n", "cat <<'EOF' | wc -l\n", "$ not a prompt\n", "EOF\n",
		}},
		{Line: 16, Heading: "One `part`", Language: "console", Lines: []string{
			"$ one\n", "its output\n", "\n", "more\n", "$ two \\\n", ">   --flag\n", "$ curl -d '{\n", "> }'\n", "{}\n",
		}},
		{Line: 29, Heading: "One `part`", Language: "yaml", Title: "a.yaml", NotRun: "needs time", Lines: []string{"a: 1\n"}},
		{Line: 32, Heading: "One `part`", Language: "text", Lines: []string{"```\n"}},
	}
	if diff := cmp.Diff(want, Blocks(samplePage), cmpopts.IgnoreUnexported(Block{})); diff != "" {
		t.Errorf("Blocks() (-want +got):\n%s", diff)
	}
}

func TestExamplesOfABlock(t *testing.T) {
	t.Parallel()
	blocks := Blocks(samplePage)
	want := []Example{
		{Line: 5, Command: "for i in 1 2; do\n  echo $i\ndone"},
		{Line: 8, Command: "cat <<'EOF' | wc -l\n$ not a prompt\nEOF"},
		{Line: 17, Command: "one", Output: "its output\n\nmore\n", Compared: true},
		{Line: 21, Command: "two \\\n  --flag", Compared: true},
		{Line: 23, Command: "curl -d '{\n}'", Output: "{}\n", Compared: true},
	}
	got := append(Examples(blocks[0]), Examples(blocks[1])...)
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Example{})); diff != "" {
		t.Errorf("Examples() (-want +got):\n%s", diff)
	}
}

func TestUpdateWritesWhatDiffers(t *testing.T) {
	t.Parallel()
	const page = "```console\n$ age\nup 3s\n$ new\n$ wrong\nold\nlines\n$ part\nfirst\n...\n```\n  ```console\n  $ far\n  ```\nEnd.\n"
	const want = "```console\n$ age\nup 3s\n$ new\nhere\n$ wrong\nfresh\n$ part\nfirst\n...\n```\n  ```console\n  $ far\n  in\n  ```\nEnd.\n"
	got := Update(page, map[int]string{2: "up 4s\n", 4: "here\n", 5: "fresh\n", 8: "other\n", 13: "in\n"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Update() (-want +got):\n%s", diff)
	}
}

func TestNormalDropsWhatVaries(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"user_2aBcDeFgHiJkLmNoPqRsTuVwXyZ is ours":                        "user_ID is ours",
		"NAME   AGE\nada    3m20s  \n":                                    "NAME AGE\nada AGE",
		"since 2026-12-01T10:00:00Z, 12 seconds ago":                      "since TIME, AGE ago",
		"clerkuseraction/ada-lovelace-xk2fz created":                      "clerkuseraction/ada-lovelace-SUFFIX created",
		"team-a/ada-lovelace at https://127.0.0.1:40123/v1":               "team-a/ada-lovelace at ADDRESS/v1",
		"  nested:\n    uid: 0b6f1a4e-8a9b-4f5e-9c3d-2f1e0d9c8b7a (1.5s)": "nested:\nuid: UID (AGE)",
		"3 users, 2 calls in v1alpha1":                                    "3 users, 2 calls in v1alpha1",
	} {
		if got := Normal(output); got != want {
			t.Errorf("Normal(%q) = %q, want %q", output, got, want)
		}
	}
}

func TestDifference(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ shown, printed, want string }{
		"Equal":                {"a 3s\nb\n", "a   20m\nb\n", ""},
		"Nothing":              {"", "", ""},
		"AnotherLine":          {"a\nb\n", "a\nc\n", `"b", and the command prints "c"`},
		"NotPrinted":           {"a\nb\n", "a\n", `"b", and the command does not print it`},
		"NotShown":             {"a\n", "a\nb\n", `does not show "b"`},
		"SilentPage":           {"", "a\n", `prints "a"`},
		"AnyLinesAtTheEnd":     {"a\n...\n", "a\nb\nc\n", ""},
		"NoLinesAtTheEnd":      {"a\n...\n", "a\n", ""},
		"AnyLinesBetween":      {"a\n...\nd\n", "a\nb\nc\nd\n", ""},
		"AnotherEnd":           {"a\n...\nd\n", "a\nb\nc\n", `"d", and the command prints "c"`},
		"OneLineForTwo":        {"a\n...\na\n", "a\n", `"a", and the command does not print it`},
		"PartBetween":          {"...\nb\n...\n", "a\nb\nc\n", ""},
		"PartBetweenIsMissing": {"...\nx\n...\n", "a\nb\nc\n", `"x"`},
		"AnotherBeginning":     {"x\n...\n", "a\nb\n", `"x", and the command prints "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := Difference(test.shown, test.printed)
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("Difference() = %q, want %q in it", got, test.want)
			}
		})
	}
}

func TestSessionKeepsItsState(t *testing.T) {
	t.Parallel()
	session, err := NewSession(t.Context(), t.TempDir(), append(os.Environ(), "COLOUR=red"), "typed\n", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	for _, step := range []struct {
		command string
		want    Result
	}{
		{"echo $COLOUR >&2; false", Result{Output: "red\n", Code: 1}},
		{"echo $?; COLOUR=blue", Result{Output: "1\n"}},
		{"read -r line; printf '%s %s' \\\n  \"$COLOUR\" \"$line\"", Result{Output: "blue typed"}},
		{"sleep 100 & cat <<EOF\n$COLOUR\nEOF", Result{Output: "blue\n"}},
	} {
		got, err := session.Run(t.Context(), step.command)
		if err != nil || got != step.want {
			t.Errorf("%q gives %+v (%v), want %+v", step.command, got, err, step.want)
		}
	}
	if _, err := session.Run(t.Context(), "echo last; exit 3"); err == nil || !strings.Contains(err.Error(), "last") {
		t.Errorf("Run() = %v for a command that ends the shell", err)
	}
}

func TestSessionEndsWhatTakesTooLong(t *testing.T) {
	t.Parallel()
	session, err := NewSession(t.Context(), t.TempDir(), os.Environ(), "", 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.Run(t.Context(), "echo begin; sleep 100"); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("Run() = %v for a command that does not end", err)
	}
}

// TestTreatment wants something to check each block, and an error for what nothing checks.
func TestTreatment(t *testing.T) {
	t.Parallel()
	e := entry{terminal: nothing, elsewhere: map[string]string{"Install": "test/install.TestX"}, code: map[string]string{"go": "test/y.TestY"}}
	for page, want := range map[string]string{
		"```sh\ntrue\n```":                                             run,
		"```console\n$ true\n```":                                      run,
		"# Install\n```sh\ntrue\n```":                                  "test/install.TestX",
		"<!-- not run: slow -->\n```sh\ntrue\n```":                     notRun,
		"```yaml\napiVersion: v1\nkind: Secret\n```":                   applied,
		"```yaml\napiVersion: v1\nkind: Secret\n---\nname: a\n```":     `needs title`,
		"```yaml title=\"values.yaml\"\na: 1\n```":                     read,
		"```yaml title=\"values.yaml\"\na: 1\na: 2\n```":               `already`,
		"```yaml title=\"a.yaml\"\napiVersion: v1\nkind: S\na: [\n```": `reading YAML`,
		"```yaml\na: 1\n```":                                           `needs title`,
		"# Install\n```yaml\na: 1\n```":                                "test/install.TestX",
		"```go\nx\n```":                                                "test/y.TestY",
		"```js\nx\n```":                                                `the language "js"`,
		"```\nx\n```":                                                  `the language ""`,
		"```text\nx\n```":                                              text,
		"```json\n{}\n{}\n```":                                         read,
		"```json\n{]\n```":                                             `not JSON`,
	} {
		got, err := e.treat(Blocks(page)[0])
		if said := fmt.Sprint(err); got.by != want && (err == nil || !strings.Contains(said, want)) {
			t.Errorf("%q: %+v %v, want %s", page, got, err, want)
		}
	}
	if _, err := (entry{}).treat(Blocks("```sh\ntrue\n```")[0]); err == nil {
		t.Error("commands of a page without an entry are accepted")
	}
	if got := e.unused(Page{Text: "# Page\n```sh\n```\n"}); len(got) != 2 {
		t.Errorf("unused() = %q, want the heading and the language", got)
	}
	if err := exists(repository(t), "test/docs.TestMissing", "kubectl-clerk.md"); err == nil {
		t.Error("a test that does not exist is accepted")
	}
}
