// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

// InvalidError says which part of a spec cannot be carried out, and what to do about it. It shows no value.
type InvalidError struct {
	// Field is the path of the part, such as spec.publicMetadata.roles[2].
	Field string
	// Problem says what is wrong and what to write instead.
	Problem string
}

// Error returns the field and the problem.
func (e *InvalidError) Error() string { return e.Field + ": " + e.Problem }
