// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
