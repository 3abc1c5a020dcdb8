// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons_test

import (
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	const site = "https://github.com/clerk-operator/clerk-operator/blob/main/"
	for text, want := range map[string]string{
		"Remove `suspend`.": "Remove suspend.",
		"See [adoption](../explanation/ownership.md#adoption), please": "See adoption (" + site + "docs/explanation/ownership.md#adoption), please",
		"the [reasons](#clerkinstance)":                                "the reasons (" + site + "docs/reference/reasons.md#clerkinstance)",
		"the [page](../troubleshooting.md)":                            "the page (" + site + "docs/troubleshooting.md)",
	} {
		if got := reasons.Plain(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for _, entry := range reasons.All() {
		plain := entry.Plain()
		for _, c := range plain.Cases {
			if text := plain.Meaning + plain.Retry + c.Remedy; strings.ContainsAny(text, "`[]") {
				t.Errorf("%s %s has Markdown: %s", entry.Kind, entry.Reason, text)
			}
		}
	}
}
