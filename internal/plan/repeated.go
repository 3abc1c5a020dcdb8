// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
)

// Repeated is the parts of changes that a later plan asks for again: Clerk accepted them and did not keep them. The later plan
// is made against the answers to these changes.
func Repeated(did, later []Change) []Part {
	var found []Part
	for _, c := range did {
		for _, part := range Parts(c) {
			if slices.ContainsFunc(later, func(other Change) bool { return asksAgain(other, c, part) }) {
				found = append(found, part)
			}
		}
	}
	return found
}

// asksAgain says whether a later change asks for the same part. One entry can have two calls in a plan, a number that is
// verified and then becomes a second factor: there the whole call counts.
func asksAgain(later, did Change, part Part) bool {
	if part.Entry != "" {
		return reflect.DeepEqual(later, did)
	}
	return reflect.TypeOf(later) == reflect.TypeOf(did) && slices.Contains(Parts(later), part)
}

// Contains says whether one of the changes is the given one.
func Contains(changes []Change, c Change) bool {
	return slices.ContainsFunc(changes, func(other Change) bool { return reflect.DeepEqual(other, c) })
}
