// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

const (
	oneAction      = "must hold exactly one action, such as disableMFA: {}; for several actions, create several ClerkUserActions"
	anIdentity     = "must be an id as Clerk's dashboard shows it, such as idn_ and then letters and digits"
	aProvider      = "must be the name of a provider as Clerk has it, such as oauth_google"
	secretToWrite  = "must be a name for a Secret: lower-case letters, digits, - and . only"
	carriedOutOnce = "cannot be changed, since the action may have been carried out; create another ClerkUserAction"
)

// acting is the spec of a ClerkUserAction with a user and more fields.
func acting(rest string) string { return "{userRef: {name: ada}, " + rest + "}" }

// actionRefusals are invalid specs of a ClerkUserAction.
func actionRefusals() map[string]refusal {
	return map[string]refusal{
		"NoAction":          {`{userRef: {name: ada}}`, "spec", oneAction},
		"TwoActions":        {acting(`disableMFA: {}, deleteTOTP: {}`), "spec", oneAction},
		"NoUser":            {`{disableMFA: {}}`, "spec.userRef", "Required value"},
		"UserElsewhere":     {`{userRef: {name: other/ada}, disableMFA: {}}`, "spec.userRef.name", "must be the name of a ClerkUser in the same namespace: lower-case letters, digits, - and . only"},
		"PasskeyWithPath":   {acting(`deletePasskey: {id: "idn_a/b"}`), "spec.deletePasskey.id", anIdentity},
		"PasskeyWithoutID":  {acting(`deletePasskey: {}`), "spec.deletePasskey.id", "Required value"},
		"WalletOfNothing":   {acting(`deleteWeb3Wallet: {}`), "spec.deleteWeb3Wallet", "must hold exactly one of id and address"},
		"WalletTwice":       {acting(`deleteWeb3Wallet: {id: idn_1, address: "` + ether + `"}`), "spec.deleteWeb3Wallet", "must hold exactly one of id and address"},
		"WalletMisspelled":  {acting(`deleteWeb3Wallet: {address: "0x12"}`), "spec.deleteWeb3Wallet.address", aWallet},
		"AccountOfNothing":  {acting(`deleteExternalAccount: {}`), "spec.deleteExternalAccount", "must hold exactly one of id and provider"},
		"AccountByItsOther": {acting(`deleteExternalAccount: {id: idn_1}`), "spec.deleteExternalAccount.id", "must be the id of a connected account, eac_ and then letters and digits; the idn_ id beside it names another thing"},
		"ProviderInWords":   {acting(`deleteExternalAccount: {provider: Google Mail}`), "spec.deleteExternalAccount.provider", aProvider},
		"TokenInAPath":      {acting(`getOAuthAccessToken: {provider: oauth_google, secretName: a/b}`), "spec.getOAuthAccessToken.secretName", secretToWrite},
		"TokenOfAPath":      {acting(`getOAuthAccessToken: {provider: ../x, secretName: a}`), "spec.getOAuthAccessToken.provider", aProvider},
		"DeviceWithPath":    {acting(`revokeTrustedDevice: {id: a/b}`), "spec.revokeTrustedDevice.id", "must be the id of a trusted device as Clerk has it: letters, digits and _ only"},
		"TTLBelow0":         {acting(`disableMFA: {}, ttlSecondsAfterFinished: -1`), "spec.ttlSecondsAfterFinished", "greater than or equal to 0"},
	}
}

// acceptedActions are valid specs of a ClerkUserAction at the limits.
func acceptedActions() map[string]string {
	return map[string]string{
		"VerifyPassword":    acting(`verifyPassword: {secretKeyRef: {name: s, key: k}}`),
		"VerifyTOTP":        acting(`verifyTOTP: {secretKeyRef: {name: s, key: k}}`),
		"DisableMFA":        acting(`disableMFA: {}, ttlSecondsAfterFinished: 0`),
		"DeleteBackupCodes": acting(`deleteBackupCodes: {}`),
		"DeletePasskey":     acting(`deletePasskey: {id: idn_29w83sxmDNGwOuEthce5gg56FcC}`),
		"WalletByAddress":   acting(`deleteWeb3Wallet: {address: "` + ether + `"}`),
		"WalletByID":        acting(`deleteWeb3Wallet: {id: idn_29w83sxmDNGwOuEthce5gg56FcC}`),
		"DeleteTOTP":        acting(`deleteTOTP: {}`),
		"CreateTOTP":        acting(`createTOTP: {secretName: ada.totp}`),
		"AccountByID":       acting(`deleteExternalAccount: {id: eac_29w83sxmDNGwOuEthce5gg56FcC}`),
		"AccountByProvider": acting(`deleteExternalAccount: {provider: oauth_custom_my_idp}`),
		"AccessToken":       acting(`getOAuthAccessToken: {provider: oauth_google, secretName: ada-google}`),
		"RemovePassword":    acting(`removePassword: {signOutOfOtherSessions: true}`),
		"TrustedDevice":     acting(`revokeTrustedDevice: {id: tdev_1}`),
		"Compromised":       acting(`setPasswordCompromised: {revokeSessions: true}`),
		"NotCompromised":    acting(`unsetPasswordCompromised: {}`),
	}
}

func TestActionIsCarriedOutOnce(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	u := object(t, "ClerkUserAction", namespace, acting(`disableMFA: {}`))
	if err := c.Create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	for name, spec := range map[string]string{
		"AnotherAction": acting(`deleteTOTP: {}`),
		"AnotherUser":   `{userRef: {name: eve}, disableMFA: {}}`,
		"ATTL":          acting(`disableMFA: {}, ttlSecondsAfterFinished: 60`),
	} {
		err := c.Update(t.Context(), edited(t, u, spec), client.DryRunAll)
		t.Run(name, func(t *testing.T) { expectRefused(t, err, "spec", carriedOutOnce) })
	}
}
