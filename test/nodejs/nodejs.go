// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package nodejs is for tests that run programs of Node.js, with packages of npm.
package nodejs

import (
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// minimum is the oldest major version with which the tests are run, as in the Makefile and in package.json.
const minimum = 20

// Need skips the test where Node.js or npm is missing or too old. what says what is then not checked.
func Need(t testing.TB, what string) {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			notchecked.Skip(t, "%s: %s is not installed (on Debian: apt-get install nodejs npm)", what, program)
		}
	}
	said, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	if err != nil {
		t.Fatalf("asking node for its version: %v", err)
	}
	if version := strings.TrimSpace(string(said)); major(version) < minimum {
		notchecked.Skip(t, "%s: node is %s, and %d is the minimum", what, version, minimum)
	}
}

// major returns the first number of a version such as v20.1.0, or 0.
func major(version string) int {
	first, _, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	number, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return number
}

// unreachable are the codes that npm prints if it cannot reach a registry.
var unreachable = regexp.MustCompile(`\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH)\b`)

// SkipOffline skips the test if npm printed that it reaches no registry. what says what is then not checked.
func SkipOffline(t testing.TB, what, printed string) {
	t.Helper()
	if code := unreachable.FindString(printed); code != "" {
		notchecked.Skip(t, "%s: npm reaches no registry (%s)", what, code)
	}
}
