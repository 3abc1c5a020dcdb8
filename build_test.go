// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"os/exec"
	"strings"
	"testing"
)

func TestMakeBuildSetsTheVersion(t *testing.T) {
	const set = " -X github.com/clerk-operator/clerk-operator/internal/version.version="
	for version, want := range map[string]bool{"": false, "v9.8.7": true} {
		commands, err := exec.CommandContext(t.Context(), "make", "--dry-run", "build", "VERSION="+version).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, commands)
		}
		if got := strings.Contains(string(commands), set+version+"'"); got != want {
			t.Errorf("VERSION=%q: the version is set: %t, want %t:\n%s", version, got, want, commands)
		}
	}
}
