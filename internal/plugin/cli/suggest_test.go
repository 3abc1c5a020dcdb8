// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSuggest(t *testing.T) {
	t.Parallel()
	names := []string{"ada", "ada-lovelace", "bob", "grace-hopper", "InSync"}
	for typed, want := range map[string][]string{
		"ada-lovelase": {"ada-lovelace", "ada"},
		"grace":        {"grace-hopper"},
		"insinc":       {"InSync"},
		"bop":          {"bob"},
		"zzz":          nil,
		"":             nil,
	} {
		got := Suggest(typed, names)
		if len(got) == 0 {
			got = nil
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", typed, diff)
		}
	}
	if got := DidYouMean([]string{"a", "b"}); got != "; did you mean a or b?" || DidYouMean(nil) != "" {
		t.Error(got)
	}
}
