// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package nodejs

import (
	"os"
	"strings"
	"testing"
)

func TestMajor(t *testing.T) {
	for version, want := range map[string]int{"v20.20.2": 20, "v9.1.0": 9, "": 0, "nightly": 0} {
		if got := major(version); got != want {
			t.Errorf("major(%q) = %d, want %d", version, got, want)
		}
	}
}

// TestMinimumIsTheSame compares the minimum with what people are told.
func TestMinimumIsTheSame(t *testing.T) {
	for file, want := range map[string]string{
		"../../Makefile": "NODE_MINIMUM := 20\n", "../../hack/site/package.json": `"node": ">=20"`, "../../CONTRIBUTING.md": "Node.js 20 or newer",
	} {
		text, err := os.ReadFile(file)
		if err != nil || minimum != 20 || !strings.Contains(strings.Join(strings.Fields(string(text)), " "), strings.TrimSpace(want)) {
			t.Errorf("%s does not have %q (%v)", file, want, err)
		}
	}
}
