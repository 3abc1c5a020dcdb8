// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
)

func TestLintFindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	problems, err := lint(".", "./testdata/robot")
	if err != nil {
		t.Fatal(err)
	}
	found := strings.Join(problems, "\n")
	for _, want := range []string{"should start with 'arms", "(nofloats)", "matches nothing", exceptions()[1].reason} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is missing in:\n%s", want, found)
		}
	}
	for _, unwanted := range []string{"leniently", exceptions()[0].reason} {
		if strings.Contains(found, unwanted) {
			t.Errorf("%q should not be in:\n%s", unwanted, found)
		}
	}
}

func TestLintRefusesWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	if problems, err := lint(".", "./testdata/nothing"); err == nil {
		t.Errorf("lint() = %q, want an error", problems)
	}
}
