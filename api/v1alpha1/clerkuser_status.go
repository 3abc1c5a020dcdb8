// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ClerkUserStatus is what the operator knows about a user at Clerk.
type ClerkUserStatus struct {
	// observedGeneration is the generation of the spec on which the last word was said: that it is carried out, or that
	// somebody has to change something. -1: none yet; the conditions say why.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration"`

	// conditions: Ready, and Reconciling or Stalled while they hold.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:XValidation:rule="self.lastTransitionTime > timestamp('0001-01-01T00:00:00Z') && self.lastTransitionTime < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// userID is the id of the user at Clerk that this object manages. Absent: none yet.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	UserID string `json:"userID,omitempty"`

	// instance is where that user lives.
	// +optional
	Instance *BoundInstance `json:"instance,omitempty"`

	// binding proves that the operator itself bound this object to that user. It has no meaning for people.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Binding string `json:"binding,omitempty"`

	// origin is Created or Adopted.
	// +optional
	Origin Origin `json:"origin,omitempty"`

	// onDelete is what will become of the user when this object is deleted.
	// +optional
	OnDelete DeletionPolicy `json:"onDelete,omitempty"`

	// banned as seen last.
	// +optional
	Banned *bool `json:"banned,omitempty"`

	// locked as seen last.
	// +optional
	Locked *bool `json:"locked,omitempty"`

	// lockExpiresAt is when the lock lapses. Absent: not locked, or locked without end.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	LockExpiresAt *metav1.Time `json:"lockExpiresAt,omitempty"`

	// passwordEnabled says whether the user has a password.
	// +optional
	PasswordEnabled *bool `json:"passwordEnabled,omitempty"`

	// passwordLastUpdatedAt is when the password was changed last, by whomever. Absent: never, as far as Clerk says.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	PasswordLastUpdatedAt *metav1.Time `json:"passwordLastUpdatedAt,omitempty"`

	// twoFactorEnabled says whether the user has any second factor.
	// +optional
	TwoFactorEnabled *bool `json:"twoFactorEnabled,omitempty"`

	// totpEnabled says whether the user has an authenticator app.
	// +optional
	TOTPEnabled *bool `json:"totpEnabled,omitempty"`

	// backupCodeEnabled says whether the user has backup codes.
	// +optional
	BackupCodeEnabled *bool `json:"backupCodeEnabled,omitempty"`

	// hasImage says whether the user has a profile image.
	// +optional
	HasImage *bool `json:"hasImage,omitempty"`

	// directoryManaged true says that a directory (SCIM) owns the user; Clerk then refuses some changes and deletion.
	// +optional
	DirectoryManaged *bool `json:"directoryManaged,omitempty"`

	// lastWriteTime is when the operator last changed the user.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	LastWriteTime *metav1.Time `json:"lastWriteTime,omitempty"`

	// pendingChanges names the fields of the spec that differ at Clerk and are not being put right: in mode Observe, or
	// because they are not kept or contended. Names only, never values.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=256
	// +optional
	PendingChanges []string `json:"pendingChanges,omitempty"`

	// organizationMemberships are the user's, in the order of their organizations' ids: at most 50. Present only where
	// spec.statusIncludes asks for it.
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	// +optional
	OrganizationMemberships []OrganizationMembership `json:"organizationMemberships,omitempty"`

	// organizationMembershipCount is how many there are in all. Absent: not asked for, or not read yet.
	// +optional
	OrganizationMembershipCount *int64 `json:"organizationMembershipCount,omitempty"`

	// organizationInvitations are those that the user was sent, whatever became of them, in the order of their
	// organizations' ids: at most 50. Present only where spec.statusIncludes asks for it.
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	// +optional
	OrganizationInvitations []OrganizationInvitation `json:"organizationInvitations,omitempty"`

	// organizationInvitationCount is how many there are in all. Absent: not asked for, or not read yet.
	// +optional
	OrganizationInvitationCount *int64 `json:"organizationInvitationCount,omitempty"`

	// inputsDigest is a keyed digest of what was read from Secrets and ConfigMaps when the last word was said. It has no
	// meaning for people.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	InputsDigest string `json:"inputsDigest,omitempty"`

	// applied is what the operator added to the user, and will take back when it leaves the spec.
	// +optional
	Applied *Applied `json:"applied,omitempty"`

	// lastHandledReconcileAt is the value of the annotation clerk-operator.io/reconcile-requested-at that was handled last,
	// or its first 256 characters.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// Applied is what the operator added to a user because of a spec.
type Applied struct {
	// metadata holds JSON pointers to the metadata keys that the operator wrote, such as /publicMetadata/role.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2048
	// +kubebuilder:validation:items:MaxLength=512
	// +optional
	Metadata []string `json:"metadata,omitempty"`

	// emailAddresses that the operator added, in lower case.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=254
	// +optional
	EmailAddresses []string `json:"emailAddresses,omitempty"`

	// phoneNumbers that the operator added.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=16
	// +optional
	PhoneNumbers []string `json:"phoneNumbers,omitempty"`

	// banned true says that the ban is the operator's.
	// +optional
	Banned bool `json:"banned,omitempty"`

	// locked true says that the lock is the operator's.
	// +optional
	Locked bool `json:"locked,omitempty"`

	// passwordDigest is a keyed digest of the password that was set last. It has no meaning for people.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	PasswordDigest string `json:"passwordDigest,omitempty"`

	// profileImage true says that the profile image is the operator's.
	// +optional
	ProfileImage bool `json:"profileImage,omitempty"`

	// profileImageDigest is a keyed digest of the image that was uploaded last. It has no meaning for people.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	ProfileImageDigest string `json:"profileImageDigest,omitempty"`
}

// OrganizationMembership is a user's membership of an organization.
type OrganizationMembership struct {
	// id of the membership at Clerk.
	// +kubebuilder:validation:MaxLength=128
	// +required
	ID string `json:"id"`
	// organizationID is the organization's id at Clerk.
	// +kubebuilder:validation:MaxLength=128
	// +required
	OrganizationID string `json:"organizationID"`
	// organizationSlug is the organization's short name, if it has one.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	OrganizationSlug string `json:"organizationSlug,omitempty"`
	// organizationName is the organization's name.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	OrganizationName string `json:"organizationName,omitempty"`
	// role of the user in it, such as org:admin.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Role string `json:"role,omitempty"`
}

// OrganizationInvitation is an invitation of a user to an organization.
type OrganizationInvitation struct {
	// id of the invitation at Clerk.
	// +kubebuilder:validation:MaxLength=128
	// +required
	ID string `json:"id"`
	// organizationID is the organization's id at Clerk.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	OrganizationID string `json:"organizationID,omitempty"`
	// emailAddress that the invitation was sent to.
	// +kubebuilder:validation:MaxLength=320
	// +optional
	EmailAddress string `json:"emailAddress,omitempty"`
	// role that the user would have in it, such as org:member.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Role string `json:"role,omitempty"`
	// state of the invitation at Clerk: pending, accepted, revoked or expired.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	State string `json:"state,omitempty"`
}
