// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// actionCase is an action of which each call meets a fault.
type actionCase struct {
	set          func(*actionSpec)
	method, path string
	// once is true of an action whose call must never be sent twice.
	once bool
	done func(*environment, *emulator.User) bool
}

func actionCases() map[string]actionCase {
	return map[string]actionCase{
		"VerifyPassword": {verifiesPassword, "POST", "/users/*/verify_password", false, func(*environment, *emulator.User) bool { return true }},
		"VerifyTOTP": {verifiesCode, "POST", "/users/*/verify_totp", true, func(_ *environment, u *emulator.User) bool {
			return slices.Equal(u.Credentials.BackupCodes, []string{"backup-4712"})
		}},
		"DisableMFA": {disablesMFA, "DELETE", "/users/*/mfa", false, func(_ *environment, u *emulator.User) bool { return !u.TwoFactorEnabled }},
		"DeleteBackupCodes": {deletesCodes, "DELETE", "/users/*/backup_code", false, func(_ *environment, u *emulator.User) bool {
			return !u.BackupCodeEnabled && u.TOTPEnabled
		}},
		"DeletePasskey": {deletesPasskey, "DELETE", "/users/*/passkeys/*", true, func(env *environment, u *emulator.User) bool {
			return len(u.Passkeys) == 0 && len(env.clerk.Notices()) == 1
		}},
		"DeleteWallet": {deletesWallet, "DELETE", "/users/*/web3_wallets/*", false, func(_ *environment, u *emulator.User) bool {
			return len(u.Web3Wallets) == 0
		}},
		"DeleteWalletByAddress": {deletesWalletByAddress, "DELETE", "/users/*/web3_wallets/*", false, func(_ *environment, u *emulator.User) bool {
			return len(u.Web3Wallets) == 0
		}},
		"DeleteTOTP": {deletesTOTP, "DELETE", "/users/*/totp", false, func(_ *environment, u *emulator.User) bool {
			return !u.TOTPEnabled && u.BackupCodeEnabled
		}},
		"CreateTOTP": {createsTOTP, "PATCH", "/users/*", false, func(env *environment, u *emulator.User) bool {
			secret := &corev1.Secret{}
			env.get(secret, "ann-totp")
			return u.Credentials.TOTPSecret != annsSecret && string(secret.Data["secret"]) == u.Credentials.TOTPSecret
		}},
		"DeleteAccount": {deletesAccountAt("google"), "DELETE", "/users/*/external_accounts/*", false, func(_ *environment, u *emulator.User) bool {
			return len(u.ExternalAccounts) == 0
		}},
		"GetToken": {getsTokenFor("google"), "GET", "/users/*/oauth_access_tokens/*", false, func(env *environment, _ *emulator.User) bool {
			secret := &corev1.Secret{}
			env.get(secret, "ann-token")
			return string(secret.Data["token"]) == annsToken
		}},
		"RemovePassword": {removesPassword, "POST", "/users/*/remove_password", false, func(_ *environment, u *emulator.User) bool {
			return !u.PasswordEnabled
		}},
		"RevokeDevice": {revokesDevice, "DELETE", "/users/*/trusted_devices/*", false, func(_ *environment, u *emulator.User) bool {
			return u.TrustedDevices[0].Status == "revoked"
		}},
		"SetCompromised": {setsCompromised, "POST", "/users/*/password/set_compromised", false, func(_ *environment, u *emulator.User) bool {
			return u.PasswordCompromised
		}},
		"UnsetCompromised": {unsetsCompromised, "POST", "/users/*/password/unset_compromised", false, func(_ *environment, u *emulator.User) bool {
			return !u.PasswordCompromised
		}},
	}
}

// callsOfAnAction are those up to its end: the reading of the user, and the call itself.
const callsOfAnAction = 2

// TestAnySingleFaultAtAnyCallOfAnAction injects each kind of fault into each call of each action, one at a time.
func TestAnySingleFaultAtAnyCallOfAnAction(t *testing.T) {
	t.Parallel()
	faults := map[string]emulator.Fault{
		"AnswerLost":    {Cut: true, AfterApplying: true},
		"ConnectionCut": {Cut: true},
		"BadGateway":    {Status: 502, Body: "<html>"},
		"Malformed":     {Status: 200, Body: `{"id":7`, AfterApplying: true},
		"Throttled":     {Status: 429, Header: map[string]string{"Retry-After": "1"}},
		"Locked":        {Status: 409, Code: "resource_locked"},
		"KeyRefused":    {Status: 401, Code: "clerk_key_invalid"},
	}
	cases := actionCases()
	for n, name := range slices.Sorted(maps.Keys(cases)) {
		for k, kind := range slices.Sorted(maps.Keys(faults)) {
			for i := range callsOfAnAction {
				if !sampled(7, n+k+i) {
					continue
				}
				t.Run(fmt.Sprintf("%s%s%d", name, kind, i), func(t *testing.T) {
					env, d := newActionEnvironment(t, patient), cases[name]
					env.putInputSecret()
					fault := faults[kind]
					fault.Skip = i
					env.clerk.InjectFault(fault)
					env.runAction("action", "ann", d.set)
					lost := i > 0 && d.once && !slices.Contains([]string{"Throttled", "Locked", "KeyRefused"}, kind)
					env.expectEnd(d, lost, fault.AfterApplying)
				})
			}
		}
	}
}

// expectEnd waits for the end of an action after a fault, and checks that no call was sent too often. lost says that the fault was in a
// call that must not be sent again, and applied that Clerk carried it out.
func (env *environment) expectEnd(d actionCase, lost, applied bool) {
	env.t.Helper()
	env.eventually("the fault to occur", func() error {
		if len(env.clerk.Faults()) > 0 {
			return errNotYet
		}
		return nil
	})
	env.eventually("the action to be over", func() error {
		if env.readAction("action").Status.CompletedAt != nil {
			return nil
		}
		// A refused key is looked at after a while, unless something happens.
		time.Sleep(100 * time.Millisecond)
		env.touchUser("ann")
		return errNotYet
	})
	if lost {
		env.expectFailed("action", v1alpha1.ReasonOutcomeUnknown)
	} else {
		env.expectComplete("action")
	}
	if u := env.atClerk("ann"); d.done(env, u) != (!lost || applied) {
		env.t.Errorf("the user at Clerk is %+v", u)
	}
	carriedOut := 0
	for _, e := range env.clerk.Journal().Matching(d.method, d.path) {
		if e.Applied {
			carriedOut++
		}
	}
	if d.once && carriedOut > 1 {
		env.t.Errorf("it was carried out %d times\n%s", carriedOut, env.describe())
	}
	calls := env.calls(d.method, d.path)
	if calls > 2 {
		env.t.Errorf("%d calls were made for it", calls)
	}
	env.settle()
	env.expectCalls(calls, d.method, d.path)
}

// TestOperatorHaltedAtAnyCallOfAnAction ends the operator while each call of each action is under way, before and after Clerk carried
// it out, and starts another.
func TestOperatorHaltedAtAnyCallOfAnAction(t *testing.T) {
	t.Parallel()
	cases := actionCases()
	for n, name := range slices.Sorted(maps.Keys(cases)) {
		for k, after := range []bool{false, true} {
			for i := range callsOfAnAction {
				if !sampled(4, n+2*k+i) {
					continue
				}
				t.Run(fmt.Sprintf("%sAfter%t%d", name, after, i), func(t *testing.T) {
					l, d := lifecycle{newActionEnvironment(t, patient)}, cases[name]
					l.putInputSecret()
					l.clerk.InjectFault(emulator.Fault{Hang: true, AfterApplying: after, Skip: i})
					l.runAction("action", "ann", d.set)
					l.restartWhenHanging()
					l.server.Clock().Advance(underWay)
					l.expectEnd(d, i > 0 && d.once, after)
				})
			}
		}
	}
}
