// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// ClerkUserSpec declares a user at Clerk. The operator does not manage a field that is omitted.
// +kubebuilder:validation:XValidation:rule="has(self.userID) || (has(self.externalID) && size(self.externalID) > 0) || (has(self.username) && size(self.username) > 0) || (has(self.emailAddresses) && self.emailAddresses.size() > 0) || (has(self.phoneNumbers) && self.phoneNumbers.size() > 0) || (has(self.initial) && has(self.initial.web3Wallets) && self.initial.web3Wallets.size() > 0)",message="must name at least one identifier that is not empty: externalID, username, emailAddresses, phoneNumbers, initial.web3Wallets, or the userID of an existing user"
// +kubebuilder:validation:XValidation:rule="!has(self.password) || !has(self.initial) || (!has(self.initial.password) && !has(self.initial.passwordDigest))",message="must not stand beside password, which is set at creation already; remove initial.password and initial.passwordDigest, or remove password",fieldPath=".initial"
type ClerkUserSpec struct {
	// instanceRef names the ClerkInstance in which the user lives. Omitted: the ClerkInstance named default in this
	// namespace, or else the one that the operator was started with (--default-instance). It cannot change once the
	// object is bound to a user.
	// +optional
	InstanceRef *InstanceReference `json:"instanceRef,omitempty"`

	// userID is the id of an existing Clerk user (user_…), which the operator adopts. Omitted: the operator creates the
	// user, or finds it as adoptionPolicy says. It can be corrected until the object is bound. From then on it can be
	// omitted, or it must be the id in status.userID.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^user_[A-Za-z0-9]+$')",message="must be the id of a Clerk user, user_ and then letters and digits, as Clerk's dashboard shows it; to create a user, leave the field out"
	// +optional
	UserID *string `json:"userID,omitempty"`

	// externalID is the user's id in another system; it is unique in the instance. It must not begin with + or -, which
	// Clerk's list of users reads as "with" and "without": a search for -7 would return everybody except 7. "" clears
	// it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('+') && !self.startsWith('-')",message="must not begin with + or -, which Clerk's list of users reads as with and without; begin it with a letter or a digit, or, for a user that has such an id already, leave the field out and name the user by userID"
	// +kubebuilder:validation:XValidation:rule="self.trim() == self && !self.matches(r'[\\pC\\p{Zl}\\p{Zp}\\x{34F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]')",message="must not hold control or invisible characters, nor white space at its beginning or end; remove them"
	// +optional
	ExternalID *string `json:"externalID,omitempty"`

	// username is unique in the instance. Clerk stores it in lower case. The instance's settings say which characters
	// and lengths are allowed; the usual rule is 4 to 64 Latin characters with at least one that is not a digit. Letters
	// beyond ASCII must be in lower case and in Unicode's normal form NFKC. "" removes it. Omitted: not managed.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\pC\\pZ\\x{34F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]')",message="must not hold white space, control or invisible characters; remove them"
	// +kubebuilder:validation:XValidation:rule="!self.lowerAscii().matches(r'[\\p{Lu}\\p{Lt}]')",message="must not hold capital letters beyond A to Z, which Clerk may store as other letters; write the lower-case letters"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\x{AA}\\x{B2}\\x{B3}\\x{B5}\\x{B9}\\x{BA}\\x{17F}\\x{2460}-\\x{24EA}\\x{FB00}-\\x{FB06}\\x{FF01}-\\x{FFBE}]')",message="must not hold characters that stand for others, such as full-width letters, as which Clerk may store them; write the ordinary characters"
	// +optional
	Username *string `json:"username,omitempty"`

	// emailAddresses lists the user's addresses. On creation, the address marked primary, or else the first one, becomes
	// the primary address. identifiersPolicy says what happens to addresses that are not listed. [] lists none. Omitted:
	// not managed, and the operator removes addresses that it added.
	// +listType=map
	// +listMapKey=address
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, y.address.lowerAscii() == x.address.lowerAscii()))",message="must not list an address twice, and Clerk does not tell upper from lower case; remove one of the two"
	// +kubebuilder:validation:XValidation:rule="self.filter(x, has(x.primary) && x.primary).size() <= 1",message="must mark at most one address with primary: true; remove the other marks"
	// +optional
	EmailAddresses []EmailAddress `json:"emailAddresses,omitzero"`

	// phoneNumbers lists the user's numbers in E.164 form. On creation, the number marked primary, or else the first
	// one, becomes the primary number. identifiersPolicy says what happens to numbers that are not listed. [] lists
	// none. Omitted: not managed, and the operator removes numbers that it added.
	// +listType=map
	// +listMapKey=number
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:XValidation:rule="self.filter(x, has(x.primary) && x.primary).size() <= 1",message="must mark at most one number with primary: true; remove the other marks"
	// +optional
	PhoneNumbers []PhoneNumber `json:"phoneNumbers,omitzero"`

	// identifiersPolicy is Merge or Replace. Merge leaves addresses and numbers that the operator did not add. Replace
	// removes what is not in the lists that are given. The operator never removes the user's last way to sign in.
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
	// +kubebuilder:validation:XValidation:rule="size(self) == 0 || self.matches(r'^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$')",message="must be a BCP 47 language tag such as en-US, or empty to clear the locale"
	// +optional
	Locale *string `json:"locale,omitempty"`

	// profileImage names the source of the user's picture, or is none: true for a user without one. Omitted: not
	// managed, and the operator removes an image that it uploaded.
	// +optional
	ProfileImage *ProfileImage `json:"profileImage,omitempty"`

	// publicMetadata is a JSON object that front ends can read and only back ends can write, for example roles. Do not
	// put secrets here. metadataPolicy says what happens to keys that are not listed. Clerk accepts at most 8 KB,
	// counted on the result. A null value is refused: to remove a key, leave it out. A top-level key that begins with
	// clerk-operator.io/ is refused: the operator uses these keys. Put integers beyond 2^53 in quotes. If the API server
	// accepts a value that breaks one of these rules, the operator sends nothing and reports Ready=False with reason
	// InvalidSpec. {} lists no key. Omitted: not managed, and the operator removes keys that it added.
	// +kubebuilder:validation:MaxProperties=1200
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	PublicMetadata *runtime.RawExtension `json:"publicMetadata,omitempty"`

	// privateMetadata is a JSON object that only back ends can read and write. Everybody who may read this object can
	// read it, so do not put secrets here either. The rules of publicMetadata apply. Omitted: not managed, and the
	// operator removes keys that it added.
	// +kubebuilder:validation:MaxProperties=1200
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	PrivateMetadata *runtime.RawExtension `json:"privateMetadata,omitempty"`

	// privateMetadataFrom takes values of private metadata from Secrets, so that this object does not contain them. Each
	// value is the text of a Secret's entry. The rules of privateMetadata apply, and privateMetadata must not declare
	// the same path. Omitted: none.
	// +listType=map
	// +listMapKey=path
	// +kubebuilder:validation:MaxItems=32
	// +optional
	PrivateMetadataFrom []PrivateMetadataSource `json:"privateMetadataFrom,omitzero"`

	// unsafeMetadata is a JSON object that the user, too, can read and write from the front end. The operator overwrites
	// the user's changes to keys that are declared here. The rules of publicMetadata apply. Omitted: not managed, and
	// the operator removes keys that it added.
	// +kubebuilder:validation:MaxProperties=1200
	// +kubebuilder:pruning:PreserveUnknownFields
	// +kubebuilder:validation:Type=object
	// +optional
	UnsafeMetadata *runtime.RawExtension `json:"unsafeMetadata,omitempty"`

	// metadataPolicy is Merge or Replace. Merge sets declared keys at any depth, removes keys that the operator set when
	// they leave the spec, and leaves all others. Replace makes each metadata field that is given exactly as declared.
	// Omitted: Merge.
	// +optional
	MetadataPolicy *MergePolicy `json:"metadataPolicy,omitempty"`

	// banned true ends all sessions and refuses sign-in. false lifts any ban. Omitted: not managed, and the operator
	// lifts a ban that it made. Clerk requires a paid plan for bans on production instances.
	// +optional
	Banned *bool `json:"banned,omitempty"`

	// locked true refuses sign-in. A lock expires after the instance's lockout duration; the operator then locks the
	// user again. false lifts a lock that the operator set. It lifts any other lock once, when the field is set or the
	// spec changes; a lock that Clerk sets later, to stop password guessing, stays. Omitted: not managed, and the
	// operator lifts a lock that it set.
	// +optional
	Locked *bool `json:"locked,omitempty"`

	// password of the user. The operator sets it when it creates the user, and again whenever the Secret's entry
	// changes. Clerk never shows a password, so a password that somebody changed at Clerk stays until then;
	// status.passwordLastUpdatedAt shows the change. An adopted user keeps its password. Omitted: not managed; a
	// password that was set stays.
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

	// initial holds values that only the creating call uses. The operator ignores them afterwards, and for an adopted
	// user (with userID, too). While the object is bound, initial can be removed as a whole but not changed. Omitted:
	// Clerk's defaults.
	// +optional
	Initial *InitialValues `json:"initial,omitempty"`

	// statusIncludes lists what else status shows about the user: OrganizationMemberships, OrganizationInvitations. The
	// operator reads it when it binds the object, and again after each full sync (drift.fullInterval of the
	// ClerkInstance). Omitted: neither, and the operator does not ask Clerk for them.
	// +listType=set
	// +kubebuilder:validation:MaxItems=2
	// +optional
	StatusIncludes []StatusInclude `json:"statusIncludes,omitzero"`

	// mode is Enforce or Observe. Enforce makes the user at Clerk match the spec. Observe changes nothing at Clerk and
	// names in status.pendingChanges what differs. Omitted: Enforce.
	// +optional
	Mode *Mode `json:"mode,omitempty"`

	// adoptionPolicy says what happens if a user with one of the declared identifiers exists. Never refuses to manage
	// it. IfUnmanaged adopts it if no other object manages it and the identifier proves possession: a verified e-mail
	// address, phone number or wallet, or the external id. Omitted: Never. To adopt a certain user, set userID instead.
	// +optional
	AdoptionPolicy *AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// deletionPolicy says what happens to the user at Clerk when this object is deleted: Delete, Ban, or Retain, which
	// leaves it as it is. Omitted: Delete for a user that the operator created, Retain for a user that it adopted. It
	// can be changed while the object is being deleted.
	// +optional
	DeletionPolicy *DeletionPolicy `json:"deletionPolicy,omitempty"`

	// suspend true stops all work on this object: the operator reads and writes nothing at Clerk. The condition Suspended
	// is then True, and Ready is as last known if it was True, and else absent. If the object is deleted while suspended, it
	// is removed and its user stays. Omitted: false.
	// +optional
	Suspend *bool `json:"suspend,omitempty"`
}

// EmailAddress is an e-mail address of a user.
// +kubebuilder:validation:XValidation:rule="!(has(self.primary) && self.primary && has(self.status) && self.status == 'Reserved')",message="a primary address must be verified; write status: Verified, or mark another address as primary",fieldPath=".status"
type EmailAddress struct {
	// address in the form name@domain. Clerk treats A to Z like a to z. Letters beyond ASCII must be in lower case and
	// in Unicode's normal form NFKC, because Clerk may store others differently. If the API server accepts an address
	// that breaks these rules, the operator sends nothing and reports Ready=False with reason InvalidSpec.
	// +kubebuilder:validation:MaxLength=254
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[^@<>()\\[\\]\\\\\",;:\\pC\\pZ]+@[^@<>()\\[\\]\\\\\",;:.\\pC\\pZ]+([.][^@<>()\\[\\]\\\\\",;:.\\pC\\pZ]+)*$')",message="must be one e-mail address in the form name@domain, such as ada@example.com, without display name, quotes, comments, white space or invisible characters"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\pC\\x{34F}\\x{115F}\\x{1160}\\x{17B4}\\x{17B5}\\x{180B}-\\x{180F}\\x{2065}\\x{3164}\\x{FE00}-\\x{FE0F}\\x{FFA0}\\x{FFF0}-\\x{FFF8}\\x{E0000}-\\x{E0FFF}]')",message="must not hold control or invisible characters; remove them"
	// +kubebuilder:validation:XValidation:rule="!self.lowerAscii().matches(r'[\\p{Lu}\\p{Lt}]')",message="must not hold capital letters beyond A to Z, which Clerk may store as other letters; write the lower-case letters"
	// +kubebuilder:validation:XValidation:rule="!self.matches(r'[\\x{AA}\\x{B2}\\x{B3}\\x{B5}\\x{B9}\\x{BA}\\x{17F}\\x{2460}-\\x{24EA}\\x{FB00}-\\x{FB06}\\x{FF01}-\\x{FFBE}]')",message="must not hold characters that stand for others, such as full-width letters, as which Clerk may store them; write the ordinary characters"
	// +required
	Address string `json:"address"`

	// primary true makes this the address that Clerk writes to; it must be verified. At most one address in the list is
	// primary. Omitted or false: not marked. If no address is marked, the first one becomes primary on creation, and the
	// operator does not manage later which one is primary.
	// +optional
	Primary *bool `json:"primary,omitempty"`

	// status is Verified (the user is known to own the address) or Reserved (nobody else can use the address, and the
	// user can verify it; possible only when the user is created). Omitted: verified when the operator adds the address,
	// then not managed.
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

	// primary true makes this the user's primary number; it must be verified. At most one number in the list is primary.
	// Omitted or false: not marked. If no number is marked, the first one becomes primary on creation, and the operator
	// does not manage later which one is primary.
	// +optional
	Primary *bool `json:"primary,omitempty"`

	// status is Verified (the user is known to own the number) or Reserved (nobody else can use the number, and the user
	// can verify it; possible only when the user is created). Omitted: verified when the operator adds the number, then
	// not managed.
	// +optional
	Status *IdentifierStatus `json:"status,omitempty"`

	// reservedForSecondFactor true makes the number a second factor; it must be verified. false makes it no second
	// factor. Omitted: not managed.
	// +optional
	ReservedForSecondFactor *bool `json:"reservedForSecondFactor,omitempty"`
}

// Password is a password that the operator takes from a Secret and keeps up to date.
type Password struct {
	// secretKeyRef names the Secret's entry that holds the password. Every byte counts, including a line break at the
	// end.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`

	// skipChecks true makes Clerk accept a password that its rules or lists of breached passwords refuse. Omitted or
	// false: Clerk checks it.
	// +optional
	SkipChecks *bool `json:"skipChecks,omitempty"`

	// signOutOfOtherSessions true ends the user's sessions whenever the operator changes the password. Omitted or false:
	// sessions continue.
	// +optional
	SignOutOfOtherSessions *bool `json:"signOutOfOtherSessions,omitempty"`
}

// InitialPassword is the first password of a user.
type InitialPassword struct {
	// secretKeyRef names the Secret's entry that holds the password. Every byte counts, including a line break at the
	// end.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`

	// skipChecks true makes Clerk accept a password that its rules or lists of breached passwords refuse. Omitted or
	// false: Clerk checks it.
	// +optional
	SkipChecks *bool `json:"skipChecks,omitempty"`
}

// PasswordDigest is a password in the form in which another system stores it.
type PasswordDigest struct {
	// secretKeyRef names the Secret's entry that holds the digest. The operator removes white space around it.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`

	// hasher names the algorithm of the digest, as Clerk calls it.
	// +required
	Hasher PasswordHasher `json:"hasher"`
}

// PasswordHasher is an algorithm for password digests. Clerk replaces an insecure digest (md5, md5_salted, sha256,
// sha256_salted, sha512_symfony, awscognito) with its own when the user signs in for the first time.
// +kubebuilder:validation:Enum=argon2i;argon2id;awscognito;bcrypt;bcrypt_peppered;bcrypt_sha256_django;hmac_sha256_utf16_b64;ldap_ssha;md5;md5_phpass;md5_salted;pbkdf2_sha1;pbkdf2_sha256;pbkdf2_sha256_django;pbkdf2_sha512;pbkdf2_sha512_hex;phpass;scrypt_firebase;scrypt_werkzeug;sha256;sha256_salted;sha512_symfony
type PasswordHasher string

// +structType=atomic

// ProfileImage is the source of a user's picture.
// +kubebuilder:validation:XValidation:rule="[has(self.configMapKeyRef), has(self.secretKeyRef), has(self.none)].filter(x, x).size() == 1",message="must hold exactly one of configMapKeyRef, secretKeyRef and none: true"
type ProfileImage struct {
	// configMapKeyRef names the ConfigMap's entry that holds the image: JPEG, PNG, GIF or WEBP, in binaryData. The
	// operator uploads it again when the entry changes, and when the user has no image any more. An image that somebody
	// replaced at Clerk stays until then. Omitted: secretKeyRef or none is set.
	// +optional
	ConfigMapKeyRef *ConfigMapKeySelector `json:"configMapKeyRef,omitempty"`

	// secretKeyRef names a Secret's entry that holds the image. Omitted: configMapKeyRef or none is set.
	// +optional
	SecretKeyRef *SecretKeySelector `json:"secretKeyRef,omitempty"`

	// none true removes any image; Clerk then shows the initials. Omitted: configMapKeyRef or secretKeyRef is set.
	// +kubebuilder:validation:XValidation:rule="self",message="must be true; to leave the image alone, remove profileImage"
	// +optional
	None *bool `json:"none,omitempty"`
}

// PrivateMetadataSource is a value of private metadata from a Secret.
type PrivateMetadataSource struct {
	// path of the value in private metadata: a JSON pointer (RFC 6901) such as /integrations/apiKey.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^(/([^~/]|~[01])+)+$')",message="must be a JSON pointer to a key, such as /integrations/apiKey; in a key, ~ is written ~0 and / is written ~1"
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/clerk-operator.io~1')",message="must not name a key that begins with clerk-operator.io/, which belongs to the operator; choose another key"
	// +required
	Path string `json:"path"`

	// secretKeyRef names the Secret's entry. Its text is the value, including white space.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`
}

// StatusInclude is information about a user that status shows on request.
// +kubebuilder:validation:Enum=OrganizationMemberships;OrganizationInvitations
type StatusInclude string

// Information that status shows on request.
const (
	// IncludeOrganizationMemberships shows the organizations that the user is a member of.
	IncludeOrganizationMemberships StatusInclude = "OrganizationMemberships"
	// IncludeOrganizationInvitations shows the invitations that were sent to the user.
	IncludeOrganizationInvitations StatusInclude = "OrganizationInvitations"
)

// InitialValues are used by the creating call only.
// +kubebuilder:validation:XValidation:rule="!has(self.password) || !has(self.passwordDigest)",message="must hold at most one of password and passwordDigest; remove one of the two"
type InitialValues struct {
	// password that the user begins with and can change; the operator never sets it again. To enforce a password, use
	// spec.password instead. Omitted: none.
	// +optional
	Password *InitialPassword `json:"password,omitempty"`

	// passwordDigest is the password's digest from another system, for users who are migrated from there. Omitted: none.
	// +optional
	PasswordDigest *PasswordDigest `json:"passwordDigest,omitempty"`

	// totpSecretRef names the Secret's entry with the secret of the user's authenticator app: base32, as in an otpauth
	// URI. The operator ignores white space, hyphens, padding and case. Codes have 6 digits, change every 30 seconds and
	// use SHA-1. Omitted: none.
	// +optional
	TOTPSecretRef *SecretKeySelector `json:"totpSecretRef,omitempty"`

	// backupCodesSecretRef names the Secret's entry with the user's backup codes, one per line, in plain text or as
	// bcrypt digests. Omitted: none.
	// +optional
	BackupCodesSecretRef *SecretKeySelector `json:"backupCodesSecretRef,omitempty"`

	// web3Wallets lists wallet addresses: 0x and 40 hexadecimal digits, or a Solana address. The first one becomes
	// primary. Clerk can add wallets only at creation. Omitted: none.
	// +listType=set
	// +kubebuilder:validation:MaxItems=20
	// +kubebuilder:validation:items:MaxLength=64
	// +kubebuilder:validation:items:XValidation:rule="self.matches(r'^(0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$')",message="must be a wallet address: 0x and 40 hexadecimal digits, or 32 to 44 base58 characters (Solana)"
	// +kubebuilder:validation:XValidation:rule="self.all(x, self.exists_one(y, y.lowerAscii() == x.lowerAscii()))",message="must not list a wallet twice, also not in another spelling of upper and lower case; remove one of the two"
	// +optional
	Web3Wallets []string `json:"web3Wallets,omitzero"`

	// createdAt is when the person signed up, for users who are migrated from another system: a time in RFC 3339 form,
	// such as 2024-02-29T12:00:00Z. Omitted: the time of creation.
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

	// skipLegalChecks true creates the user although the instance requires acceptance of the legal terms and it is not
	// given. Omitted: the instance's settings apply.
	// +optional
	SkipLegalChecks *bool `json:"skipLegalChecks,omitempty"`

	// skipPasswordRequirement true creates the user without a password on an instance that requires one. Omitted: the
	// instance's settings apply.
	// +optional
	SkipPasswordRequirement *bool `json:"skipPasswordRequirement,omitempty"`

	// skipUserRequirement true creates the user without the identifiers that the instance requires; at least one
	// identifier is needed. Omitted: the instance's settings apply.
	// +optional
	SkipUserRequirement *bool `json:"skipUserRequirement,omitempty"`
}

// MergePolicy says how declared entries are combined with entries that others wrote.
// +kubebuilder:validation:Enum=Merge;Replace
type MergePolicy string

// Merge policies.
const (
	// PolicyMerge leaves entries that others wrote.
	PolicyMerge MergePolicy = "Merge"
	// PolicyReplace makes all entries exactly as declared.
	PolicyReplace MergePolicy = "Replace"
)

// IdentifierStatus is the verification state of an e-mail address or phone number.
// +kubebuilder:validation:Enum=Verified;Reserved
type IdentifierStatus string

// Verification states that can be declared.
const (
	// IdentifierVerified says that the user is known to own it.
	IdentifierVerified IdentifierStatus = "Verified"
	// IdentifierReserved says that nobody else can use it and that the user can verify it.
	IdentifierReserved IdentifierStatus = "Reserved"
)

// Mode says whether the operator changes the user or only observes it.
// +kubebuilder:validation:Enum=Enforce;Observe
type Mode string

// Modes.
const (
	// ModeEnforce makes the user at Clerk match the spec.
	ModeEnforce Mode = "Enforce"
	// ModeObserve changes nothing at Clerk.
	ModeObserve Mode = "Observe"
)

// AdoptionPolicy says whether the operator may adopt an existing user that has one of the declared identifiers.
// +kubebuilder:validation:Enum=Never;IfUnmanaged
type AdoptionPolicy string

// Adoption policies.
const (
	// AdoptNever refuses adoption.
	AdoptNever AdoptionPolicy = "Never"
	// AdoptIfUnmanaged adopts a user that no other object manages.
	AdoptIfUnmanaged AdoptionPolicy = "IfUnmanaged"
)

// DeletionPolicy says what happens to the user at Clerk when the object is deleted.
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

// Origin says how a user came under management.
// +kubebuilder:validation:Enum=Created;Adopted
type Origin string

// Origins.
const (
	// OriginCreated says that the operator created the user.
	OriginCreated Origin = "Created"
	// OriginAdopted says that the user existed and the operator adopted it.
	OriginAdopted Origin = "Adopted"
)

// ClerkUserStatus is the observed state of a user at Clerk.
type ClerkUserStatus struct {
	// observedGeneration is the latest generation of the spec that was carried out, found to need a change by somebody, or
	// suspended. -1: none yet; the conditions say why.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration"`

	// conditions are Ready, and Suspended, Reconciling and Stalled while they are True. Ready is absent while the object is
	// suspended and was not Ready before.
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

	// instance is the Clerk instance in which that user lives.
	// +optional
	Instance *BoundInstance `json:"instance,omitempty"`

	// binding is a signature which proves that the operator bound this object to that user. It is for the operator only.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Binding string `json:"binding,omitempty"`

	// origin is Created or Adopted. Absent: no user yet.
	// +optional
	Origin Origin `json:"origin,omitempty"`

	// onDelete is the deletion policy that applies when this object is deleted. It is Retain while policy.deletion of the
	// ClerkInstance is Deny.
	// +optional
	OnDelete DeletionPolicy `json:"onDelete,omitempty"`

	// banned says whether the user was banned when the operator last observed it.
	// +optional
	Banned *bool `json:"banned,omitempty"`

	// locked says whether the user was locked when the operator last observed it.
	// +optional
	Locked *bool `json:"locked,omitempty"`

	// lockExpiresAt is when the lock expires. Absent: not locked, or locked without a time limit.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	LockExpiresAt *metav1.Time `json:"lockExpiresAt,omitempty"`

	// passwordEnabled says whether the user has a password.
	// +optional
	PasswordEnabled *bool `json:"passwordEnabled,omitempty"`

	// passwordLastUpdatedAt is when somebody last changed the password. Absent: never, according to Clerk.
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

	// directoryManaged true says that a directory (SCIM) manages the user; Clerk then refuses some changes and deletion.
	// +optional
	DirectoryManaged *bool `json:"directoryManaged,omitempty"`

	// lastWriteTime is when the operator last changed the user.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	LastWriteTime *metav1.Time `json:"lastWriteTime,omitempty"`

	// pendingChanges names the fields of the spec that differ at Clerk and that the operator does not correct now: in
	// mode Observe, or because Clerk refused or did not keep the change, or because of a field conflict. It never
	// contains values.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=256
	// +optional
	PendingChanges []string `json:"pendingChanges,omitempty"`

	// organizationMemberships lists at most 50 of the user's memberships, sorted by organization id. Present only if
	// spec.statusIncludes requests it.
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	// +optional
	OrganizationMemberships []OrganizationMembership `json:"organizationMemberships,omitempty"`

	// organizationMembershipCount is the number of all memberships. Absent: not requested, or not read yet.
	// +optional
	OrganizationMembershipCount *int64 `json:"organizationMembershipCount,omitempty"`

	// organizationInvitations lists at most 50 invitations that were sent to the user, in any state, sorted by
	// organization id. Present only if spec.statusIncludes requests it.
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=50
	// +optional
	OrganizationInvitations []OrganizationInvitation `json:"organizationInvitations,omitempty"`

	// organizationInvitationCount is the number of all invitations. Absent: not requested, or not read yet.
	// +optional
	OrganizationInvitationCount *int64 `json:"organizationInvitationCount,omitempty"`

	// inputsDigest is a keyed digest of the values that were read from Secrets and ConfigMaps when the spec was last
	// carried out or found to need a change. It is for the operator only.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	InputsDigest string `json:"inputsDigest,omitempty"`

	// applied records what the operator added to the user. The operator removes it when it leaves the spec.
	// +optional
	Applied *Applied `json:"applied,omitempty"`

	// lastHandledReconcileAt is the last value of the annotation clerk-operator.io/reconcile-requested-at that was
	// handled, cut off after 256 characters.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// Applied records what the operator added to a user because of a spec.
type Applied struct {
	// metadata lists JSON pointers to the metadata keys that the operator wrote, such as /publicMetadata/role.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=2048
	// +kubebuilder:validation:items:MaxLength=512
	// +optional
	Metadata []string `json:"metadata,omitempty"`

	// emailAddresses lists addresses that the operator added, in lower case.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=254
	// +optional
	EmailAddresses []string `json:"emailAddresses,omitempty"`

	// phoneNumbers lists numbers that the operator added.
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=16
	// +optional
	PhoneNumbers []string `json:"phoneNumbers,omitempty"`

	// banned true says that the operator banned the user.
	// +optional
	Banned bool `json:"banned,omitempty"`

	// locked true says that the operator locked the user.
	// +optional
	Locked bool `json:"locked,omitempty"`

	// passwordDigest is a keyed digest of the password that the operator last set. It is for the operator only.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	PasswordDigest string `json:"passwordDigest,omitempty"`

	// profileImage true says that the operator uploaded the profile image.
	// +optional
	ProfileImage bool `json:"profileImage,omitempty"`

	// profileImageDigest is a keyed digest of the image that the operator last uploaded. It is for the operator only.
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

// ClerkUser declares one user at Clerk. Without deletionPolicy, deleting the object deletes the user if the operator
// created it, and leaves the user if the operator adopted it.
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
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[0].reason`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Instance",type=string,JSONPath=`.status.instance.name`,priority=1
// +kubebuilder:printcolumn:name="Email",type=string,JSONPath=`.spec.emailAddresses[0].address`,priority=1
// +kubebuilder:printcolumn:name="On Delete",type=string,JSONPath=`.status.onDelete`,priority=1
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,priority=1
// +kubebuilder:printcolumn:name="Last Write",type=date,JSONPath=`.status.lastWriteTime`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[0].message`,priority=1
// +kubebuilder:validation:XValidation:rule="!has(self.status) || !has(self.status.userID) || !has(self.spec.userID) || self.spec.userID == self.status.userID",message="cannot name another user than status.userID, to which this object is bound; undo the change, and to manage another user, create another ClerkUser",fieldPath=".spec.userID"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.userID) || (has(oldSelf.spec.instanceRef) == has(self.spec.instanceRef) && (!has(self.spec.instanceRef) || self.spec.instanceRef == oldSelf.spec.instanceRef))",message="cannot be changed, added or removed once the object is bound to a user; undo the change, and for a user in another instance, create another ClerkUser",fieldPath=".spec.instanceRef"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.userID) || !has(self.spec.initial) || (has(oldSelf.spec.initial) && self.spec.initial == oldSelf.spec.initial)",message="is used by the creating call only and cannot be changed or added once the object is bound to a user; undo the change, or remove initial as a whole",fieldPath=".spec.initial"
type ClerkUser struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec declares the user.
	// +required
	Spec ClerkUserSpec `json:"spec"`

	// status is the observed state of the user at Clerk.
	// +default={"observedGeneration":-1}
	// +optional
	Status ClerkUserStatus `json:"status,omitzero"`

	// Undecoded names the fields of the stored object whose values did not decode, and which are left out above; nil if
	// there are none. It is not part of what is stored or sent.
	Undecoded *FieldPaths `json:"-"`
}

// ClerkUserList is a list of ClerkUsers.
// +kubebuilder:object:root=true
type ClerkUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ClerkUsers.
	Items []ClerkUser `json:"items"`
}
