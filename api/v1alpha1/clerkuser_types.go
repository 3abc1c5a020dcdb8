// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "k8s.io/apimachinery/pkg/runtime"

// ClerkUserSpec says who a user is and what holds for it. A field that is omitted is not managed.
// +kubebuilder:validation:XValidation:rule="has(self.userID) || (has(self.externalID) && size(self.externalID) > 0) || (has(self.username) && size(self.username) > 0) || (has(self.emailAddresses) && self.emailAddresses.size() > 0) || (has(self.phoneNumbers) && self.phoneNumbers.size() > 0) || (has(self.initial) && has(self.initial.web3Wallets) && self.initial.web3Wallets.size() > 0)",message="must name at least one identifier that is not empty: externalID, username, emailAddresses, phoneNumbers, initial.web3Wallets, or the userID of an existing user"
// +kubebuilder:validation:XValidation:rule="!has(self.password) || !has(self.initial) || (!has(self.initial.password) && !has(self.initial.passwordDigest))",message="must not stand beside password, which is set at creation already; remove initial.password and initial.passwordDigest, or remove password",fieldPath=".initial"
type ClerkUserSpec struct {
	// instanceRef names the ClerkInstance in which the user lives. Omitted: the ClerkInstance named default in this
	// namespace, else the one the operator was started with (--default-instance). It cannot be changed once the object
	// is bound to a user.
	// +optional
	InstanceRef *InstanceReference `json:"instanceRef,omitempty"`

	// userID is the id of an existing Clerk user (user_…) and is itself the order to adopt it. Omitted: the user is
	// created, or found as adoptionPolicy says. It can be corrected until the object is bound; from then on it can be
	// left out, or name the user in status.userID.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^user_[A-Za-z0-9]+$')",message="must be the id of a Clerk user, user_ and then letters and digits, as Clerk's dashboard shows it; to create a user, leave the field out"
	// +optional
	UserID *string `json:"userID,omitempty"`

	// externalID is the user's id in a system of yours; unique in the instance. It must not begin with + or -: Clerk's
	// list of users reads these as "with" and "without", so that a program of yours that looks for -7 would be given
	// everybody except 7. "" clears it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('+') && !self.startsWith('-')",message="must not begin with + or -, which Clerk's list of users reads as with and without; begin it with a letter or a digit, or, for a user that has such an id already, leave the field out and name the user by userID"
	// +kubebuilder:validation:XValidation:rule="self.trim() == self && !self.matches(r'[\\pC\\p{Zl}\\p{Zp}\\x{34F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]')",message="must not hold control or invisible characters, nor white space at its beginning or end; remove them"
	// +optional
	ExternalID *string `json:"externalID,omitempty"`

	// username is unique in the instance and stored by Clerk in lower case. Which characters and lengths are possible is
	// set in the instance; Clerk's usual rule is 4 to 64 Latin characters with at least one that is not a digit. Letters
	// beyond ASCII must be in lower case and in Unicode's normal form NFKC, as in an address. "" removes it. Omitted: not
	// managed.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\pC\\pZ\\x{34F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]')",message="must not hold white space, control or invisible characters; remove them"
	// +kubebuilder:validation:XValidation:rule="!self.lowerAscii().matches(r'[\\p{Lu}\\p{Lt}]')",message="must not hold capital letters beyond A to Z, which Clerk may store as other letters; write the lower-case letters"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\x{AA}\\x{B2}\\x{B3}\\x{B5}\\x{B9}\\x{BA}\\x{17F}\\x{2460}-\\x{24EA}\\x{FB00}-\\x{FB06}\\x{FF01}-\\x{FFBE}]')",message="must not hold characters that stand for others, such as full-width letters, as which Clerk may store them; write the ordinary characters"
	// +optional
	Username *string `json:"username,omitempty"`

	// emailAddresses the user has. On creation the first one, or the one marked primary, becomes the primary address.
	// identifiersPolicy says what becomes of addresses that are not listed. [] lists none. Omitted: not managed, and
	// addresses that the operator added are removed.
	// +listType=map
	// +listMapKey=address
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, y.address.lowerAscii() == x.address.lowerAscii()))",message="must not list an address twice, and Clerk does not tell upper from lower case; remove one of the two"
	// +kubebuilder:validation:XValidation:rule="self.filter(x, has(x.primary) && x.primary).size() <= 1",message="must mark at most one address with primary: true; remove the other marks"
	// +optional
	EmailAddresses []EmailAddress `json:"emailAddresses,omitzero"`

	// phoneNumbers the user has, in E.164 form. On creation the first one, or the one marked primary, becomes the
	// primary number. identifiersPolicy says what becomes of numbers that are not listed. [] lists none. Omitted: not
	// managed, and numbers that the operator added are removed.
	// +listType=map
	// +listMapKey=number
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.filter(x, has(x.primary) && x.primary).size() <= 1",message="must mark at most one number with primary: true; remove the other marks"
	// +optional
	PhoneNumbers []PhoneNumber `json:"phoneNumbers,omitzero"`

	// identifiersPolicy is Merge (addresses and numbers that the operator did not add are left alone) or Replace (the
	// lists that are given are complete: what is not in them is removed). The user's last way to sign in is never
	// removed. Omitted: Merge.
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
	// +kubebuilder:validation:XValidation:rule="size(self) == 0 || self.matches(r'^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')",message="must be a BCP 47 language tag such as en-US, or empty to clear the locale"
	// +optional
	Locale *string `json:"locale,omitempty"`

	// profileImage is where the user's picture comes from, or none: true for a user without one. Omitted: not managed, and
	// an image that the operator uploaded is removed.
	// +optional
	ProfileImage *ProfileImage `json:"profileImage,omitempty"`

	// publicMetadata is a JSON object that front ends can read and only back ends can write; the place for roles. Do not
	// put secrets here. metadataPolicy says what becomes of keys that are not listed. Clerk takes at most 8 KB, counted
	// on the result. A null value is refused: to remove a key, drop it. A top-level key that begins with
	// clerk-operator.io/ is refused: it belongs to the operator. Integers beyond 2^53 go in quotes. What of this the API
	// server lets through gets Ready=False with reason InvalidSpec, and nothing is sent. {} lists no key. Omitted: not
	// managed, and keys that the operator added are removed.
	// +kubebuilder:validation:MaxProperties=1200
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	PublicMetadata *runtime.RawExtension `json:"publicMetadata,omitempty"`

	// privateMetadata is a JSON object that only back ends can read and write; it stands in this object for everybody
	// who may read it, so no secrets here either. The same rules as for publicMetadata. Omitted: not managed, and keys
	// that the operator added are removed.
	// +kubebuilder:validation:MaxProperties=1200
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	PrivateMetadata *runtime.RawExtension `json:"privateMetadata,omitempty"`

	// privateMetadataFrom takes values of private metadata from Secrets, for what is not to stand in this object. Each
	// value is the text of a Secret's entry, at its path; the same rules as for privateMetadata hold, and a path must not
	// be declared there, too. Omitted: none.
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=32
	// +optional
	PrivateMetadataFrom []PrivateMetadataSource `json:"privateMetadataFrom,omitzero"`

	// unsafeMetadata is a JSON object that the user, too, can read and write from the front end; declaring a key here
	// means to overrule the user. The same rules as for publicMetadata. Omitted: not managed, and keys that the operator
	// added are removed.
	// +kubebuilder:validation:MaxProperties=1200
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

	// password that the user has. It is set when the user is created and again whenever the Secret's entry changes.
	// Since Clerk never shows a password, one that somebody changed at Clerk stays until then;
	// status.passwordLastUpdatedAt shows that it was changed. A user that is adopted keeps the password that it has.
	// Omitted: not managed; a password that was set stays.
	// +optional
	Password *Password `json:"password,omitempty"`

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

	// initial holds what only the creating call can say. It is not looked at again, has no effect on an adopted user
	// (with userID, too), and while the object is bound it can be removed as a whole, but not changed. Omitted: Clerk's
	// defaults.
	// +optional
	Initial *InitialValues `json:"initial,omitempty"`

	// statusIncludes names what else of the user status shows: OrganizationMemberships, OrganizationInvitations. It is
	// read when the object is bound and again with every full comparison (drift.fullInterval of the ClerkInstance).
	// Omitted: neither, and nothing is asked for at Clerk.
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	// +optional
	StatusIncludes []StatusInclude `json:"statusIncludes,omitzero"`

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
// +kubebuilder:validation:XValidation:rule="!(has(self.primary) && self.primary && has(self.status) && self.status == 'Reserved')",message="a primary address must be verified; write status: Verified, or mark another address as primary",fieldPath=".status"
type EmailAddress struct {
	// address in the form name@domain. A to Z mean the same to Clerk as a to z. Letters beyond ASCII must be in lower case
	// and in Unicode's normal form NFKC, because Clerk may store others differently. Whatever of this the API server
	// cannot check gets Ready=False with reason InvalidSpec, and nothing is sent.
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[^@<>()\\[\\]\\\\\",;:\\pC\\pZ]+@[^@<>()\\[\\]\\\\\",;:.\\pC\\pZ]+([.][^@<>()\\[\\]\\\\\",;:.\\pC\\pZ]+)*$')",message="must be one e-mail address in the form name@domain, such as ada@example.com, without display name, quotes, comments, white space or invisible characters"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\pC\\x{34F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]')",message="must not hold control or invisible characters; remove them"
	// +kubebuilder:validation:XValidation:rule="!self.lowerAscii().matches(r'[\\p{Lu}\\p{Lt}]')",message="must not hold capital letters beyond A to Z, which Clerk may store as other letters; write the lower-case letters"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\x{AA}\\x{B2}\\x{B3}\\x{B5}\\x{B9}\\x{BA}\\x{17F}\\x{2460}-\\x{24EA}\\x{FB00}-\\x{FB06}\\x{FF01}-\\x{FFBE}]')",message="must not hold characters that stand for others, such as full-width letters, as which Clerk may store them; write the ordinary characters"
	// +required
	Address string `json:"address"`

	// primary true makes this the address that Clerk writes to; it must be verified. At most one in the list. Omitted or
	// false: not marked; if none is, the first one is primary on creation, and later which one is primary is not
	// managed.
	// +optional
	Primary *bool `json:"primary,omitempty"`

	// status is Verified (the user is known to own the address) or Reserved (nobody else can use the address, and the
	// user may verify it; possible only when the user is created). Omitted: verified when the operator adds the
	// address, then not managed.
	// +optional
	Status *IdentifierStatus `json:"status,omitempty"`
}

// PhoneNumber is a phone number of a user.
// +kubebuilder:validation:XValidation:rule="!(has(self.primary) && self.primary && has(self.status) && self.status == 'Reserved')",message="a primary number must be verified; write status: Verified, or mark another number as primary",fieldPath=".status"
// +kubebuilder:validation:XValidation:rule="!(has(self.reservedForSecondFactor) && self.reservedForSecondFactor && has(self.status) && self.status == 'Reserved')",message="a second factor must be verified; write status: Verified, or remove reservedForSecondFactor",fieldPath=".status"
type PhoneNumber struct {
	// number in E.164 form, such as +15555550100.
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[+][1-9][0-9]{6,14}$')",message="must be in E.164 form, + and then country code and number in digits only, such as +15555550100"
	// +required
	Number string `json:"number"`

	// primary true makes this the user's primary number; it must be verified. At most one in the list. Omitted or
	// false: not marked; if none is, the first one is primary on creation, and later which one is primary is not
	// managed.
	// +optional
	Primary *bool `json:"primary,omitempty"`

	// status is Verified (the user is known to own the number) or Reserved (nobody else can use the number, and the user
	// may verify it; possible only when the user is created). Omitted: verified when the operator adds the number, then
	// not managed.
	// +optional
	Status *IdentifierStatus `json:"status,omitempty"`

	// reservedForSecondFactor true makes the number a second factor; it must be verified. false: it is none. Omitted: not
	// managed.
	// +optional
	ReservedForSecondFactor *bool `json:"reservedForSecondFactor,omitempty"`
}
