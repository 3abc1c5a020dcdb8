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

// deed is an action of which every call is struck.
type deed struct {
	set          func(*actionSpec)
	method, path string
	// once is true of an action that Clerk must never be told twice.
	once bool
	done func(*world, *emulator.User) bool
}

func deeds() map[string]deed {
	return map[string]deed{
		"VerifyPassword": {verifiesPassword, "POST", "/users/*/verify_password", false, func(*world, *emulator.User) bool { return true }},
		"VerifyTOTP": {verifiesCode, "POST", "/users/*/verify_totp", true, func(_ *world, u *emulator.User) bool {
			return slices.Equal(u.Credentials.BackupCodes, []string{"backup-4712"})
		}},
		"DisableMFA": {disablesMFA, "DELETE", "/users/*/mfa", false, func(_ *world, u *emulator.User) bool { return !u.TwoFactorEnabled }},
		"DeleteBackupCodes": {deletesCodes, "DELETE", "/users/*/backup_code", false, func(_ *world, u *emulator.User) bool {
			return !u.BackupCodeEnabled && u.TOTPEnabled
		}},
		"DeletePasskey": {deletesPasskey, "DELETE", "/users/*/passkeys/*", true, func(w *world, u *emulator.User) bool {
			return len(u.Passkeys) == 0 && len(w.clerk.Notices()) == 1
		}},
		"DeleteWallet": {deletesWallet, "DELETE", "/users/*/web3_wallets/*", false, func(_ *world, u *emulator.User) bool {
			return len(u.Web3Wallets) == 0
		}},
		"DeleteWalletByAddress": {deletesWalletByAddress, "DELETE", "/users/*/web3_wallets/*", false, func(_ *world, u *emulator.User) bool {
			return len(u.Web3Wallets) == 0
		}},
		"DeleteTOTP": {deletesTOTP, "DELETE", "/users/*/totp", false, func(_ *world, u *emulator.User) bool {
			return !u.TOTPEnabled && u.BackupCodeEnabled
		}},
		"CreateTOTP": {createsTOTP, "PATCH", "/users/*", false, func(w *world, u *emulator.User) bool {
			secret := &corev1.Secret{}
			w.get(secret, "ann-totp")
			return u.Credentials.TOTPSecret != annsSecret && string(secret.Data["secret"]) == u.Credentials.TOTPSecret
		}},
		"DeleteAccount": {deletesAccountAt("google"), "DELETE", "/users/*/external_accounts/*", false, func(_ *world, u *emulator.User) bool {
			return len(u.ExternalAccounts) == 0
		}},
		"GetToken": {getsTokenFor("google"), "GET", "/users/*/oauth_access_tokens/*", false, func(w *world, _ *emulator.User) bool {
			secret := &corev1.Secret{}
			w.get(secret, "ann-token")
			return string(secret.Data["token"]) == annsToken
		}},
		"RemovePassword": {removesPassword, "POST", "/users/*/remove_password", false, func(_ *world, u *emulator.User) bool {
			return !u.PasswordEnabled
		}},
		"RevokeDevice": {revokesDevice, "DELETE", "/users/*/trusted_devices/*", false, func(_ *world, u *emulator.User) bool {
			return u.TrustedDevices[0].Status == "revoked"
		}},
		"SetCompromised": {setsCompromised, "POST", "/users/*/password/set_compromised", false, func(_ *world, u *emulator.User) bool {
			return u.PasswordCompromised
		}},
		"UnsetCompromised": {unsetsCompromised, "POST", "/users/*/password/unset_compromised", false, func(_ *world, u *emulator.User) bool {
			return !u.PasswordCompromised
		}},
	}
}

// callsOfAnAction are those up to its end: the reading of the user, and the call itself.
const callsOfAnAction = 2

// TestAnySingleFaultAtAnyCallOfAnAction strikes each call of each action, one at a time, with each kind of fault.
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
	deeds := deeds()
	for n, name := range slices.Sorted(maps.Keys(deeds)) {
		for k, kind := range slices.Sorted(maps.Keys(faults)) {
			for i := range callsOfAnAction {
				if !sampled(7, n+k+i) {
					continue
				}
				t.Run(fmt.Sprintf("%s%s%d", name, kind, i), func(t *testing.T) {
					w, d := newActionWorld(t, patient), deeds[name]
					w.keepInput()
					strike := faults[kind]
					strike.Skip = i
					w.clerk.InjectFault(strike)
					w.runAction("action", "ann", d.set)
					lost := i > 0 && d.once && !slices.Contains([]string{"Throttled", "Locked", "KeyRefused"}, kind)
					w.ends(d, lost, strike.AfterApplying)
				})
			}
		}
	}
}

// ends waits for the end of an action that was struck, and checks that Clerk was told no more than it may be. lost says that a call
// was struck that must not be made again, and applied that Clerk carried it out.
func (w *world) ends(d deed, lost, applied bool) {
	w.t.Helper()
	w.eventually("the fault to strike", func() error {
		if len(w.clerk.Faults()) > 0 {
			return errNotYet
		}
		return nil
	})
	w.eventually("the action to be over", func() error {
		if w.readAction("action").Status.CompletedAt != nil {
			return nil
		}
		// A refused key is looked at after a while, unless something happens.
		time.Sleep(100 * time.Millisecond)
		w.touchUser("ann")
		return errNotYet
	})
	if lost {
		w.fails("action", v1alpha1.ReasonOutcomeUnknown)
	} else {
		w.completes("action")
	}
	if u := w.atClerk("ann"); d.done(w, u) != (!lost || applied) {
		w.t.Errorf("the user at Clerk is %+v", u)
	}
	carriedOut := 0
	for _, e := range w.clerk.Journal().Matching(d.method, d.path) {
		if e.Applied {
			carriedOut++
		}
	}
	if d.once && carriedOut > 1 {
		w.t.Errorf("it was carried out %d times\n%s", carriedOut, w.describe())
	}
	calls := w.calls(d.method, d.path)
	if calls > 2 {
		w.t.Errorf("%d calls were made for it", calls)
	}
	w.settle()
	w.wantCalls(calls, d.method, d.path)
}

// TestOperatorHaltedAtAnyCallOfAnAction ends the operator while each call of each action is under way, before and after Clerk carried
// it out, and starts another.
func TestOperatorHaltedAtAnyCallOfAnAction(t *testing.T) {
	t.Parallel()
	deeds := deeds()
	for n, name := range slices.Sorted(maps.Keys(deeds)) {
		for k, after := range []bool{false, true} {
			for i := range callsOfAnAction {
				if !sampled(4, n+2*k+i) {
					continue
				}
				t.Run(fmt.Sprintf("%sAfter%t%d", name, after, i), func(t *testing.T) {
					l, d := life{newActionWorld(t, patient)}, deeds[name]
					l.keepInput()
					l.clerk.InjectFault(emulator.Fault{Hang: true, AfterApplying: after, Skip: i})
					l.runAction("action", "ann", d.set)
					l.restartWhenHanging()
					l.server.Clock().Advance(underWay)
					l.ends(d, i > 0 && d.once, after)
				})
			}
		}
	}
}
