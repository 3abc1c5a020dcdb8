// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

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
