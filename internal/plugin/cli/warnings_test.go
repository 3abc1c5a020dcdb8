// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"testing"
)

func TestWarningsAreShown(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := newWarnings(&out)
	for range 2 {
		w.HandleWarningHeader(299, "-", "the policy \x1b[31mwarns")
	}
	w.HandleWarningHeader(199, "-", "another code")
	if got, want := out.String(), "Warning: the policy \ufffd[31mwarns\n"; got != want {
		t.Errorf("shown is %q, want %q", got, want)
	}
}
