// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package notchecked ends tests that need a program which this machine lacks, such as runc or promtool.
package notchecked

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const (
	// listVariable names a file for what could not be checked on this machine. "make test" prints it at its end.
	listVariable = "CLERK_OPERATOR_NOT_CHECKED"
	// requiredVariable is not empty where a test must fail if it cannot check something.
	requiredVariable = "CLERK_OPERATOR_CHECKS_REQUIRED"
)

// Skip says why something cannot be checked on this machine, and skips the test. It fails the test if everything has to be checked.
//
//nolint:goprintffuncname // named as t.Skip, whose place it takes; go vet checks the format of its callers all the same
func Skip(t testing.TB, format string, args ...any) {
	t.Helper()
	why := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if os.Getenv(requiredVariable) != "" {
		t.Fatalf("NOT CHECKED: %s; %s is set", why, requiredVariable)
	}
	fmt.Fprintln(os.Stderr, "NOT CHECKED:", why)
	if path := os.Getenv(listVariable); path != "" {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := fmt.Fprintln(file, why); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(why)
}
