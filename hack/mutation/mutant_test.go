// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const original = `package a

func f(x int, on bool) bool {
	if x > 3 && !on {
		g()
		return true
	}
	x = 4
	return false
}
`

func TestFindMutants(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.go", "a_test.go"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(original), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	found, err := findMutants(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range found {
		names = append(names, m.String())
	}
	want := []string{
		"a.go f: x > 3 && !on -> (x > 3 && !on) && false",
		"a.go f: x > 3 && !on -> (x > 3 && !on) || true",
		"a.go f: && -> ||",
		"a.go f: > -> <=",
		"a.go f: ! -> ",
		"a.go f: g() -> ",
		"a.go f: true -> !true",
		"a.go f: x = 4 -> _ = func() { x = 4 }",
		"a.go f: false -> !false",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("mutants (-want +got):\n%s", diff)
	}
}

func TestTryDistinguishesNoticedFromUnnoticed(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"go.mod":    "module example.test/a\n\ngo 1.26\n",
		"a.go":      "package a\n\nfunc Big(x int) bool {\n\tif x > 3 {\n\t\treturn true\n\t}\n\treturn false\n}\n",
		"a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestBig(t *testing.T) {\n\tif !Big(4) {\n\t\tt.Error(4)\n\t}\n}\n",
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	found, err := findMutants(".")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]outcome{}
	for _, m := range found {
		if got[m.String()], err = try(t.Context(), ".", m); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]outcome{
		"a.go Big: x > 3 -> (x > 3) && false": killed,
		"a.go Big: x > 3 -> (x > 3) || true":  survived,
		"a.go Big: > -> <=":                   killed,
		"a.go Big: true -> !true":             killed,
		"a.go Big: false -> !false":           survived,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

func TestChooseSpreadsEvenly(t *testing.T) {
	all := make([]mutant, 10)
	for i := range all {
		all[i] = mutant{file: "a.go", function: string(rune('a' + i))}
	}
	got := choose(all, 3, "")
	if len(got) != 3 || got[0].function != "a" || got[1].function != "d" || got[2].function != "g" {
		t.Errorf("choose() = %v", got)
	}
	if got := choose(all, 0, " c:"); len(got) != 1 {
		t.Errorf("choose(only c) = %v", got)
	}
}

func TestEquivalentsNeedAReason(t *testing.T) {
	got := equivalents("# a comment\na.go f: > -> >=  # there is no tie\na.go g: > -> >=\n")
	if diff := cmp.Diff(map[string]bool{"a.go f: > -> >=": true}, got); diff != "" {
		t.Errorf("equivalents (-want +got):\n%s", diff)
	}
}
