// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// outcomeUnknown says that a call may have been made that is not to be made again, and how to find out.
func outcomeUnknown(actionType v1alpha1.ActionType) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonOutcomeUnknown,
		Message: "Clerk's answer to the call was lost, and the call is not repeated: " + howToFindOut(actionType),
		Stalled: true,
	}
}

// howToFindOut says for an action what would come of a second call, and where to see what came of the first.
func howToFindOut(actionType v1alpha1.ActionType) string {
	const other = "and create another ClerkUserAction if it is still wanted"
	switch actionType {
	case v1alpha1.ActionVerifyTOTP:
		return "a verification uses up a backup code, so ask the user for another code, and create another ClerkUserAction with it"
	case v1alpha1.ActionDeletePasskey:
		return "Clerk notifies the user of each deleted passkey, so check in Clerk's dashboard whether the user still has it, " + other
	case v1alpha1.ActionDisableMFA:
		return "the user may have set up another factor since, so look at status.twoFactorEnabled of the ClerkUser, " + other
	case v1alpha1.ActionDeleteTOTP, v1alpha1.ActionCreateTOTP:
		return "the user may have set up another authenticator since, so look at status.totpEnabled of the ClerkUser, " + other
	case v1alpha1.ActionDeleteBackupCodes:
		return "the user may have made new codes since, so look at status.backupCodeEnabled of the ClerkUser, " + other
	case v1alpha1.ActionRemovePassword, v1alpha1.ActionSetPasswordCompromised, v1alpha1.ActionUnsetPasswordCompromised:
		return "the user may have chosen another password since, so look at status.passwordLastUpdatedAt of the ClerkUser, " + other
	case v1alpha1.ActionDeleteWeb3Wallet, v1alpha1.ActionDeleteExternalAccount:
		return "the user may have connected it anew since, so look at the user in Clerk's dashboard, " + other
	case v1alpha1.ActionVerifyPassword, v1alpha1.ActionGetOAuthAccessToken, v1alpha1.ActionRevokeTrustedDevice:
	}
	return "look at the user in Clerk's dashboard, " + other
}
