// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

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

// failedCall is the outcome of a reconciliation whose call was answered with an error, or with none.
// TestUserThatIsNotCachedYetIsNotReportedAsMissing is about a ClerkUser of the same apply.
func TestUserThatIsNotCachedYetIsNotReportedAsMissing(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		waited time.Duration
		silent bool
		after  time.Duration
	}{"AtFirst": {time.Second, true, 4 * time.Second}, "Later": {10 * time.Second, false, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := failedCall(v1alpha1.ClerkUserActionSpec{DisableMFA: &v1alpha1.NoParameters{}}, userNotFound("ann"))
			o.arrival = reconcile.Arrival{Now: start, Since: start.Add(-tc.waited), Window: reconcile.DefaultApplyWindow}
			if r := resultFor(o); r.Unchanged != tc.silent || r.RequeueAfter != tc.after || r.end != "" {
				t.Errorf("the result is %+v", r)
			}
		})
	}
}

func failedCall(spec v1alpha1.ClerkUserActionSpec, err error) *outcome {
	return &outcome{
		stored:     &v1alpha1.ClerkUserAction{Spec: spec},
		actionType: spec.ActionType(),
		now:        start,
		ended:      start,
		user: &v1alpha1.ClerkUser{Status: v1alpha1.ClerkUserStatus{
			UserID: "user_1", Instance: &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: "ins_1"},
		}},
		called: true,
		err:    err,
	}
}

// kindOf is the condition that a result turns True, apart from Stalled; "" is none.
func kindOf(r result) string {
	if r.Reconciling {
		return v1alpha1.ConditionReconciling
	}
	return r.end
}

func TestResult(t *testing.T) {
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
		"LostOnARepeat":     {v1alpha1.ActionVerifyTOTP, lost, true, failed, v1alpha1.ReasonOutcomeUnknown, "backup code", 0, false},
		"LostForAWhile":     {v1alpha1.ActionDisableMFA, lost, false, "", "", "", 0, false},
		"NotConnected":      {v1alpha1.ActionGetOAuthAccessToken, notConnected("oauth_x"), false, failed, v1alpha1.ReasonProviderNotConnected, "oauth_x", 0, false},
		"Ticket":            {v1alpha1.ActionDisableMFA, &clerk.WaitError{At: start.Add(3 * time.Second)}, false, reconciling, v1alpha1.ReasonWaiting, "API budget", 3 * time.Second, true},
		"TicketIsDue":       {v1alpha1.ActionDisableMFA, &clerk.WaitError{At: start}, false, reconciling, v1alpha1.ReasonWaiting, "API budget", time.Millisecond, true},
		"Throttled":         {v1alpha1.ActionDisableMFA, &clerk.Error{Status: 429, RetryAt: start.Add(time.Minute)}, false, reconciling, v1alpha1.ReasonWaiting, "API budget", time.Minute, true},
		"KeyRefused":        {v1alpha1.ActionDisableMFA, refusal(401, "clerk_key_invalid"), false, reconciling, v1alpha1.ReasonInstanceNotReady, "rejects its key", reconcile.RecheckInterval, true},
		"KeyRefusedBefore":  {v1alpha1.ActionDisableMFA, &clerk.KeyRefusedError{}, false, reconciling, v1alpha1.ReasonInstanceNotReady, "rejects its key", reconcile.RecheckInterval, true},
		"NotFound":          {v1alpha1.ActionDisableMFA, userNotFound("ann"), false, reconciling, v1alpha1.ReasonUserNotFound, "ann", 0, true},
		"SecretMissing": {
			v1alpha1.ActionVerifyTOTP, &source.MissingError{Reason: v1alpha1.ReasonSecretNotFound, Field: "spec.x", Problem: "is gone"},
			false, reconciling, v1alpha1.ReasonSecretNotFound, "spec.x: is gone", 2 * time.Second, true,
		},
		"Outdated":     {v1alpha1.ActionDisableMFA, reconcile.ErrOutdated, false, "", "", "", reconcile.ConflictPause, true},
		"Conflict":     {v1alpha1.ActionDisableMFA, apierrors.NewConflict(schema.GroupResource{}, "action", errors.New("x")), false, "", "", "", reconcile.ConflictPause, true},
		"Later":        {v1alpha1.ActionDisableMFA, &reconcile.WaitError{After: 7 * time.Second, Err: errUnderWay}, false, "", "", "", 7 * time.Second, true},
		"LockedAtWork": {v1alpha1.ActionVerifyTOTP, refusal(409, "resource_locked"), false, "", "", "", 0, true},
		"Unnamed":      {v1alpha1.ActionDisableMFA, errors.New("anything"), false, "", "", "", 0, true},
	}
	for name, tc := range tests {
		for _, wrapped := range []bool{false, true} {
			t.Run(fmt.Sprintf("%sWrapped%t", name, wrapped), func(t *testing.T) {
				t.Parallel()
				o := failedCall(specOf(tc.actionType), tc.err)
				o.repeats, o.began = tc.repeats, true
				if strings.HasPrefix(string(tc.actionType), "delete") {
					o.target = "idn_1"
				}
				if wrapped && o.err != nil {
					o.err = fmt.Errorf("calling: %w", o.err)
				}
				r := resultFor(o)
				if kindOf(r) != tc.kind || r.Reason != tc.reason || !strings.Contains(r.Message, tc.says) || r.RequeueAfter != tc.after {
					t.Errorf("the result is %+v", r)
				}
				if r.Unchanged != (tc.kind == "") || (r.Err != nil) != (tc.kind == "" && tc.after == 0) {
					t.Errorf("the result is %+v", r)
				}
				earlier := tc.repeats && tc.kind == failed && tc.reason != v1alpha1.ReasonOutcomeUnknown
				if strings.Contains(r.Message, "a call was made before") != earlier {
					t.Errorf("an earlier call is told of in %q, want it told: %t", r.Message, earlier)
				}
				if r.Stalled != (tc.kind == failed) {
					t.Errorf("stalled: %t", r.Stalled)
				}
				if r.takeBackStart != tc.takenBack {
					t.Errorf("the start is taken back: %t", r.takeBackStart)
				}
				o.began = false
				if resultFor(o).takeBackStart {
					t.Error("a start is taken back that was not written")
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
		"KnownTime": {&reconcile.WaitError{After: time.Second, Err: errInstanceUnknown}, errInstanceUnknown.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := failedCall(specOf(v1alpha1.ActionDisableMFA), tc.err)
			if r := resultFor(o); !r.Unchanged || r.Failures != reconcile.FailuresContinue {
				t.Errorf("said at once: %+v", r)
			}
			o.failingSince = start.Add(-reconcile.Impatience + time.Nanosecond)
			if r := resultFor(o); !r.Unchanged {
				t.Errorf("said too soon: %+v", r)
			}
			o.failingSince = start.Add(-reconcile.Impatience)
			r := resultFor(o)
			if r.Unchanged || !r.Reconciling || r.end != "" || r.Reason != v1alpha1.ReasonRetrying || !strings.HasSuffix(r.Message, tc.says) {
				t.Errorf("said was %+v", r)
			}
			if r.Priority != nil || r.Failures != reconcile.FailuresContinue {
				t.Errorf("the result is %+v", r)
			}
			o.err = nil
			if r := resultFor(o); r.Failures != reconcile.FailuresEnd {
				t.Errorf("a success does not end the failures: %+v", r)
			}
		})
	}
	if r := waiting("R", "m", time.Hour); r.RequeueAfter != time.Hour || *r.Priority != reconcile.PriorityLow {
		t.Errorf("the result of waiting is %+v", r)
	}
}

// TestWhatIsRememberedAfterAnOutcome begins with a state that a failure has left behind.
func TestWhatIsRememberedAfterAnOutcome(t *testing.T) {
	t.Parallel()
	former := &backOff{Delay: 8 * time.Second, Until: start}
	ended := start.Add(time.Second)
	waits := &clerk.WaitError{At: start.Add(3 * time.Second)}
	tests := map[string]struct {
		err       error
		began     bool
		called    bool
		want      *backOff
		tokenWait time.Time
		failures  reconcile.Failures
	}{
		"Done":            {nil, true, true, nil, time.Time{}, reconcile.FailuresEnd},
		"Token":           {waits, false, false, nil, start, reconcile.FailuresUnchanged},
		"Throttled":       {&clerk.Error{Status: 429, RetryAt: start.Add(time.Minute)}, true, true, nil, start, reconcile.FailuresUnchanged},
		"Problem":         {secretForbidden("out", nil), false, false, nil, time.Time{}, reconcile.FailuresEnd},
		"ProblemOfACall":  {secretForbidden("out", nil), true, true, &backOff{Delay: reconcile.RecheckInterval, Until: ended.Add(reconcile.RecheckInterval)}, time.Time{}, reconcile.FailuresEnd},
		"FinalOfACall":    {notConnected("oauth_x"), true, true, nil, time.Time{}, reconcile.FailuresEnd},
		"Outdated":        {reconcile.ErrOutdated, false, false, former, time.Time{}, reconcile.FailuresUnchanged},
		"KnownTime":       {&reconcile.WaitError{After: time.Second, Err: errUnderWay}, false, false, former, time.Time{}, reconcile.FailuresContinue},
		"Unnamed":         {errors.New("anything"), false, false, &backOff{Delay: 16 * time.Second, Until: ended.Add(16 * time.Second)}, time.Time{}, reconcile.FailuresContinue},
		"UnnamedOfACall":  {errors.New("anything"), true, true, &backOff{Delay: 16 * time.Second, Until: ended.Add(16 * time.Second)}, time.Time{}, reconcile.FailuresContinue},
		"ServerErrorOfIt": {refusal(500, ""), true, true, &backOff{Delay: 16 * time.Second, Until: ended.Add(16 * time.Second)}, time.Time{}, reconcile.FailuresContinue},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := failedCall(specOf(v1alpha1.ActionDisableMFA), tc.err)
			o.began, o.called, o.ended = tc.began, tc.called, ended
			o.state = objectState{backOff: former, tokenWait: start, missed: start}
			r := resultFor(o)
			want := objectState{backOff: tc.want, tokenWait: tc.tokenWait, missed: start, called: tc.called}
			if diff := cmp.Diff(want, r.state, cmp.AllowUnexported(objectState{})); diff != "" {
				t.Errorf("the state (-want +got):\n%s", diff)
			}
			if r.Failures != tc.failures {
				t.Errorf("failures: %d, want %d", r.Failures, tc.failures)
			}
			o.called, o.state.called = false, true
			if !resultFor(o).state.called {
				t.Error("that a call of this process has ended is forgotten")
			}
		})
	}
}

// TestRefusedKeyIsToBeChecked names the ClerkInstance through which the user is bound.
func TestRefusedKeyIsToBeChecked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want types.NamespacedName
	}{
		"Refused":       {refusal(401, "clerk_key_invalid"), types.NamespacedName{Namespace: testNamespace, Name: "default"}},
		"RefusedBefore": {&clerk.KeyRefusedError{}, types.NamespacedName{Namespace: testNamespace, Name: "default"}},
		"Forbidden":     {refusal(403, "feature_not_enabled"), types.NamespacedName{}},
		"Done":          {nil, types.NamespacedName{}},
	} {
		if got := resultFor(failedCall(specOf(v1alpha1.ActionDisableMFA), tc.err)).checkKey; got != tc.want {
			t.Errorf("%s: the key of %s is to be checked, want %s", name, got, tc.want)
		}
	}
}

// TestLagDecidesWhatANotFoundMeans has Clerk answer 404 to calls on users that were written to a moment ago.
func TestLagDecidesWhatANotFoundMeans(t *testing.T) {
	t.Parallel()
	notFound := refusal(404, "resource_not_found")
	for name, tc := range map[string]struct {
		actionType v1alpha1.ActionType
		lag        time.Duration
		created    time.Duration
		end        string
	}{
		"UserThatLags":         {v1alpha1.ActionRemovePassword, time.Second, 0, ""},
		"UserThatDoesNot":      {v1alpha1.ActionRemovePassword, 0, 0, v1alpha1.ConditionFailed},
		"PartThatLags":         {v1alpha1.ActionDeletePasskey, time.Second, 0, ""},
		"PartThatDoesNot":      {v1alpha1.ActionDeletePasskey, 0, 0, v1alpha1.ConditionFailed},
		"PartOfAnOlderRequest": {v1alpha1.ActionDeletePasskey, time.Second, clerk.LagTime, v1alpha1.ConditionFailed},
	} {
		o := failedCall(specOf(tc.actionType), notFound)
		o.stored.CreationTimestamp = metav1.NewTime(start.Add(-tc.created))
		o.lag = tc.lag
		if tc.actionType == v1alpha1.ActionDeletePasskey {
			o.target = "idn_1"
		}
		if r := resultFor(o); r.end != tc.end || r.Unchanged != (tc.end == "") {
			t.Errorf("%s: the result is %+v", name, r)
		}
		o.called = false
		if r := resultFor(o); r.end == v1alpha1.ConditionFailed && r.Reason == v1alpha1.ReasonMissing {
			t.Errorf("%s: a read that found nothing ends the action: %+v", name, r)
		}
	}
}

// TestUserWithoutAFactorHasNoneToRemove covers what each action removes.
func TestUserWithoutAFactorHasNoneToRemove(t *testing.T) {
	t.Parallel()
	totp, codes, factor := &clerk.User{TOTPEnabled: true}, &clerk.User{BackupCodeEnabled: true}, &clerk.User{TwoFactorEnabled: true}
	for name, tc := range map[string]struct {
		actionType v1alpha1.ActionType
		user       *clerk.User
		want       bool
	}{
		"NotObserved":       {v1alpha1.ActionDisableMFA, nil, false},
		"Nothing":           {v1alpha1.ActionDisableMFA, &clerk.User{}, true},
		"AnyFactor":         {v1alpha1.ActionDisableMFA, factor, false},
		"Authenticator":     {v1alpha1.ActionDisableMFA, totp, false},
		"Codes":             {v1alpha1.ActionDisableMFA, codes, false},
		"NoAuthenticator":   {v1alpha1.ActionDeleteTOTP, codes, true},
		"OwnAuthenticator":  {v1alpha1.ActionDeleteTOTP, totp, false},
		"NoCodes":           {v1alpha1.ActionDeleteBackupCodes, totp, true},
		"OwnCodes":          {v1alpha1.ActionDeleteBackupCodes, codes, false},
		"NotAboutAnyFactor": {v1alpha1.ActionRemovePassword, &clerk.User{}, false},
	} {
		o := failedCall(specOf(tc.actionType), refusal(404, "resource_not_found"))
		o.observed = tc.user
		r := resultFor(o)
		if (r.end == v1alpha1.ConditionComplete) != tc.want {
			t.Errorf("%s: the result is %+v", name, r)
		}
		if tc.want && !strings.Contains(r.Message, string(tc.actionType)) {
			t.Errorf("%s: the message is %q", name, r.Message)
		}
	}
}

// TestStatusThatWasNotWrittenComesFirst checks that nothing else is made of an outcome then.
func TestStatusThatWasNotWrittenComesFirst(t *testing.T) {
	t.Parallel()
	o := failedCall(specOf(v1alpha1.ActionDisableMFA), nil)
	o.called, o.state = false, objectState{unwritten: &v1alpha1.ClerkUserActionStatus{}, tokenWait: start}
	want := result{Result: reconcile.Result{Unchanged: true, RequeueAfter: reconcile.ConflictPause}, state: o.state}
	if got := resultFor(o); got.end != want.end || got.state != want.state || got.Result != want.Result {
		t.Errorf("the result is %+v, want %+v", got, want)
	}
}

func TestAnswersAreSaid(t *testing.T) {
	t.Parallel()
	o := failedCall(specOf(v1alpha1.ActionVerifyPassword), nil)
	o.answer.message = "the password is the user's"
	if r := resultFor(o); r.end != v1alpha1.ConditionComplete || r.Message != o.answer.message || r.Reason != v1alpha1.ReasonCarriedOut {
		t.Errorf("the result is %+v", r)
	}
}
