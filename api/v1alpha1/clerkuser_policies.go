// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// MergePolicy says how declared entries go together with entries that others wrote.
// +kubebuilder:validation:Enum=Merge;Replace
type MergePolicy string

// Merge policies.
const (
	// PolicyMerge leaves alone what others wrote.
	PolicyMerge MergePolicy = "Merge"
	// PolicyReplace makes the whole exactly as declared.
	PolicyReplace MergePolicy = "Replace"
)

// IdentifierStatus is the verification state of an e-mail address or phone number.
// +kubebuilder:validation:Enum=Verified;Reserved
type IdentifierStatus string

// Verification states that can be declared.
const (
	// IdentifierVerified says that the user is known to own it.
	IdentifierVerified IdentifierStatus = "Verified"
	// IdentifierReserved says that nobody else can use it and the user may verify it.
	IdentifierReserved IdentifierStatus = "Reserved"
)

// Mode says whether the operator changes the user or only looks.
// +kubebuilder:validation:Enum=Enforce;Observe
type Mode string

// Modes.
const (
	// ModeEnforce makes Clerk match the spec.
	ModeEnforce Mode = "Enforce"
	// ModeObserve changes nothing at Clerk.
	ModeObserve Mode = "Observe"
)

// AdoptionPolicy says whether an existing user may be put under management because of its identifiers.
// +kubebuilder:validation:Enum=Never;IfUnmanaged
type AdoptionPolicy string

// Adoption policies.
const (
	// AdoptNever refuses.
	AdoptNever AdoptionPolicy = "Never"
	// AdoptIfUnmanaged adopts a user that no other object manages.
	AdoptIfUnmanaged AdoptionPolicy = "IfUnmanaged"
)

// DeletionPolicy says what becomes of the user at Clerk when the object is deleted.
// +kubebuilder:validation:Enum=Delete;Ban;Retain
type DeletionPolicy string

// Deletion policies.
const (
	// DeletionDelete deletes the user at Clerk.
	DeletionDelete DeletionPolicy = "Delete"
	// DeletionBan bans the user, which ends its sessions, and keeps the account.
	DeletionBan DeletionPolicy = "Ban"
	// DeletionRetain leaves the user as it is, without owner mark.
	DeletionRetain DeletionPolicy = "Retain"
)

// Origin says how an object came by its user.
// +kubebuilder:validation:Enum=Created;Adopted
type Origin string

// Origins.
const (
	// OriginCreated says that the operator created the user.
	OriginCreated Origin = "Created"
	// OriginAdopted says that the user existed and was put under management.
	OriginAdopted Origin = "Adopted"
)
