// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ClerkUserSpec says who a user is and what holds for it. A field that is omitted is not managed.
// +kubebuilder:validation:XValidation:rule="has(self.userID) || (has(self.externalID) && self.externalID != '') || (has(self.username) && self.username != '') || (has(self.emailAddresses) && self.emailAddresses.size() > 0) || (has(self.phoneNumbers) && self.phoneNumbers.size() > 0) || (has(self.initial) && has(self.initial.web3Wallets) && self.initial.web3Wallets.size() > 0)",message="name at least one identifier: externalID, username, emailAddresses, phoneNumbers, initial.web3Wallets, or the userID of an existing user"
type ClerkUserSpec struct {
	// instanceRef names the ClerkInstance in which the user lives. Omitted: the ClerkInstance named default in this
	// namespace, else the one the operator was started with (--default-instance). It cannot be changed once the object
	// is bound to a user.
	// +optional
	InstanceRef *InstanceReference `json:"instanceRef,omitempty"`

	// userID is the id of an existing Clerk user (user_…) and is itself the order to adopt it. Omitted: the user is
	// created, or found as adoptionPolicy says. It can be corrected until the object is bound.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^user_[A-Za-z0-9]+$`
	// +optional
	UserID *string `json:"userID,omitempty"`

	// externalID is the user's id in a system of yours; unique in the instance. "" clears it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=255
	// +optional
	ExternalID *string `json:"externalID,omitempty"`

	// username is unique in the instance and stored by Clerk in lower case. Clerk's usual rule is 4 to 64 characters
	// with at least one that is not a digit. "" removes it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Username *string `json:"username,omitempty"`

	// emailAddresses the user has. On creation the first one, or the one marked primary, becomes the primary address.
	// Omitted: not managed. How addresses are treated that are not listed here is said by identifiersPolicy.
	// +listType=map
	// +listMapKey=address
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, y.address.lowerAscii() == x.address.lowerAscii()))",message="addresses must differ in more than upper and lower case; remove one of the two"
	// +kubebuilder:validation:XValidation:rule="self.filter(x, has(x.primary) && x.primary).size() <= 1",message="mark at most one address as primary"
	// +optional
	EmailAddresses []EmailAddress `json:"emailAddresses,omitzero"`

	// phoneNumbers the user has, in E.164 form. On creation the first one, or the one marked primary, becomes the
	// primary number. Omitted: not managed. How numbers are treated that are not listed here is said by identifiersPolicy.
	// +listType=map
	// +listMapKey=number
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.filter(x, has(x.primary) && x.primary).size() <= 1",message="mark at most one number as primary"
	// +optional
	PhoneNumbers []PhoneNumber `json:"phoneNumbers,omitzero"`

	// identifiersPolicy is Merge (addresses and numbers that the operator did not add are left alone) or Replace (those
	// that are not listed are removed from the lists that are given). The user's last way to sign in is never removed.
	// Omitted: Merge.
	// +optional
	IdentifiersPolicy *MergePolicy `json:"identifiersPolicy,omitempty"`

	// firstName of the person. "" clears it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	FirstName *string `json:"firstName,omitempty"`

	// lastName of the person. "" clears it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	LastName *string `json:"lastName,omitempty"`

	// locale is a BCP 47 language tag such as en-US. "" clears it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:Pattern=`^($|[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$)`
	// +optional
	Locale *string `json:"locale,omitempty"`

	// publicMetadata is a JSON object that front ends can read and only back ends can write; the place for roles. At
	// most 8 KB at Clerk. null values are refused: to remove a key, drop it. Integers beyond 2^53 go in quotes. Do not
	// put secrets here. Omitted: not managed.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	PublicMetadata *runtime.RawExtension `json:"publicMetadata,omitempty"`

	// privateMetadata is a JSON object that only back ends can read and write. The same rules as for publicMetadata.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	PrivateMetadata *runtime.RawExtension `json:"privateMetadata,omitempty"`

	// unsafeMetadata is a JSON object that the user, too, can read and write from the front end; declaring a key here
	// means to overrule the user. The same rules as for publicMetadata.
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	UnsafeMetadata *runtime.RawExtension `json:"unsafeMetadata,omitempty"`

	// metadataPolicy is Merge (declared keys are set at any depth, keys that the operator set are removed when they
	// leave the spec, all others are left alone) or Replace (each metadata field that is given is made exactly as
	// declared). Omitted: Merge.
	// +optional
	MetadataPolicy *MergePolicy `json:"metadataPolicy,omitempty"`

	// banned true ends all sessions and refuses sign-in until unbanned; false lifts any ban. Omitted: not managed, and
	// a ban of the operator's is lifted. Clerk asks for a paid plan on production instances.
	// +optional
	Banned *bool `json:"banned,omitempty"`

	// locked true refuses sign-in. Clerk lets a lock lapse after the instance's lockout duration; the operator then
	// locks again. false lifts a lock the operator set, or any lock once when the field is set or the spec changes; a
	// lock that Clerk sets later against guessing is left alone. Omitted: not managed, and a lock of the operator's is
	// lifted.
	// +optional
	Locked *bool `json:"locked,omitempty"`

	// deleteSelfEnabled says whether the person may delete the account. Omitted: not managed.
	// +optional
	DeleteSelfEnabled *bool `json:"deleteSelfEnabled,omitempty"`

	// createOrganizationEnabled says whether the user may create organizations. Omitted: not managed.
	// +optional
	CreateOrganizationEnabled *bool `json:"createOrganizationEnabled,omitempty"`

	// createOrganizationsLimit is how many organizations the user may create; 0 is no limit. Omitted: not managed.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	CreateOrganizationsLimit *int64 `json:"createOrganizationsLimit,omitempty"`

	// bypassClientTrust true lets the user sign in from a new device without Clerk's extra check. Omitted: not managed.
	// +optional
	BypassClientTrust *bool `json:"bypassClientTrust,omitempty"`

	// initial holds what only the creating call can say. It is not looked at again, has no effect on an adopted user,
	// and cannot be changed while the object is bound.
	// +optional
	Initial *InitialValues `json:"initial,omitempty"`

	// mode is Enforce (make Clerk match) or Observe (change nothing at Clerk and name in status.pendingChanges what
	// differs). Omitted: Enforce.
	// +optional
	Mode *Mode `json:"mode,omitempty"`

	// adoptionPolicy says what happens when a user with one of the declared identifiers exists: Never (refuse) or
	// IfUnmanaged (manage it, if no other object does and the identifier proves possession: a verified e-mail address,
	// phone number or wallet, or the external id). Omitted: Never. To adopt a certain user, set userID instead.
	// +optional
	AdoptionPolicy *AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// deletionPolicy says what becomes of the user at Clerk when this object is deleted: Delete, Ban or Retain (leave it
	// as it is). Omitted: Delete for a user that the operator created, Retain for one that it adopted. It can be
	// changed on an object that is being deleted.
	// +optional
	DeletionPolicy *DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend true stops all work on this object: nothing is read or written at Clerk. An object deleted while
	// suspended is let go and its user stays. Omitted: false.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`
}

// EmailAddress is an e-mail address of a user.
type EmailAddress struct {
	// address in the form name@domain; upper and lower case are the same to Clerk.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:Pattern=`^[^@\s]+@[^@\s]+$`
	// +required
	Address string `json:"address"`

	// primary true makes this the address that Clerk writes to. At most one in the list. If none is marked, the first
	// one is primary on creation, and later which one is primary is not managed.
	// +optional
	Primary *bool `json:"primary,omitempty"`

	// status is Verified (the user is known to own the address) or Reserved (nobody else can use the address, and the
	// user may verify it; possible only when the user is created). Omitted: verified when the operator adds the
	// address, then not managed.
	// +optional
	Status *IdentifierStatus `json:"status,omitempty"`
}

// PhoneNumber is a phone number of a user.
type PhoneNumber struct {
	// number in E.164 form, such as +15555550100.
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:Pattern=`^\+[1-9][0-9]{6,14}$`
	// +required
	Number string `json:"number"`

	// primary true makes this the user's primary number. At most one in the list. If none is marked, the first one is
	// primary on creation, and later which one is primary is not managed.
	// +optional
	Primary *bool `json:"primary,omitempty"`

	// status is Verified or Reserved, as for e-mail addresses.
	// +optional
	Status *IdentifierStatus `json:"status,omitempty"`

	// reservedForSecondFactor true makes the number a second factor; it must be verified. Omitted: not managed.
	// +optional
	ReservedForSecondFactor *bool `json:"reservedForSecondFactor,omitempty"`
}

// InitialValues are used by the creating call only.
type InitialValues struct {
	// web3Wallets are wallet addresses: 0x and 40 hexadecimal digits, or a Solana address. The first one becomes
	// primary. Clerk can add wallets only at creation.
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:Pattern=`^(0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$`
	// +optional
	Web3Wallets []string `json:"web3Wallets,omitzero"`

	// createdAt is when the person signed up, for users that come from another system. Omitted: now.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`

	// legalAcceptedAt is when the person accepted the legal terms. Omitted: not recorded.
	// +optional
	LegalAcceptedAt *metav1.Time `json:"legalAcceptedAt,omitempty"`

	// skipLegalChecks true creates the user although acceptance of the legal terms is required and not given.
	// +optional
	SkipLegalChecks *bool `json:"skipLegalChecks,omitempty"`

	// skipPasswordRequirement true creates the user without a password on an instance that requires one.
	// +optional
	SkipPasswordRequirement *bool `json:"skipPasswordRequirement,omitempty"`

	// skipUserRequirement true creates the user without the identifiers that the instance requires; one is still needed.
	// +optional
	SkipUserRequirement *bool `json:"skipUserRequirement,omitempty"`
}
