// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// ActionType is what a ClerkUserAction carries out, by the name of the field that is set in its spec.
// +kubebuilder:validation:Enum=verifyPassword;verifyTOTP;disableMFA;deleteBackupCodes;deletePasskey;deleteWeb3Wallet;deleteTOTP;createTOTP;deleteExternalAccount;getOAuthAccessToken;removePassword;revokeTrustedDevice;setPasswordCompromised;unsetPasswordCompromised
type ActionType string

// Types of actions.
const (
	// ActionVerifyPassword checks whether a password is the user's.
	ActionVerifyPassword ActionType = "verifyPassword"
	// ActionVerifyTOTP checks whether a code is valid for the user's authenticator app or is a backup code, which this
	// uses up.
	ActionVerifyTOTP ActionType = "verifyTOTP"
	// ActionDisableMFA removes all second factors.
	ActionDisableMFA ActionType = "disableMFA"
	// ActionDeleteBackupCodes removes the backup codes.
	ActionDeleteBackupCodes ActionType = "deleteBackupCodes"
	// ActionDeletePasskey removes a passkey. Clerk informs the user by e-mail.
	ActionDeletePasskey ActionType = "deletePasskey"
	// ActionDeleteWeb3Wallet removes a wallet.
	ActionDeleteWeb3Wallet ActionType = "deleteWeb3Wallet"
	// ActionDeleteTOTP removes the authenticator app.
	ActionDeleteTOTP ActionType = "deleteTOTP"
	// ActionCreateTOTP gives the user an authenticator secret and stores it in a Secret.
	ActionCreateTOTP ActionType = "createTOTP"
	// ActionDeleteExternalAccount removes a connected account.
	ActionDeleteExternalAccount ActionType = "deleteExternalAccount"
	// ActionGetOAuthAccessToken stores the user's token for a provider in a Secret.
	ActionGetOAuthAccessToken ActionType = "getOAuthAccessToken"
	// ActionRemovePassword removes the password.
	ActionRemovePassword ActionType = "removePassword"
	// ActionRevokeTrustedDevice revokes a device.
	ActionRevokeTrustedDevice ActionType = "revokeTrustedDevice"
	// ActionSetPasswordCompromised requires the user to set another password at the next sign-in.
	ActionSetPasswordCompromised ActionType = "setPasswordCompromised"
	// ActionUnsetPasswordCompromised removes that requirement.
	ActionUnsetPasswordCompromised ActionType = "unsetPasswordCompromised"
)

// ClerkUserActionSpec says which action is carried out on which user. It contains exactly one action. It cannot be
// changed.
// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="cannot be changed, since the action may have been carried out; create another ClerkUserAction"
// +kubebuilder:validation:XValidation:rule="[has(self.verifyPassword), has(self.verifyTOTP), has(self.disableMFA), has(self.deleteBackupCodes), has(self.deletePasskey), has(self.deleteWeb3Wallet), has(self.deleteTOTP), has(self.createTOTP), has(self.deleteExternalAccount), has(self.getOAuthAccessToken), has(self.removePassword), has(self.revokeTrustedDevice), has(self.setPasswordCompromised), has(self.unsetPasswordCompromised)].filter(x, x).size() == 1",message="must hold exactly one action, such as disableMFA: {}; for several actions, create several ClerkUserActions"
type ClerkUserActionSpec struct {
	// userRef names the ClerkUser, in this namespace, on whose user the action is carried out. The action waits until
	// that object is bound to a user.
	// +required
	UserRef UserReference `json:"userRef"`

	// ttlSecondsAfterFinished is the number of seconds after which the finished object is deleted. Omitted: it is kept.
	// If a GitOps tool applies the object, omit this field; otherwise the tool creates the object again, which runs the
	// action again.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31536000
	// +optional
	TTLSecondsAfterFinished *int32 `json:"ttlSecondsAfterFinished,omitempty"`

	// verifyPassword checks whether the text of a Secret's entry is the user's password. status.result.verified contains
	// the answer; a wrong password is not a failure of the action. Omitted: another action.
	// +optional
	VerifyPassword *SecretValue `json:"verifyPassword,omitempty"`

	// verifyTOTP checks whether the text of a Secret's entry is a code of the user's authenticator app or a backup code,
	// which this uses up. The operator ignores white space around it, and inside a code of six digits. Omitted: another
	// action.
	// +optional
	VerifyTOTP *SecretValue `json:"verifyTOTP,omitempty"`

	// disableMFA removes all second factors of the user at once. Write disableMFA: {}. Omitted: another action.
	// +optional
	DisableMFA *NoParameters `json:"disableMFA,omitempty"`

	// deleteBackupCodes removes the user's backup codes. Write deleteBackupCodes: {}. Omitted: another action.
	// +optional
	DeleteBackupCodes *NoParameters `json:"deleteBackupCodes,omitempty"`

	// deletePasskey removes one passkey. Clerk informs the user by e-mail. Omitted: another action.
	// +optional
	DeletePasskey *PasskeyDeletion `json:"deletePasskey,omitempty"`

	// deleteWeb3Wallet removes one wallet. Omitted: another action.
	// +optional
	DeleteWeb3Wallet *WalletDeletion `json:"deleteWeb3Wallet,omitempty"`

	// deleteTOTP removes the user's authenticator app. Write deleteTOTP: {}. Omitted: another action.
	// +optional
	DeleteTOTP *NoParameters `json:"deleteTOTP,omitempty"`

	// createTOTP creates a secret for an authenticator app and gives it to the user at Clerk in place of an earlier one.
	// It is stored in a Secret with the entries secret (base32) and uri (otpauth). Omitted: another action.
	// +optional
	CreateTOTP *OutputSecret `json:"createTOTP,omitempty"`

	// deleteExternalAccount removes one connected account. Omitted: another action.
	// +optional
	DeleteExternalAccount *ExternalAccountDeletion `json:"deleteExternalAccount,omitempty"`

	// getOAuthAccessToken stores the user's access token for a provider in a Secret with the entries token, provider,
	// scopes and, if there are any, token-secret, id-token and expires-at (RFC 3339). Clerk refreshes a token that has
	// expired. Omitted: another action.
	// +optional
	GetOAuthAccessToken *AccessTokenRequest `json:"getOAuthAccessToken,omitempty"`

	// removePassword removes the user's password, even if it is the only way to sign in. A ClerkUser that declares a
	// password sets it again. Write removePassword: {}. Omitted: another action.
	// +optional
	RemovePassword *PasswordRemoval `json:"removePassword,omitempty"`

	// revokeTrustedDevice revokes one of the devices that the user trusts. Omitted: another action.
	// +optional
	RevokeTrustedDevice *TrustedDeviceRevocation `json:"revokeTrustedDevice,omitempty"`

	// setPasswordCompromised requires the user to set another password at the next sign-in. Omitted: another action.
	// +optional
	SetPasswordCompromised *PasswordCompromise `json:"setPasswordCompromised,omitempty"`

	// unsetPasswordCompromised removes that requirement. Write unsetPasswordCompromised: {}. Omitted: another action.
	// +optional
	UnsetPasswordCompromised *NoParameters `json:"unsetPasswordCompromised,omitempty"`
}

// UserReference names a ClerkUser of the same namespace.
type UserReference struct {
	// name of the ClerkUser, in the same namespace.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be the name of a ClerkUser in the same namespace: lower-case letters, digits, - and . only"
	// +required
	Name string `json:"name"`
}

// NoParameters is for actions without parameters.
type NoParameters struct{}

// SecretValue is a value in a Secret.
type SecretValue struct {
	// secretKeyRef names the Secret's entry that holds the value.
	// +required
	SecretKeyRef SecretKeySelector `json:"secretKeyRef"`
}

// PasskeyDeletion says which of a user's passkeys is deleted.
type PasskeyDeletion struct {
	// id of the passkey at Clerk, idn_….
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[a-z]+_[A-Za-z0-9]+$')",message="must be an id as Clerk's dashboard shows it, such as idn_ and then letters and digits"
	// +required
	ID string `json:"id"`
}

// WalletDeletion says which of a user's wallets is deleted.
// +kubebuilder:validation:XValidation:rule="has(self.id) != has(self.address)",message="must hold exactly one of id and address"
type WalletDeletion struct {
	// id of the wallet at Clerk, idn_…. Omitted: address says which.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[a-z]+_[A-Za-z0-9]+$')",message="must be an id as Clerk's dashboard shows it, such as idn_ and then letters and digits"
	// +optional
	ID *string `json:"id,omitempty"`

	// address of the wallet: 0x and 40 hexadecimal digits, or a Solana address. Omitted: id says which.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^(0x[0-9a-fA-F]{40}|[1-9A-HJ-NP-Za-km-z]{32,44})$')",message="must be a wallet address: 0x and 40 hexadecimal digits, or 32 to 44 base58 characters (Solana)"
	// +optional
	Address *string `json:"address,omitempty"`
}

// ExternalAccountDeletion says which of a user's connected accounts is deleted.
// +kubebuilder:validation:XValidation:rule="has(self.id) != has(self.provider)",message="must hold exactly one of id and provider"
type ExternalAccountDeletion struct {
	// id of the connected account at Clerk, eac_…. Omitted: provider says which.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^eac_[A-Za-z0-9]+$')",message="must be the id of a connected account, eac_ and then letters and digits; the idn_ id beside it names another thing"
	// +optional
	ID *string `json:"id,omitempty"`

	// provider of the account, such as oauth_google. The user must have exactly one account there. Omitted: id
	// says which.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[a-z0-9_]+$')",message="must be the name of a provider as Clerk has it, such as oauth_google"
	// +optional
	Provider *string `json:"provider,omitempty"`
}

// TrustedDeviceRevocation says which of a user's trusted devices is revoked.
type TrustedDeviceRevocation struct {
	// id of the device at Clerk.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[A-Za-z0-9_]+$')",message="must be the id of a trusted device as Clerk has it: letters, digits and _ only"
	// +required
	ID string `json:"id"`
}

// OutputSecret names a Secret that an action writes.
type OutputSecret struct {
	// secretName is the Secret to write, in the same namespace. This ClerkUserAction owns it, and it is deleted with it.
	// If a Secret of that name exists and has another owner or none, the operator does not change it, and the action
	// fails.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule=`self.matches(r'^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')`,message="must be a name for a Secret: lower-case letters, digits, - and . only"
	// +required
	SecretName string `json:"secretName"`
}

// AccessTokenRequest says which token is stored where.
type AccessTokenRequest struct {
	// provider of the token, such as oauth_google.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[a-z0-9_]+$')",message="must be the name of a provider as Clerk has it, such as oauth_google"
	// +required
	Provider string `json:"provider"`

	OutputSecret `json:",inline"`
}

// PasswordRemoval says what else happens when a password is removed.
type PasswordRemoval struct {
	// signOutOfOtherSessions true ends the user's sessions. Omitted or false: sessions continue.
	// +optional
	SignOutOfOtherSessions *bool `json:"signOutOfOtherSessions,omitempty"`
}

// PasswordCompromise says what else happens when a password is marked as compromised.
type PasswordCompromise struct {
	// revokeSessions true ends the user's sessions at once. Omitted or false: sessions continue.
	// +optional
	RevokeSessions *bool `json:"revokeSessions,omitempty"`
}

// ClerkUserActionStatus is the state and the result of an action.
type ClerkUserActionStatus struct {
	// observedGeneration is the generation of the spec that the conditions refer to. -1: none yet.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration"`

	// conditions are Complete or Failed once the action is finished, and Reconciling until then. Stalled accompanies Failed.
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:XValidation:rule="self.lastTransitionTime > timestamp('0001-01-01T00:00:00Z') && self.lastTransitionTime < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// action is the type of the action: the name of the field that is set in the spec.
	// +optional
	Action ActionType `json:"action,omitempty"`

	// userID is the id of the user at Clerk on whom the action is carried out.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	UserID string `json:"userID,omitempty"`

	// instance is the Clerk instance in which that user lives.
	// +optional
	Instance *BoundInstance `json:"instance,omitempty"`

	// startedAt is the time just before the call. Absent: there was no call.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	StartedAt *metav1.Time `json:"startedAt,omitempty"`

	// completedAt is when the action finished, successfully or not.
	// +kubebuilder:validation:Schemaless
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches(r'^[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$') && !self.startsWith('0000') && timestamp(self) > timestamp('0001-01-01T00:00:00Z') && timestamp(self) < timestamp('9999-12-31T00:00:00Z')",message="must be a time as RFC 3339 has it, with capital T and Z, such as 2024-02-29T12:00:00Z"
	// +optional
	CompletedAt *metav1.Time `json:"completedAt,omitempty"`

	// result is what the action returned. Absent: there is no result.
	// +optional
	Result *ActionResult `json:"result,omitempty"`
}

// ActionResult is what an action returned.
type ActionResult struct {
	// verified says whether the password or code is the user's.
	// +optional
	Verified *bool `json:"verified,omitempty"`

	// codeType is the type of the verified code: totp or backup_code.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	CodeType string `json:"codeType,omitempty"`

	// secretName is the Secret that was written.
	// +kubebuilder:validation:MaxLength=253
	// +optional
	SecretName string `json:"secretName,omitempty"`
}

// ClerkUserAction is an action on a user at Clerk that has no steady state, such as the removal of all second factors.
// Like a Job it runs once and keeps its result. policy.actions of the ClerkInstance says which actions are allowed.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=clerk,shortName=cua
// +kubebuilder:printcolumn:name="Action",type=string,JSONPath=`.status.action`
// +kubebuilder:printcolumn:name="User",type=string,JSONPath=`.spec.userRef.name`
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.status=="True")].type`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="User ID",type=string,JSONPath=`.status.userID`,priority=1
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.status=="True")].reason`,priority=1
// +kubebuilder:printcolumn:name="Verified",type=boolean,JSONPath=`.status.result.verified`,priority=1
// +kubebuilder:printcolumn:name="Message",type=string,JSONPath=`.status.conditions[?(@.status=="True")].message`,priority=1
type ClerkUserAction struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says which action is carried out on which user.
	// +required
	Spec ClerkUserActionSpec `json:"spec"`

	// status is the state and the result of the action.
	// +default={"observedGeneration":-1}
	// +optional
	Status ClerkUserActionStatus `json:"status,omitzero"`

	// Undecoded names the fields of the stored object whose values did not decode, and which are left out above; nil if
	// there are none. It is not part of what is stored or sent.
	Undecoded *FieldPaths `json:"-"`
}

// ClerkUserActionList is a list of ClerkUserActions.
// +kubebuilder:object:root=true
type ClerkUserActionList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitzero"`

	// items are the ClerkUserActions.
	Items []ClerkUserAction `json:"items"`
}
