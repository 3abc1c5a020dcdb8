// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package undecoded serves objects of which some stored value did not decode: it says which, and replaces in status what the
// operator writes anyway.
package undecoded

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// maxNamed is how many fields a message names.
const maxNamed = 5

// SpecMessage says of a spec what is wrong with it, and what to do. The kind is as kubectl explain takes it.
func SpecMessage(kind string, paths v1alpha1.FieldPaths) string {
	return fmt.Sprintf("%s: the stored value is not one that the field can hold; correct it as "+
		`"kubectl explain %s.%s" says, or remove the field`, names(paths), kind, withoutIndexes(paths[0]))
}

// FixedSpecMessage says the same of a spec that cannot be changed.
func FixedSpecMessage(kind string, paths v1alpha1.FieldPaths) string {
	return fmt.Sprintf("%s: the stored value is not one that the field can hold; create another object with a value as "+
		`"kubectl explain %s.%s" says`, names(paths), kind, withoutIndexes(paths[0]))
}

// StatusMessage says of a status which record the operator cannot read, and what to do.
func StatusMessage(kind, name string, paths v1alpha1.FieldPaths) string {
	return fmt.Sprintf("%s: the stored value is not one that the field can hold, and the operator needs this record; restore the "+
		`former value, or have the record made anew by removing the field with "kubectl edit %s %s --subresource=status"`,
		names(paths), kind, name)
}

// InstanceRecords are the fields of a ClerkInstance's status whose absence would make the operator forget something: which
// Clerk instance it stands for, what the deletion brake has counted, and which Secret holds the finalizer.
func InstanceRecords() []string {
	return []string{"status.instanceID", "status.deletions", "status.secretName"}
}

// names lists fields, the first of them if there are many.
func names(paths v1alpha1.FieldPaths) string {
	if more := len(paths) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:maxNamed], ", "), more)
	}
	return strings.Join(paths, ", ")
}

// withoutIndexes is a path as kubectl explain takes it.
func withoutIndexes(path string) string {
	return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "")
}
