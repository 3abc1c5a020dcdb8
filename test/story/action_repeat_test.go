// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	// underWay is how long a new process waits for the end of what another one began.
	underWay = 15 * time.Second
	// soonTime is how long after its start an action is repeated that takes something away.
	soonTime = 10 * time.Minute
)

// haltDuringCall has Clerk leave the next call without an answer, after or without carrying it out, and kills the operator meanwhile.
func (env *environment) haltDuringCall(afterApplying bool, method, path string, cause func()) {
	env.t.Helper()
	if afterApplying {
		env.haltAfterCall(method, path, cause)
		env.clerk.ClearFaults()
		return
	}
	env.clerk.InjectFault(emulator.Fault{Method: method, Path: path, Hang: true})
	cause()
	env.eventually(method+" "+path+" to hang", func() error {
		if env.calls(method, path) == 0 {
			return errNotYet
		}
		return nil
	})
	env.crash()
	env.clerk.ClearFaults()
}

// TestActionIsRepeatedAfterACrash ends the operator while the call of an action is under way, once before and once after Clerk carried
// it out.
func TestActionIsRepeatedAfterACrash(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set          func(*actionSpec)
		method, path string
		holds        func(*emulator.User) bool
		// gone is true of an action whose second call finds nothing to do after the first one was carried out; once is true if
		// that can be seen without a call.
		gone, once bool
	}{
		"DisableMFA":    {disablesMFA, "DELETE", "/users/*/mfa", func(u *emulator.User) bool { return !u.TwoFactorEnabled }, false, false},
		"DeletedWallet": {deletesWallet, "DELETE", "/users/*/web3_wallets/*", func(u *emulator.User) bool { return len(u.Web3Wallets) == 0 }, true, false},
		"DeletedWalletByAddress": {
			deletesWalletByAddress, "DELETE", "/users/*/web3_wallets/*", func(u *emulator.User) bool { return len(u.Web3Wallets) == 0 }, true, true,
		},
		"DeletedAccountByProvider": {
			deletesAccountAt("oauth_google"), "DELETE", "/users/*/external_accounts/*",
			func(u *emulator.User) bool { return len(u.ExternalAccounts) == 0 }, true, true,
		},
		"RevokedDevice": {
			revokesDevice, "DELETE", "/users/*/trusted_devices/*",
			func(u *emulator.User) bool { return u.TrustedDevices[0].Status == "revoked" }, true, false,
		},
		"RemovedPassword": {removesPassword, "POST", "/users/*/remove_password", func(u *emulator.User) bool { return !u.PasswordEnabled }, false, false},
		"VerifiedPassword": {
			verifiesPassword, "POST", "/users/*/verify_password", func(u *emulator.User) bool { return u.PasswordEnabled }, false, false,
		},
		"Token": {
			getsTokenFor("google"), "GET", "/users/*/oauth_access_tokens/oauth_google",
			func(u *emulator.User) bool { return len(u.ExternalAccounts) == 1 }, false, false,
		},
	}
	for name, tc := range tests {
		for _, after := range []bool{false, true} {
			reads := tc.method == "GET"
			if after && reads {
				// What only reads is never carried out.
				continue
			}
			t.Run(fmt.Sprintf("%sAfter%t", name, after), func(t *testing.T) {
				env := newActionEnvironment(t)
				env.putInputSecret()
				env.haltDuringCall(after, tc.method, tc.path, func() { env.runAction("action", "ann", tc.set) })
				// A read that was broken off did nothing, so that an operator that has the time for it takes the start back.
				if env.readAction("action").Status.StartedAt == nil && !reads {
					t.Fatal("the start was not on record before the call")
				}
				env.server.Clock().Advance(underWay)
				env.start()
				done := env.expectComplete("action")
				if !tc.holds(env.atClerk("ann")) {
					t.Errorf("the user at Clerk is %+v", env.atClerk("ann"))
				}
				if tc.gone && after {
					env.expectActionMessage(done, "was gone already")
				}
				want := 2
				if tc.once && after {
					want = 1
				}
				env.expectCalls(want, tc.method, tc.path)
				env.expectNoWrites()
				env.expectCalls(want, tc.method, tc.path)
			})
		}
	}
}

// TestStartOfAnotherProcessIsWaitedFor keeps an operator that starts from repeating what may still be under way.
func TestStartOfAnotherProcessIsWaitedFor(t *testing.T) {
	env := newActionEnvironment(t)
	began := env.server.Clock().Now()
	env.haltDuringCall(true, "DELETE", "/users/*/mfa", func() { env.runAction("action", "ann", disablesMFA) })
	// The first process ends when its call times out, which leaves little of the time that the second one waits.
	env.server.Clock().Set(began)
	env.start()
	env.elapse(3)
	env.expectCalls(1, "DELETE", "/users/*/mfa")
	env.server.Clock().Advance(underWay)
	env.expectComplete("action")
	env.expectCalls(2, "DELETE", "/users/*/mfa")
	env.expectNoWrites()
}

// TestCreatedTOTPIsTheSameAfterACrash compares what is in the Secret and at Clerk before and after.
func TestCreatedTOTPIsTheSameAfterACrash(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("After%t", after), func(t *testing.T) {
			env := newActionEnvironment(t)
			env.haltDuringCall(after, "PATCH", "/users/*", func() { env.runAction("action", "ann", createsTOTP) })
			before := &corev1.Secret{}
			env.get(before, "ann-totp")
			env.server.Clock().Advance(underWay)
			env.start()
			env.expectComplete("action")
			secret := &corev1.Secret{}
			env.get(secret, "ann-totp")
			made := string(before.Data["secret"])
			if made == "" || string(secret.Data["secret"]) != made || env.atClerk("ann").Credentials.TOTPSecret != made {
				t.Error("the secret of before the crash, the one in the Secret and the one at Clerk are not the same")
			}
			env.expectCalls(2, "PATCH", "/users/*")
			env.expectNoWrites()
		})
	}
}

// TestActionsThatMustNotBeRepeatedAreNot loses the answer to a call that a second one would add to, by the network and by the end
// of the operator.
func TestActionsThatMustNotBeRepeatedAreNot(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set          func(*actionSpec)
		method, path string
		says         []string
		holds        func(*environment, *emulator.User) bool
	}{
		"BackupCode": {
			verifiesCode, "POST", "/users/*/verify_totp", []string{"uses up a backup code", "another code"},
			func(_ *environment, u *emulator.User) bool {
				return slices.Equal(u.Credentials.BackupCodes, []string{"backup-4712"})
			},
		},
		"Passkey": {
			deletesPasskey, "DELETE", "/users/*/passkeys/*", []string{"dashboard", "passkey"},
			func(env *environment, u *emulator.User) bool {
				return len(u.Passkeys) == 0 && len(env.clerk.Notices()) == 1
			},
		},
	}
	for name, tc := range tests {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprintf("%sCrash%t", name, crash), func(t *testing.T) {
				env := newActionEnvironment(t)
				env.putInputSecret()
				run := func() { env.runAction("action", "ann", tc.set) }
				if crash {
					env.haltDuringCall(true, tc.method, tc.path, run)
					env.server.Clock().Advance(underWay)
					env.start()
				} else {
					env.clerk.InjectFault(emulator.Fault{Method: tc.method, Path: tc.path, Cut: true, AfterApplying: true})
					run()
				}
				env.expectFailed("action", v1alpha1.ReasonOutcomeUnknown, tc.says...)
				env.expectEvent("action", v1alpha1.EventActionFailed)
				env.expectEvent("ann", v1alpha1.EventActionFailed)
				if !tc.holds(env, env.atClerk("ann")) {
					t.Errorf("the user at Clerk is %+v", env.atClerk("ann"))
				}
				env.expectNoWrites()
				env.restart()
				env.expectNoWrites()
				env.expectCalls(1, tc.method, tc.path)
			})
		}
	}
}

// TestOldStartIsNotRepeated starts the operator when the person may have set up anew what the action would take away.
func TestOldStartIsNotRepeated(t *testing.T) {
	env := newActionEnvironment(t)
	env.haltDuringCall(true, "DELETE", "/users/*/mfa", func() { env.runAction("action", "ann", disablesMFA) })
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.TOTPSecret = annsSecret })
	env.server.Clock().Advance(soonTime + time.Minute)
	env.start()
	env.expectFailed("action", v1alpha1.ReasonOutcomeUnknown, "status.twoFactorEnabled")
	if !env.atClerk("ann").TOTPEnabled {
		t.Error("what the person set up since is gone")
	}
	env.expectCalls(1, "DELETE", "/users/*/mfa")
	env.expectNoWrites()
}

// TestLostAnswerIsAskedForAgain repeats in the same process what is safe to repeat.
func TestLostAnswerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"Cut":        {Cut: true, AfterApplying: true},
		"BadGateway": {Status: 502, Body: "<html>", AfterApplying: true},
		"Malformed":  {Status: 200, Body: "{", AfterApplying: true},
		"NotApplied": {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			fault.Method, fault.Path = "DELETE", "/users/*/web3_wallets/*"
			env.clerk.InjectFault(fault)
			env.runAction("action", "ann", deletesWallet)
			env.expectComplete("action")
			env.expectCalls(2, "DELETE", "/users/*/web3_wallets/*")
			env.expectNoWrites()
		})
	}
}

// TestRefusalThatSaysNothingTakesTheStartBack tries again what was surely not carried out, also where that must happen once.
func TestRefusalThatSaysNothingTakesTheStartBack(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"Throttled": {Status: 429, Header: map[string]string{"Retry-After": "3"}},
		"Locked":    {Status: 409, Code: "resource_locked"},
	} {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.putInputSecret()
			fault.Method, fault.Path, fault.Times = "POST", "/users/*/verify_totp", 2
			env.clerk.InjectFault(fault)
			env.runAction("action", "ann", verifiesCode)
			env.eventually("the start to be taken back", func() error {
				if env.calls("POST", "/users/*/verify_totp") == 0 || env.readAction("action").Status.StartedAt != nil {
					return errNotYet
				}
				return nil
			})
			env.expectWaiting("action", v1alpha1.ReasonWaiting)
			if r := env.expectComplete("action").Status.Result; r == nil || !*r.Verified {
				t.Errorf("the result is %+v", r)
			}
			env.expectCalls(3, "POST", "/users/*/verify_totp")
			env.expectNoWrites()
		})
	}
}

// TestOutageIsSaid lets calls fail for long enough that it is worth telling.
func TestOutageIsSaid(t *testing.T) {
	env := newActionEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*/mfa", Status: 503, Body: "<html>", Times: -1})
	env.runAction("action", "ann", disablesMFA)
	env.eventually("the calls to fail", func() error {
		if env.calls("DELETE", "/users/*/mfa") < 2 {
			return errNotYet
		}
		return nil
	})
	env.server.Clock().Advance(time.Minute)
	env.expectWaiting("action", v1alpha1.ReasonRetrying)
	env.clerk.ClearFaults()
	env.expectComplete("action")
	env.expectNoWrites()
}

// TestRefusedKeyIsWaitedFor has Clerk refuse the key once, for which reason the call was surely not carried out. How long that
// is to be seen is up to the controller of ClerkInstances.
func TestRefusedKeyIsWaitedFor(t *testing.T) {
	env := newActionEnvironment(t)
	env.putInputSecret()
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users/*/verify_totp", Status: 401, Code: "clerk_key_invalid"})
	env.runAction("action", "ann", verifiesCode)
	env.eventually("the action to be over", func() error {
		if env.readAction("action").Status.CompletedAt != nil {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
		env.touchUser("ann")
		return errNotYet
	})
	if r := env.expectComplete("action").Status.Result; r == nil || !ptr.Deref(r.Verified, false) {
		t.Errorf("the result is %+v", r)
	}
	env.expectCalls(2, "POST", "/users/*/verify_totp")
	env.expectNoWrites()
}

// TestTwoOperatorsMakeOneCall has two of them work on the same actions, as when one loses its lease without knowing.
func TestTwoOperatorsMakeOneCall(t *testing.T) {
	env := newActionEnvironment(t)
	codes := []string{"one-4711", "two-4711", "six-4711", "ten-4711"}
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.BackupCodes = slices.Clone(codes) })
	other := *env
	other.start()
	env.eventually("both to know the instance", func() error {
		if env.calls("GET", "/instance") < 2 {
			return errNotYet
		}
		return nil
	})
	env.settle()
	for i, code := range codes {
		env.putSecret(fmt.Sprintf("code%d", i), "code", code)
		env.runAction(fmt.Sprintf("action%d", i), "ann", func(s *actionSpec) {
			s.VerifyTOTP = &v1alpha1.SecretValue{SecretKeyRef: at(fmt.Sprintf("code%d", i), "code")}
		})
	}
	for i := range codes {
		if r := env.expectComplete(fmt.Sprintf("action%d", i)).Status.Result; r == nil || !ptr.Deref(r.Verified, false) {
			t.Errorf("the result of action%d is %+v", i, r)
		}
	}
	env.expectCalls(len(codes), "POST", "/users/*/verify_totp")
}
