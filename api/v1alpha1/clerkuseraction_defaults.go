// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "slices"

// Allows reports whether policy.actions, or its default, allows an action. The default excludes actions that reveal or create
// a secret.
func (s *ClerkInstanceSpec) Allows(actionType ActionType) bool {
	if s.Policy != nil && s.Policy.Actions != nil {
		return slices.Contains(s.Policy.Actions, actionType)
	}
	switch actionType {
	case ActionVerifyPassword, ActionVerifyTOTP, ActionCreateTOTP, ActionGetOAuthAccessToken:
		return false
	default:
		return true
	}
}

// actionField is a field of a ClerkUserActionSpec that says what is done.
type actionField struct {
	actionType ActionType
	set        bool
}

// actionFields lists the fields that say what is done.
func (s *ClerkUserActionSpec) actionFields() []actionField {
	return []actionField{
		{ActionVerifyPassword, s.VerifyPassword != nil},
		{ActionVerifyTOTP, s.VerifyTOTP != nil},
		{ActionDisableMFA, s.DisableMFA != nil},
		{ActionDeleteBackupCodes, s.DeleteBackupCodes != nil},
		{ActionDeletePasskey, s.DeletePasskey != nil},
		{ActionDeleteWeb3Wallet, s.DeleteWeb3Wallet != nil},
		{ActionDeleteTOTP, s.DeleteTOTP != nil},
		{ActionCreateTOTP, s.CreateTOTP != nil},
		{ActionDeleteExternalAccount, s.DeleteExternalAccount != nil},
		{ActionGetOAuthAccessToken, s.GetOAuthAccessToken != nil},
		{ActionRemovePassword, s.RemovePassword != nil},
		{ActionRevokeTrustedDevice, s.RevokeTrustedDevice != nil},
		{ActionSetPasswordCompromised, s.SetPasswordCompromised != nil},
		{ActionUnsetPasswordCompromised, s.UnsetPasswordCompromised != nil},
	}
}

// ActionType returns the type of the action that is set; "" for none, which the API server does not let through.
func (s *ClerkUserActionSpec) ActionType() ActionType {
	for _, field := range s.actionFields() {
		if field.set {
			return field.actionType
		}
	}
	return ""
}

// ActionTypes returns all types of actions.
func ActionTypes() []ActionType {
	var all []ActionType
	for _, field := range (&ClerkUserActionSpec{}).actionFields() {
		all = append(all, field.actionType)
	}
	return all
}
