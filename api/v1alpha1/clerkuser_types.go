// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

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

// Password is a password that is kept as a Secret has it.
type Password struct {
	// secretKeyRef names the Secret's entry that holds the password, every byte of it: a line break at its end counts.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`

	// skipChecks true has Clerk take a password that its rules or lists of breached passwords refuse. Omitted or false: it
	// is checked.
	// +optional
	SkipChecks *bool `json:"skipChecks,omitempty"`

	// signOutOfOtherSessions true ends the user's sessions whenever the password is changed. Omitted or false: they go on.
	// +optional
	SignOutOfOtherSessions *bool `json:"signOutOfOtherSessions,omitempty"`
}

// InitialPassword is a password that the user begins with.
type InitialPassword struct {
	// secretKeyRef names the Secret's entry that holds the password, every byte of it: a line break at its end counts.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`

	// skipChecks true has Clerk take a password that its rules or lists of breached passwords refuse. Omitted or false: it
	// is checked.
	// +optional
	SkipChecks *bool `json:"skipChecks,omitempty"`
}

// PasswordDigest is a password as another system has stored it.
type PasswordDigest struct {
	// secretKeyRef names the Secret's entry that holds the digest, white space around it not counted.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`

	// hasher is how the digest was made, in Clerk's terms.
	// +required
	Hasher PasswordHasher `json:"hasher"`
}

// PasswordHasher is a way to make a password's digest. Clerk makes its own digest in place of an insecure one (md5,
// md5_salted, sha256, sha256_salted, sha512_symfony, awscognito) when the user signs in first.
// +kubebuilder:validation:Enum=argon2i;argon2id;awscognito;bcrypt;bcrypt_peppered;bcrypt_sha256_django;hmac_sha256_utf16_b64;ldap_ssha;md5;md5_phpass;md5_salted;pbkdf2_sha1;pbkdf2_sha256;pbkdf2_sha256_django;pbkdf2_sha512;pbkdf2_sha512_hex;phpass;scrypt_firebase;scrypt_werkzeug;sha256;sha256_salted;sha512_symfony
type PasswordHasher string

// ProfileImage is where a user's picture comes from.
// +kubebuilder:validation:XValidation:rule="[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.none)].filter(x, x).size() == 1",message="must hold exactly one of configMapKeyRef, secretKeyRef and none: true"
type ProfileImage struct {
	// configMapKeyRef names the ConfigMap's entry that holds the image: JPEG, PNG, GIF or WEBP, in binaryData. It is
	// uploaded again when the entry changes, and when the user has no image any more; one that somebody replaced at Clerk
	// stays until then. Omitted: another of the three.
	// +optional
	ConfigMapKeyRef *ConfigMapKeySelector `json:"configMapKeyRef,omitempty"`

	// secretKeyRef names a Secret's entry in its place. Omitted: another of the three.
	// +optional
	SecretKeyRef *SecretKeySelector `json:"secretKeyRef,omitempty"`

	// none true removes any image; Clerk then shows the initials. Omitted: another of the three.
	// +kubebuilder:validation:XValidation:rule="self",message="must be true; to leave the image alone, remove profileImage"
	// +optional
	None *bool `json:"none,omitempty"`
}

// PrivateMetadataSource is a value of private metadata that stands in a Secret.
type PrivateMetadataSource struct {
	// path is where the value goes in private metadata: a JSON pointer (RFC 6901) such as /integrations/apiKey.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^(/([^~/]|~[01])+)+$')",message="must be a JSON pointer to a key, such as /integrations/apiKey; in a key, ~ is written ~0 and / is written ~1"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/clerk-operator.io~1')",message="must not name a key that begins with clerk-operator.io/, which belongs to the operator; choose another key"
	// +required
	Path string `json:"path"`

	// secretKeyRef names the Secret's entry; its text is the value, white space and all.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`
}

// StatusInclude names something of a user that status shows on demand.
// +kubebuilder:validation:Enum=OrganizationMemberships;OrganizationInvitations
type StatusInclude string

// What status can show on demand.
const (
	// IncludeOrganizationMemberships shows the organizations that the user is a member of.
	IncludeOrganizationMemberships StatusInclude = "OrganizationMemberships"
	// IncludeOrganizationInvitations shows the invitations that the user was sent.
	IncludeOrganizationInvitations StatusInclude = "OrganizationInvitations"
)

// InitialValues are used by the creating call only.
// +kubebuilder:validation:XValidation:rule="!has(self.password) || !has(self.passwordDigest)",message="must hold at most one of password and passwordDigest; remove one of the two"
type InitialValues struct {
	// password that the user begins with and may change; it is never set again. To keep a password as declared, use
	// spec.password instead. Omitted: none.
	// +optional
	Password *InitialPassword `json:"password,omitempty"`

	// passwordDigest is the password's digest from another system, for users that come from there. Omitted: none.
	// +optional
	PasswordDigest *PasswordDigest `json:"passwordDigest,omitempty"`

	// totpSecretRef names the Secret's entry with the secret of the user's authenticator app: base32, as in an otpauth
	// URI. White space, hyphens, padding and case do not count. Codes have 6 digits, change every 30 seconds and are made
	// with SHA-1. Omitted: none.
	// +optional
	TOTPSecretRef *SecretKeySelector `json:"totpSecretRef,omitempty"`

	// backupCodesSecretRef names the Secret's entry with the user's backup codes, one in a line, as they are or as bcrypt
	// digests. Omitted: none.
	// +optional
	BackupCodesSecretRef *SecretKeySelector `json:"backupCodesSecretRef,omitempty"`

	// web3Wallets are wallet addresses: 0x and 40 hexadecimal digits, or a Solana address. The first one becomes
	// primary. Clerk can add wallets only at creation. Omitted: none.
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:XValidation:rule="self.matches(r'^(0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$')",message="must be a wallet address: 0x and 40 hexadecimal digits, or 32 to 44 base58 characters (Solana)"
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, y.lowerAscii() == x.lowerAscii()))",message="must not list a wallet twice, also not in another spelling of upper and lower case; remove one of the two"
	// +optional
	Web3Wallets []string `json:"web3Wallets,omitzero"`

	// createdAt is when the person signed up, for users that come from another system: a time in RFC 3339 form, such as
	// 2024-02-29T12:00:00Z. Omitted: now.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`

	// legalAcceptedAt is when the person accepted the legal terms, in the same form as createdAt. Omitted: not recorded.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	LegalAcceptedAt *metav1.Time `json:"legalAcceptedAt,omitempty"`

	// skipLegalChecks true creates the user although acceptance of the legal terms is required and not given. Omitted:
	// the instance's settings hold.
	// +optional
	SkipLegalChecks *bool `json:"skipLegalChecks,omitempty"`

	// skipPasswordRequirement true creates the user without a password on an instance that requires one. Omitted: the
	// instance's settings hold.
	// +optional
	SkipPasswordRequirement *bool `json:"skipPasswordRequirement,omitempty"`

	// skipUserRequirement true creates the user without the identifiers that the instance requires; one is still needed.
	// Omitted: the instance's settings hold.
	// +optional
	SkipUserRequirement *bool `json:"skipUserRequirement,omitempty"`
}

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

// ClerkUser is one person or account at Clerk, kept as declared. Without deletionPolicy, deleting the object deletes
// the user if the operator created it, and leaves it if the operator adopted it.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=clerk,shortName=cu
// +kubebuilder:selectablefield:JSONPath=`.status.instance.name`
// +kubebuilder:selectablefield:JSONPath=`.status.userID`
// +kubebuilder:selectablefield:JSONPath=`.status.banned`
// +kubebuilder:selectablefield:JSONPath=`.status.locked`
// +kubebuilder:printcolumn:name="User ID",type=string,JSONPath=`.status.userID`
// +kubebuilder:printcolumn:name="Banned",type=boolean,JSONPath=`.status.banned`
// +kubebuilder:printcolumn:name="Locked",type=boolean,JSONPath=`.status.locked`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Instance",type=string,JSONPath=`.status.instance.name`,priority=1
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.emailAddresses[0].address`,priority=1
// +kubebuilder:printcolumn:name="On Delete",type=string,JSONPath=`.status.onDelete`,priority=1
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,priority=1
// +kubebuilder:printcolumn:name="Last Write",type=date,JSONPath=`.status.lastWriteTime`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,priority=1
// +kubebuilder:validation:XValidation:rule="!has(self.status) || !has(self.status.userID) || !has(self.spec.userID) || self.spec.userID == self.status.userID",message="cannot name another user than status.userID, to which this object is bound; undo the change, and to manage another user, create another ClerkUser",fieldPath=".spec.userID"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.userID) || (has(oldSelf.spec.instanceRef) == has(self.spec.instanceRef) && (!has(self.spec.instanceRef) || self.spec.instanceRef == oldSelf.spec.instanceRef))",message="cannot be changed, added or removed once the object is bound to a user; undo the change, and for a user in another instance, create another ClerkUser",fieldPath=".spec.instanceRef"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.userID) || !has(self.spec.initial) || (has(oldSelf.spec.initial) && self.spec.initial == oldSelf.spec.initial)",message="is used by the creating call only and cannot be changed or added once the object is bound to a user; undo the change, or remove initial as a whole",fieldPath=".spec.initial"
type ClerkUser struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says who the user is and what holds for it.
	// +required
	Spec ClerkUserSpec `json:"spec"`

	// status is what the operator knows about the user at Clerk.
	// +default={"observedGeneration":-1}
	// +optional
	Status ClerkUserStatus `json:"status,omitzero"`

	// Undecoded names the fields of the stored object whose values did not decode, and which are left out above; nil if
	// there are none. It is not part of what is stored or sent.
	Undecoded FieldPaths `json:"-"`
}

// ClerkUserList is a list of ClerkUsers.
// +kubebuilder:object:root=true
type ClerkUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ClerkUsers.
	Items []ClerkUser `json:"items"`
}
