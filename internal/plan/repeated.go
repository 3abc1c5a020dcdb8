// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
)

// Repeated returns the parts of changes that a later plan requests again, so Clerk accepted them and did not keep them.
// The later plan is made against the answers to these changes.
func Repeated(did, later []Change) []Part {
	var found []Part
	for _, c := range did {
		for _, part := range Parts(c) {
			if slices.ContainsFunc(later, func(other Change) bool { return repeats(other, c, part) }) {
				found = append(found, part)
			}
		}
	}
	return found
}

// repeats reports whether a later change requests the same part. A plan can have two calls for one entry, a number that
// is verified and then becomes a second factor; then the whole call counts.
func repeats(later, did Change, part Part) bool {
	if part.Entry != "" {
		return reflect.DeepEqual(later, did)
	}
	return reflect.TypeOf(later) == reflect.TypeOf(did) && slices.Contains(Parts(later), part)
}

// Contains reports whether one of the changes equals the given one.
func Contains(changes []Change, c Change) bool {
	return slices.ContainsFunc(changes, func(other Change) bool { return reflect.DeepEqual(other, c) })
}
