// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// kind is a type of action as a flag.
type kind struct {
	actionType v1alpha1.ActionType
	// flag is the name of the flag, and value what stands for its value in the help; "" for a flag without a value.
	flag, value string
	usage       string
	// takes are the parameter flags that the action takes, of which needs are required.
	takes, needs []string
	// set fills in the spec.
	set func(spec *v1alpha1.ClerkUserActionSpec, value string, p *parameters) error
}

// parameters are the flags that only some actions take.
type parameters struct {
	into                   string
	signOutOfOtherSessions bool
	revokeSessions         bool
}

// Names of the flags of parameters.
const (
	flagInto           = "into"
	flagSignOut        = "sign-out-of-other-sessions"
	flagRevokeSessions = "revoke-sessions"
)

// kinds are all types of actions.
func kinds() []kind { return slices.Concat(factors(), secrets(), removals(), passwords()) }

func factors() []kind {
	none := func(field func(*v1alpha1.ClerkUserActionSpec) **v1alpha1.NoParameters) func(*v1alpha1.ClerkUserActionSpec, string, *parameters) error {
		return func(spec *v1alpha1.ClerkUserActionSpec, _ string, _ *parameters) error {
			*field(spec) = &v1alpha1.NoParameters{}
			return nil
		}
	}
	return []kind{
		{
			actionType: v1alpha1.ActionDisableMFA, flag: "disable-mfa", usage: "remove all second factors of the user",
			set: none(func(s *v1alpha1.ClerkUserActionSpec) **v1alpha1.NoParameters { return &s.DisableMFA }),
		},
		{
			actionType: v1alpha1.ActionDeleteTOTP, flag: "delete-totp", usage: "remove the authenticator app of the user",
			set: none(func(s *v1alpha1.ClerkUserActionSpec) **v1alpha1.NoParameters { return &s.DeleteTOTP }),
		},
		{
			actionType: v1alpha1.ActionDeleteBackupCodes, flag: "delete-backup-codes", usage: "remove the backup codes of the user",
			set: none(func(s *v1alpha1.ClerkUserActionSpec) **v1alpha1.NoParameters { return &s.DeleteBackupCodes }),
		},
		{
			actionType: v1alpha1.ActionUnsetPasswordCompromised, flag: "unset-password-compromised",
			usage: "let the user keep the password that was marked as compromised",
			set:   none(func(s *v1alpha1.ClerkUserActionSpec) **v1alpha1.NoParameters { return &s.UnsetPasswordCompromised }),
		},
	}
}

func secrets() []kind {
	return []kind{
		{
			actionType: v1alpha1.ActionVerifyPassword, flag: "verify-password-from", value: "SECRET/KEY",
			usage: "check whether the entry of a Secret is the password of the user",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, _ *parameters) (err error) {
				spec.VerifyPassword, err = secretValue(value)
				return err
			},
		},
		{
			actionType: v1alpha1.ActionVerifyTOTP, flag: "verify-totp-from", value: "SECRET/KEY",
			usage: "check whether the entry of a Secret is a code of the authenticator app or a backup code, which this uses up",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, _ *parameters) (err error) {
				spec.VerifyTOTP, err = secretValue(value)
				return err
			},
		},
		{
			actionType: v1alpha1.ActionCreateTOTP, flag: "create-totp", takes: []string{flagInto}, needs: []string{flagInto},
			usage: "give the user an authenticator secret in place of an earlier one, and store it in the Secret of --into",
			set: func(spec *v1alpha1.ClerkUserActionSpec, _ string, p *parameters) error {
				spec.CreateTOTP = &v1alpha1.OutputSecret{SecretName: p.into}
				return nil
			},
		},
		{
			actionType: v1alpha1.ActionGetOAuthAccessToken, flag: "get-oauth-access-token", value: "PROVIDER",
			takes: []string{flagInto}, needs: []string{flagInto},
			usage: "store the token of the user for a provider, such as oauth_google, in the Secret of --into",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, p *parameters) error {
				spec.GetOAuthAccessToken = &v1alpha1.AccessTokenRequest{Provider: value, OutputSecret: v1alpha1.OutputSecret{SecretName: p.into}}
				return nil
			},
		},
	}
}

func removals() []kind {
	return []kind{
		{
			actionType: v1alpha1.ActionDeletePasskey, flag: "delete-passkey", value: "ID",
			usage: "remove a passkey (idn_…); Clerk informs the user by e-mail",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, _ *parameters) error {
				spec.DeletePasskey = &v1alpha1.PasskeyDeletion{ID: value}
				return nil
			},
		},
		{
			actionType: v1alpha1.ActionDeleteWeb3Wallet, flag: "delete-web3-wallet", value: "ID|ADDRESS",
			usage: "remove a wallet, by its id (idn_…) or its address",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, _ *parameters) error {
				spec.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{Address: &value}
				if regexp.MustCompile(`^[a-z]+_`).MatchString(value) {
					spec.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{ID: &value}
				}
				return nil
			},
		},
		{
			actionType: v1alpha1.ActionDeleteExternalAccount, flag: "delete-external-account", value: "ID|PROVIDER",
			usage: "remove a connected account, by its id (eac_…), or by its provider, such as oauth_google, if the user has one account there",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, _ *parameters) error {
				spec.DeleteExternalAccount = &v1alpha1.ExternalAccountDeletion{Provider: &value}
				if strings.HasPrefix(value, "eac_") {
					spec.DeleteExternalAccount = &v1alpha1.ExternalAccountDeletion{ID: &value}
				}
				return nil
			},
		},
		{
			actionType: v1alpha1.ActionRevokeTrustedDevice, flag: "revoke-trusted-device", value: "ID",
			usage: "revoke a device that the user trusts (tdev_…)",
			set: func(spec *v1alpha1.ClerkUserActionSpec, value string, _ *parameters) error {
				spec.RevokeTrustedDevice = &v1alpha1.TrustedDeviceRevocation{ID: value}
				return nil
			},
		},
	}
}

func passwords() []kind {
	return []kind{
		{
			actionType: v1alpha1.ActionRemovePassword, flag: "remove-password", takes: []string{flagSignOut},
			usage: "remove the password of the user, even if it is the only way to sign in",
			set: func(spec *v1alpha1.ClerkUserActionSpec, _ string, p *parameters) error {
				spec.RemovePassword = &v1alpha1.PasswordRemoval{SignOutOfOtherSessions: orNil(p.signOutOfOtherSessions)}
				return nil
			},
		},
		{
			actionType: v1alpha1.ActionSetPasswordCompromised, flag: "set-password-compromised", takes: []string{flagRevokeSessions},
			usage: "require the user to set another password at the next sign-in",
			set: func(spec *v1alpha1.ClerkUserActionSpec, _ string, p *parameters) error {
				spec.SetPasswordCompromised = &v1alpha1.PasswordCompromise{RevokeSessions: orNil(p.revokeSessions)}
				return nil
			},
		},
	}
}

// orNil is true, or omitted, which means false.
func orNil(holds bool) *bool {
	if !holds {
		return nil
	}
	return ptr.To(true)
}

// secretValue reads SECRET/KEY.
func secretValue(text string) (*v1alpha1.SecretValue, error) {
	name, key, found := strings.Cut(text, "/")
	if !found || name == "" || key == "" || strings.Contains(key, "/") {
		return nil, errors.New("want SECRET/KEY, the name of a Secret in the namespace and of an entry in it; the value itself is not given on the command line")
	}
	return &v1alpha1.SecretValue{SecretKeyRef: v1alpha1.SecretKeySelector{Name: name, Key: key}}, nil
}
