// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "slices"

// Allows reports whether policy.actions, or its default, lets an act be carried out. The default leaves out the acts that
// tell or make a secret.
func (s *ClerkInstanceSpec) Allows(act Act) bool {
	if s.Policy != nil && s.Policy.Actions != nil {
		return slices.Contains(s.Policy.Actions, act)
	}
	switch act {
	case ActVerifyPassword, ActVerifyTOTP, ActCreateTOTP, ActGetOAuthAccessToken:
		return false
	default:
		return true
	}
}

// Act returns which act is set; "" for none, which the API server does not let through.
func (s *ClerkUserActionSpec) Act() Act {
	for _, one := range []struct {
		act Act
		set bool
	}{
		{ActVerifyPassword, s.VerifyPassword != nil},
		{ActVerifyTOTP, s.VerifyTOTP != nil},
		{ActDisableMFA, s.DisableMFA != nil},
		{ActDeleteBackupCodes, s.DeleteBackupCodes != nil},
		{ActDeletePasskey, s.DeletePasskey != nil},
		{ActDeleteWeb3Wallet, s.DeleteWeb3Wallet != nil},
		{ActDeleteTOTP, s.DeleteTOTP != nil},
		{ActCreateTOTP, s.CreateTOTP != nil},
		{ActDeleteExternalAccount, s.DeleteExternalAccount != nil},
		{ActGetOAuthAccessToken, s.GetOAuthAccessToken != nil},
		{ActRemovePassword, s.RemovePassword != nil},
		{ActRevokeTrustedDevice, s.RevokeTrustedDevice != nil},
		{ActSetPasswordCompromised, s.SetPasswordCompromised != nil},
		{ActUnsetPasswordCompromised, s.UnsetPasswordCompromised != nil},
	} {
		if one.set {
			return one.act
		}
	}
	return ""
}
