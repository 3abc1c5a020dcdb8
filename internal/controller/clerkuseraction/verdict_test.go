// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// specOf returns a spec of an action.
func specOf(actionType v1alpha1.ActionType) v1alpha1.ClerkUserActionSpec {
	s := v1alpha1.ClerkUserActionSpec{UserRef: v1alpha1.UserReference{Name: "ann"}}
	value, id := &v1alpha1.SecretValue{}, "idn_1"
	switch actionType {
	case v1alpha1.ActionVerifyPassword:
		s.VerifyPassword = value
	case v1alpha1.ActionVerifyTOTP:
		s.VerifyTOTP = value
	case v1alpha1.ActionDisableMFA:
		s.DisableMFA = &v1alpha1.NoParameters{}
	case v1alpha1.ActionDeleteBackupCodes:
		s.DeleteBackupCodes = &v1alpha1.NoParameters{}
	case v1alpha1.ActionDeletePasskey:
		s.DeletePasskey = &v1alpha1.PasskeyDeletion{ID: id}
	case v1alpha1.ActionDeleteWeb3Wallet:
		s.DeleteWeb3Wallet = &v1alpha1.WalletDeletion{ID: &id}
	case v1alpha1.ActionDeleteTOTP:
		s.DeleteTOTP = &v1alpha1.NoParameters{}
	case v1alpha1.ActionCreateTOTP:
		s.CreateTOTP = &v1alpha1.OutputSecret{SecretName: "out"}
	case v1alpha1.ActionDeleteExternalAccount:
		s.DeleteExternalAccount = &v1alpha1.ExternalAccountDeletion{ID: &id}
	case v1alpha1.ActionGetOAuthAccessToken:
		s.GetOAuthAccessToken = &v1alpha1.AccessTokenRequest{Provider: "oauth_google"}
	case v1alpha1.ActionRemovePassword:
		s.RemovePassword = &v1alpha1.PasswordRemoval{}
	case v1alpha1.ActionRevokeTrustedDevice:
		s.RevokeTrustedDevice = &v1alpha1.TrustedDeviceRevocation{ID: id}
	case v1alpha1.ActionSetPasswordCompromised:
		s.SetPasswordCompromised = &v1alpha1.PasswordCompromise{}
	case v1alpha1.ActionUnsetPasswordCompromised:
		s.UnsetPasswordCompromised = &v1alpha1.NoParameters{}
	}
	return s
}

func TestRepetition(t *testing.T) {
	t.Parallel()
	want := map[v1alpha1.ActionType]repetition{
		v1alpha1.ActionVerifyPassword: always, v1alpha1.ActionVerifyTOTP: never, v1alpha1.ActionDisableMFA: soon,
		v1alpha1.ActionDeleteBackupCodes: soon, v1alpha1.ActionDeletePasskey: never, v1alpha1.ActionDeleteWeb3Wallet: always,
		v1alpha1.ActionDeleteTOTP: soon, v1alpha1.ActionCreateTOTP: soon, v1alpha1.ActionDeleteExternalAccount: always,
		v1alpha1.ActionGetOAuthAccessToken: always, v1alpha1.ActionRemovePassword: soon, v1alpha1.ActionRevokeTrustedDevice: always,
		v1alpha1.ActionSetPasswordCompromised: soon, v1alpha1.ActionUnsetPasswordCompromised: soon,
	}
	for _, actionType := range v1alpha1.ActionTypes() {
		spec := specOf(actionType)
		if got, known := want[actionType]; !known || repetitionOf(&spec) != got {
			t.Errorf("%s is repeated %d, want %d", actionType, repetitionOf(&spec), got)
		}
		if text := outcomeUnknown(actionType).Error(); !strings.Contains(text, "not repeated") || !strings.Contains(text, "create another ClerkUserAction") {
			t.Errorf("%s: %s", actionType, text)
		}
	}
	// What stands for an address or a provider may be another one a moment later.
	wallet, account := specOf(v1alpha1.ActionDeleteWeb3Wallet), specOf(v1alpha1.ActionDeleteExternalAccount)
	wallet.DeleteWeb3Wallet, account.DeleteExternalAccount = &v1alpha1.WalletDeletion{}, &v1alpha1.ExternalAccountDeletion{}
	if repetitionOf(&wallet) != soon || repetitionOf(&account) != soon {
		t.Error("what is not named by its id is repeated at any time")
	}
}

// refusal is an answer of Clerk's.
func refusal(status int, code string) error {
	return &clerk.Error{Status: status, Code: code, Message: "no"}
}

func TestVerdict(t *testing.T) {
	t.Parallel()
	lost := &clerk.AnswerLostError{Err: refusal(502, "")}
	const (
		complete    = v1alpha1.ConditionComplete
		failed      = v1alpha1.ConditionFailed
		reconciling = v1alpha1.ConditionReconciling
	)
	tests := map[string]struct {
		actionType   v1alpha1.ActionType
		err          error
		repeats      bool
		kind, reason string
		says         string
		after        time.Duration
		takenBack    bool
	}{
		"Done":              {v1alpha1.ActionDisableMFA, nil, false, complete, v1alpha1.ReasonCarriedOut, "disableMFA", 0, false},
		"Refused":           {v1alpha1.ActionDisableMFA, refusal(403, "feature_not_enabled"), false, failed, v1alpha1.ReasonRejectedByClerk, "feature_not_enabled: no. ", 0, false},
		"UserGone":          {v1alpha1.ActionDisableMFA, refusal(404, "resource_not_found"), false, failed, v1alpha1.ReasonMissing, "user_1", 0, false},
		"UserGoneOnARepeat": {v1alpha1.ActionDisableMFA, refusal(404, "resource_not_found"), true, failed, v1alpha1.ReasonMissing, "a call was made before", 0, false},
		"ThingGone":         {v1alpha1.ActionDeletePasskey, refusal(404, "passkey_not_registered"), false, failed, v1alpha1.ReasonNotFoundAtClerk, "deletePasskey", 0, false},
		"ThingGoneAlready":  {v1alpha1.ActionDeleteWeb3Wallet, refusal(404, "resource_not_found"), true, complete, v1alpha1.ReasonCarriedOut, "gone already", 0, false},
		"NothingOfTheName":  {v1alpha1.ActionDeleteWeb3Wallet, errNothingThere, false, failed, v1alpha1.ReasonNotFoundAtClerk, "deleteWeb3Wallet", 0, false},
		"LostNeverRepeated": {v1alpha1.ActionVerifyTOTP, lost, false, failed, v1alpha1.ReasonOutcomeUnknown, "backup code", 0, false},
		"LostForAWhile":     {v1alpha1.ActionDisableMFA, lost, false, "", "", "", 0, false},
		"OwnedElsewhere":    {v1alpha1.ActionDisableMFA, errOwnedElsewhere, false, failed, v1alpha1.ReasonConflict, "not the ClerkUser's", 0, false},
		"NotConnected":      {v1alpha1.ActionGetOAuthAccessToken, notConnected("oauth_x"), false, failed, v1alpha1.ReasonProviderNotConnected, "oauth_x", 0, false},
		"Ticket":            {v1alpha1.ActionDisableMFA, &clerk.WaitError{At: start.Add(3 * time.Second)}, false, reconciling, v1alpha1.ReasonWaiting, "API budget", 3 * time.Second, true},
		"TicketIsDue":       {v1alpha1.ActionDisableMFA, &clerk.WaitError{At: start}, false, reconciling, v1alpha1.ReasonWaiting, "API budget", time.Millisecond, true},
		"Throttled":         {v1alpha1.ActionDisableMFA, &clerk.Error{Status: 429, RetryAt: start.Add(time.Minute)}, false, reconciling, v1alpha1.ReasonWaiting, "API budget", time.Minute, true},
		"KeyRefused":        {v1alpha1.ActionDisableMFA, refusal(401, "clerk_key_invalid"), false, reconciling, v1alpha1.ReasonInstanceNotReady, "rejects its key", recheck, true},
		"KeyRefusedBefore":  {v1alpha1.ActionDisableMFA, &clerk.KeyRefusedError{}, false, reconciling, v1alpha1.ReasonInstanceNotReady, "rejects its key", recheck, true},
		"NotFound":          {v1alpha1.ActionDisableMFA, userNotFound("ann"), false, reconciling, v1alpha1.ReasonUserNotFound, "ann", 0, true},
		"SecretMissing": {
			v1alpha1.ActionVerifyTOTP, &source.MissingError{Reason: v1alpha1.ReasonSecretNotFound, Field: "spec.x", Problem: "is gone"},
			false, reconciling, v1alpha1.ReasonSecretNotFound, "spec.x: is gone", missingSourceRetry, true,
		},
		"Outdated":     {v1alpha1.ActionDisableMFA, errOutdated, false, "", "", "", reconcile.ConflictPause, true},
		"Conflict":     {v1alpha1.ActionDisableMFA, apierrors.NewConflict(schema.GroupResource{}, "action", errors.New("x")), false, "", "", "", reconcile.ConflictPause, true},
		"Later":        {v1alpha1.ActionDisableMFA, &waitError{after: 7 * time.Second, err: errUnderWay}, false, "", "", "", 7 * time.Second, true},
		"LockedAtWork": {v1alpha1.ActionVerifyTOTP, refusal(409, "resource_locked"), false, "", "", "", 0, true},
		"Unnamed":      {v1alpha1.ActionDisableMFA, errors.New("anything"), false, "", "", "", 0, true},
	}
	for name, tc := range tests {
		for _, wrapped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%sWrapped%t", name, wrapped), func(t *testing.T) {
				t.Parallel()
				s := newStage(t)
				a := &v1alpha1.ClerkUserAction{Spec: specOf(tc.actionType)}
				p := s.newPass(a)
				p.user, p.userID, p.called, p.repeats, p.err = s.user, "user_1", true, tc.repeats, tc.err
				if strings.HasPrefix(string(tc.actionType), "delete") {
					p.target = "idn_1"
				}
				if wrapped && p.err != nil {
					p.err = fmt.Errorf("calling: %w", p.err)
				}
				v := s.judge(p)
				if v.kind != tc.kind || v.reason != tc.reason || !strings.Contains(v.message, tc.says) || v.after != tc.after {
					t.Errorf("the verdict is %+v", v)
				}
				if v.unchanged != (tc.kind == "") || (v.err != nil) != (tc.kind == "" && tc.after == 0) {
					t.Errorf("the verdict is %+v", v)
				}
				if back := p.takesBack(); back != tc.takenBack {
					t.Errorf("the start is taken back: %t", back)
				}
			})
		}
	}
}

func TestFailuresAreSaidWhenTheyLast(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		says string
	}{
		"Lost":      {&clerk.AnswerLostError{Err: errors.New("no answer from Clerk: timed out")}, ": no answer from Clerk: timed out"},
		"Refused":   {fmt.Errorf("calling: %w", refusal(500, "internal_clerk_error")), ": clerk answered 500 internal_clerk_error: no"},
		"Cluster":   {fmt.Errorf("writing: %w", apierrors.NewTimeoutError("took 17 s", 1)), ": the API server answers Timeout"},
		"Other":     {errors.New("anything"), ": anything"},
		"KnownTime": {&waitError{after: time.Second, err: errInstanceUnknown}, errInstanceUnknown.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			p := s.newPass(&v1alpha1.ClerkUserAction{Spec: specOf(v1alpha1.ActionDisableMFA)})
			p.err = tc.err
			if v := s.judge(p); !v.unchanged {
				t.Errorf("said at once: %+v", v)
			}
			p.now = p.now.Add(reconcile.Impatience)
			v := s.judge(p)
			if v.unchanged || v.kind != v1alpha1.ConditionReconciling || v.reason != v1alpha1.ReasonRetrying || !strings.HasSuffix(v.message, tc.says) {
				t.Errorf("said was %+v", v)
			}
			if result := v.result(); result.Priority != nil {
				t.Errorf("the result is %+v", result)
			}
			p.err = nil
			s.judge(p)
			p.err = tc.err
			if v := s.judge(p); !v.unchanged {
				t.Errorf("a pass that went well in between does not count: %+v", v)
			}
		})
	}
	if result := waiting("R", "m", time.Hour).result(); result.RequeueAfter != time.Hour || *result.Priority != handler.LowPriority {
		t.Errorf("the result of waiting is %+v", result)
	}
}
