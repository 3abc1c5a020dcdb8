// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"slices"
	"strings"
)

// maxSuggestions is how many names an error suggests.
const maxSuggestions = 3

// Suggest returns the names that somebody may have meant who typed another one, the most similar first.
func Suggest(typed string, names []string) []string {
	typed = strings.ToLower(typed)
	limit := max(1, len(typed)/3)
	far := func(name string) int {
		name = strings.ToLower(name)
		if len(typed) > 2 && (strings.HasPrefix(name, typed) || strings.HasPrefix(typed, name)) {
			return 1
		}
		return distance(typed, name)
	}
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return far(name) > limit })
	slices.SortStableFunc(near, func(a, b string) int {
		return cmp.Or(far(a)-far(b), distance(typed, strings.ToLower(a))-distance(typed, strings.ToLower(b)))
	})
	return near[:min(len(near), maxSuggestions)]
}

// DidYouMean returns the end of an error message that suggests names; "" if there are none.
func DidYouMean(suggestions []string) string {
	if len(suggestions) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(suggestions, " or ") + "?"
}

// distance is the number of characters to insert, delete or replace to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
