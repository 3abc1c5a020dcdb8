// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Limits of a status. The API server refuses a status that exceeds one as a whole, so whoever fills these fields must stay
// within them.
const (
	// MaxAppliedMetadata is how many JSON pointers fit in status.applied.metadata.
	MaxAppliedMetadata = 2048
	// MaxMetadataPointer is how many characters such a pointer may have.
	MaxMetadataPointer = 512
	// MaxAppliedIdentifiers is how many entries fit in each of status.applied.emailAddresses and phoneNumbers.
	MaxAppliedIdentifiers = 64
	// MaxPendingChanges is how many fields fit in status.pendingChanges.
	MaxPendingChanges = 64
	// MaxOrganizations is how many entries fit in each of status.organizationMemberships and organizationInvitations.
	MaxOrganizations = 50
	// MaxLastHandledReconcileAt is how many characters of the annotation clerk-operator.io/reconcile-requested-at fit in
	// status.lastHandledReconcileAt. An annotation can be far longer.
	MaxLastHandledReconcileAt = 256
)

// ReconcileRequestedAt returns what status.lastHandledReconcileAt is once the annotation is handled: its first
// MaxLastHandledReconcileAt characters, or "" where there is none.
func (u *ClerkUser) ReconcileRequestedAt() string {
	asked := []rune(u.Annotations[AnnotationReconcileRequestedAt])
	return string(asked[:min(len(asked), MaxLastHandledReconcileAt)])
}
