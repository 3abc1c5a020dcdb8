// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package undecoded handles objects with a stored value that did not decode. It names the field, and replaces the value
// in status if the operator writes that field anyway.
package undecoded

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// maxNamed is the number of fields that a message names.
const maxNamed = 5

// SpecMessage says what is wrong with a spec, and what to do. kind is the kind as kubectl explain takes it.
func SpecMessage(kind string, paths v1alpha1.FieldPaths) string {
	return fmt.Sprintf("%s: the stored value is not valid for the field; correct it as "+
		`"kubectl explain %s.%s" says, or remove the field`, names(paths), kind, withoutIndexes(paths[0]))
}

// FixedSpecMessage is SpecMessage for a spec that cannot be changed.
func FixedSpecMessage(kind string, paths v1alpha1.FieldPaths) string {
	return fmt.Sprintf("%s: the stored value is not valid for the field; create another object with a value as "+
		`"kubectl explain %s.%s" says`, names(paths), kind, withoutIndexes(paths[0]))
}

// StatusMessage says which record in a status the operator cannot read, and what to do.
func StatusMessage(kind, name string, paths v1alpha1.FieldPaths) string {
	return fmt.Sprintf("%s: the stored value is not valid for the field, and the operator needs this record; restore the "+
		`former value, or remove the field with "kubectl edit %s %s --subresource=status", and the operator writes it again`,
		names(paths), kind, name)
}

// InstanceRecords are the fields of a ClerkInstance's status that the operator must not lose: the id of the Clerk
// instance, the count of the deletion brake, the pending deletions, and the Secret with the finalizer.
func InstanceRecords() []string {
	return []string{"status.instanceID", "status.deletions", "status.pendingDeletions", "status.secretName"}
}

// names joins the names of fields. If there are many, it names only the first.
func names(paths v1alpha1.FieldPaths) string {
	if more := len(paths) - maxNamed; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(paths[:maxNamed], ", "), more)
	}
	return strings.Join(paths, ", ")
}

// withoutIndexes returns a path as kubectl explain takes it.
func withoutIndexes(path string) string {
	return regexp.MustCompile(`\[\d+\]`).ReplaceAllString(path, "")
}
