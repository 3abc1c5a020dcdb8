// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

const (
	// AnnotationReconcileRequestedAt on a ClerkUser requests a reconcile: whenever its value changes, the user is read at
	// Clerk and compared with the spec. The value itself has no meaning; a time is customary. It is copied to
	// status.lastHandledReconcileAt when that reconcile is done.
	AnnotationReconcileRequestedAt = "clerk-operator.io/reconcile-requested-at"

	// AnnotationReleaseDeletions on a ClerkInstance releases deletions that wait for its brake: those that were
	// requested before the RFC 3339 time in its value.
	AnnotationReleaseDeletions = "clerk-operator.io/release-deletions"

	// AnnotationCreating on a ClerkUser is written by the operator before it sends the creating call. It names the
	// identifier by which the operator finds the new user if the answer is lost. It is for the operator only.
	AnnotationCreating = "clerk-operator.io/creating"

	// Finalizer keeps a ClerkUser until its deletion policy is carried out, a ClerkInstance while ClerkUsers need it for
	// their deletion, and the Secret with the key of such an instance.
	Finalizer = "clerk-operator.io/finalizer"

	// FieldManager is the name under which the operator writes to the API server, in managedFields: status, the finalizer and
	// AnnotationCreating, and nothing else of objects that others create.
	FieldManager = "clerk-operator"

	// OwnerKey is the key in a Clerk user's private metadata that names the ClerkUser that manages the user. Metadata
	// keys that begin with ReservedPrefix cannot be declared.
	OwnerKey = ReservedPrefix + "owner"

	// ReservedPrefix begins the metadata keys that the operator uses.
	ReservedPrefix = "clerk-operator.io/"
)
