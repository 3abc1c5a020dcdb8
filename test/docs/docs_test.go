// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const samplePage = "# Page\n\n```sh\n$ not-an-example\n```\n\n```console\n$ one\nits output\n\nmore\n$ two \\\n>   --flag\n$ three\n```\n" +
	"Text.\n```console\n$ four\nlast\n```\n"

func TestBlocksOfAPage(t *testing.T) {
	t.Parallel()
	want := []Block{
		{[]Example{
			{Line: 8, Command: "one", Output: "its output\n\nmore\n"},
			{Line: 12, Command: "two \\\n  --flag"},
			{Line: 14, Command: "three"},
		}},
		{[]Example{{Line: 18, Command: "four", Output: "last\n"}}},
	}
	if diff := cmp.Diff(want, Blocks(samplePage), cmpopts.IgnoreUnexported(Example{})); diff != "" {
		t.Errorf("Blocks() (-want +got):\n%s", diff)
	}
}

func TestFilesOfAPage(t *testing.T) {
	t.Parallel()
	const page = "```yaml\n# ada.yaml\nkind: A\n---\nkind: B\n```\n```yaml\nkind: C\n```\n```yaml\n# Not a name\n```\n```yaml\n# b.yaml\n# more\n```\n"
	want := map[string]string{"ada.yaml": "kind: A\n---\nkind: B\n", "b.yaml": "# more\n"}
	if diff := cmp.Diff(want, Files(page)); diff != "" {
		t.Errorf("Files() (-want +got):\n%s", diff)
	}
}

func TestUpdateWritesWhatDiffers(t *testing.T) {
	t.Parallel()
	const page = "```console\n$ age\nup 3s\n$ new\n$ wrong\nold\nlines\n$ part\nfirst\n...\n```\nEnd.\n"
	const want = "```console\n$ age\nup 3s\n$ new\nhere\n$ wrong\nfresh\n$ part\nfirst\n...\n```\nEnd.\n"
	got := Update(page, map[int]string{2: "up 4s\n", 4: "here\n", 5: "fresh\n", 8: "other\n"})
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

func TestShellRunsABlockInOneSession(t *testing.T) {
	t.Parallel()
	shell := Shell{Directory: t.TempDir(), Environment: append(os.Environ(), "COLOUR=red")}
	got, err := shell.Run(t.Context(), Blocks("```console\n$ echo $COLOUR >&2; false\n$ echo $?\n$ printf '%s %s' \\\n> a b\n```\n")[0])
	if err != nil {
		t.Fatal(err)
	}
	want := []Result{{Output: "red\n", Code: 1}, {Output: "1\n"}, {Output: "a b"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Run() (-want +got):\n%s", diff)
	}
	if _, err := shell.Run(t.Context(), Block{[]Example{{Command: "exit 3"}, {Command: "true"}}}); err == nil || !strings.Contains(err.Error(), "0 of 2") {
		t.Errorf("Run() = %v for a command that ends the shell", err)
	}
}
