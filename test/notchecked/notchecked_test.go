// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package notchecked

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// outcome is a test that keeps how it ended.
type outcome struct {
	testing.TB

	skipped, failed string
}

func (o *outcome) Helper()          {}
func (o *outcome) Skip(args ...any) { o.skipped = fmt.Sprint(args...); panic(o) }
func (o *outcome) Fatalf(format string, args ...any) {
	o.failed = fmt.Sprintf(format, args...)
	panic(o)
}

func TestMissingCheckFailsWhereChecksAreRequired(t *testing.T) {
	const why = "the image was not run as a container: runc needs root"
	for required, want := range map[string]outcome{
		"":  {skipped: why},
		"1": {failed: "NOT CHECKED: " + why + "; CLERK_OPERATOR_CHECKS_REQUIRED is set"},
	} {
		list := filepath.Join(t.TempDir(), "list")
		t.Setenv(listVariable, list)
		t.Setenv(requiredVariable, required)
		got := &outcome{}
		func() {
			defer func() {
				if end := recover(); end != any(got) {
					t.Errorf("required %q: the test went on (%v)", required, end)
				}
			}()
			Skip(got, "the image was not run as a container: %s", "runc  needs root")
		}()
		if *got != want {
			t.Errorf("required %q: the test ended with %+v, want %+v", required, *got, want)
		}
		listed, err := os.ReadFile(list)
		if required == "" && (err != nil || string(listed) != why+"\n") {
			t.Errorf("the list is %q (%v), want the reason", listed, err)
		}
	}
}
