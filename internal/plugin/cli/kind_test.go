// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import "testing"

func TestParseKind(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"ClerkUser": "ClerkUser", "clerkusers": "ClerkUser", "CU": "ClerkUser", "clerkinstances.clerk-operator.io": "ClerkInstance",
		"cua": "ClerkUserAction", "pod": "", "": "",
	} {
		got, err := ParseKind(name)
		if got.Name != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v", name, got.Name, err)
		}
	}
}
