// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
)

// Repeated names the fields of changes that a later plan asks for again, sorted and each once: Clerk accepted them and did
// not keep them. The later plan is made against the answers to these changes.
func Repeated(did, later []Change) []string {
	found := map[Part]bool{}
	for _, c := range did {
		for _, part := range Parts(c) {
			if slices.ContainsFunc(later, func(other Change) bool { return asksAgain(other, c, part) }) {
				found[part] = true
			}
		}
	}
	return namesOf(found)
}

// asksAgain says whether a later change asks for the same part. One entry can have two calls in a plan, a number that is
// verified and then becomes a second factor: there the whole call counts.
func asksAgain(later, did Change, part Part) bool {
	if part.Entry != "" {
		return reflect.DeepEqual(later, did)
	}
	return reflect.TypeOf(later) == reflect.TypeOf(did) && slices.Contains(Parts(later), part)
}
