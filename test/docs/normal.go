// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"regexp"
	"strings"
)

// variable is a part of an output that differs from one run to the next.
type variable struct {
	pattern *regexp.Regexp
	word    string
}

// variables are replaced in this order.
func variables() []variable {
	as := func(pattern, word string) variable { return variable{regexp.MustCompile(pattern), word} }
	return []variable{
		as(`\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})`, "TIME"),
		as(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`, "UID"),
		as(`\b(user|ins|idn|sess)_[0-9A-Za-z]{27}\b`, "${1}_ID"),
		as(`\bhttps?://127\.0\.0\.1:\d+`, "ADDRESS"),
		// What the API server adds to a generateName.
		as(`\b([a-z0-9]+(?:-[a-z0-9]+)*-)[bcdfghjklmnpqrstvwxz2456789]{5}\b`, "${1}SUFFIX"),
		as(`\b(?:\d+(?:\.\d+)?(?:ms|[dhms]))+\b`, "AGE"),
		as(`\b\d+ (?:second|minute|hour|day)s?\b`, "AGE"),
		// The operator counts them once an hour; the first count may come before or after the creation of users.
		as(`\b\d+ at Clerk\b`, "SOME at Clerk"),
		// The width of a column depends on them.
		as(`[ \t]+`, " "),
	}
}

// Normal returns an output without what differs from one run to the next: times, ages, ids, addresses, and the width of columns.
func Normal(output string) string {
	for _, variable := range variables() {
		output = variable.pattern.ReplaceAllString(output, variable.word)
	}
	var lines []string
	for line := range strings.SplitSeq(strings.TrimSpace(output), "\n") {
		lines = append(lines, strings.TrimSpace(line))
	}
	return strings.Join(lines, "\n")
}
