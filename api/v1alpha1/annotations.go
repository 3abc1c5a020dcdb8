// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

const (
	// AnnotationReconcileRequestedAt on a ClerkUser requests a reconcile: whenever its value changes, the user is read at
	// Clerk and compared with the spec. The value itself has no meaning; a time is customary. It is copied to
	// status.lastHandledReconcileAt when that reconcile is done.
	AnnotationReconcileRequestedAt = "clerk-operator.io/reconcile-requested-at"

	// AnnotationReleaseDeletions on a ClerkInstance lets go deletions that its brake holds: those that were asked for
	// before the RFC 3339 time in its value.
	AnnotationReleaseDeletions = "clerk-operator.io/release-deletions"

	// AnnotationCreating on a ClerkUser is written by the operator before it sends the creating call, and names the
	// identifier under which the new user can be found again should the answer be lost. It is not for people.
	AnnotationCreating = "clerk-operator.io/creating"

	// Finalizer keeps a ClerkUser until its user at Clerk was treated as its deletion policy says, a ClerkInstance
	// while users need it for their deletion, and the Secret that holds the key of such an instance.
	Finalizer = "clerk-operator.io/finalizer"

	// OwnerKey is the key in a Clerk user's private metadata that names the ClerkUser that manages it. Metadata keys
	// that begin with ReservedPrefix cannot be declared.
	OwnerKey = ReservedPrefix + "owner"

	// ReservedPrefix begins the metadata keys that belong to the operator.
	ReservedPrefix = "clerk-operator.io/"
)
