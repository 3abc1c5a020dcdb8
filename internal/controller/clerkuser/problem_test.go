// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestProblemsNameTheRemedy(t *testing.T) {
	t.Parallel()
	for _, err := range []error{errNoIdentifier, errAlreadyExists, errAmbiguous, adoptionDenied(newTestInstance()), conflict("bob")} {
		found, ok := errors.AsType[*reconcile.Problem](err)
		if !ok || found.Reason == "" || !found.Stalled || found.Error() != found.Message {
			t.Errorf("%v is no problem that somebody has to solve", err)
		}
	}
	if text := errAlreadyExists.Error(); strings.Contains(text, testNamespace) || strings.Contains(text, "user_") {
		t.Errorf("the common text shows who manages the user: %s", text)
	}
	if wait := (&reconcile.WaitError{After: time.Second, Err: errNotVisibleYet}); wait.Error() != errNotVisibleYet.Error() || !errors.Is(wait, errNotVisibleYet) {
		t.Errorf("waiting for %v reads %q", errNotVisibleYet, wait.Error())
	}
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	if err := (&unfinished{}).orNil(); err != nil {
		t.Errorf("with nothing left there is an error: %v", err)
	}
	part := func(path, code, param string) refusedPart {
		return refusedPart{path: path, refusal: refusal{err: &clerk.Error{Status: 422, Code: code, Param: param}}}
	}
	absent := &source.MissingError{Reason: v1alpha1.ReasonSecretNotFound, Field: "spec.password", Problem: "gone"}
	unreachable := []plan.InvalidError{{Field: "spec.username", Problem: "is the last"}}
	for name, tc := range map[string]struct {
		open    unfinished
		reason  string
		stalled bool
		says    []string
	}{
		"Refused": {
			unfinished{refused: []refusedPart{part("spec.username", "form_username_invalid_length", "username"), part("spec.password", "form_password_pwned", "skip_password_checks")}},
			v1alpha1.ReasonRejectedByClerk, true, []string{"spec.username: ", "spec.password.skipChecks: "},
		},
		"RefusedAndMissing": {
			unfinished{refused: []refusedPart{part("spec.username", "form_username_invalid_length", "username")}, sourcesErr: absent},
			v1alpha1.ReasonRejectedByClerk, true, []string{"spec.username: ", "spec.password: gone"},
		},
		"Unreachable":      {unfinished{unreachable: unreachable, notKept: []string{"locale"}}, v1alpha1.ReasonInvalidSpec, true, []string{"spec.username: is the last", "locale"}},
		"Missing":          {unfinished{sourcesErr: absent, notKept: []string{"locale"}}, v1alpha1.ReasonSecretNotFound, false, []string{"spec.password: gone", "locale"}},
		"InvalidSource":    {unfinished{sourcesErr: &unreachable[0]}, v1alpha1.ReasonInvalidSpec, true, []string{"spec.username: is the last"}},
		"NotKept":          {unfinished{notKept: []string{"locale"}}, v1alpha1.ReasonNotKept, true, []string{"locale"}},
		"TakenByAnother":   {unfinished{refused: []refusedPart{part("spec.emailAddresses[0]", "form_identifier_exists", "email_address")}}, v1alpha1.ReasonRejectedByClerk, true, []string{takenRemedy}},
		"SaidOnceOnly":     {unfinished{refused: []refusedPart{part("spec.emailAddresses", "a_code", ""), part("spec.emailAddresses", "a_code", "")}}, v1alpha1.ReasonRejectedByClerk, true, []string{"a_code"}},
		"RefusedAndNotYet": {unfinished{refused: []refusedPart{part("spec.locale", "a_code", "")}, unreachable: unreachable}, v1alpha1.ReasonRejectedByClerk, true, []string{"spec.locale", "spec.username"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.open.orNil() == nil {
				t.Fatal("nothing is left")
			}
			if got := tc.open.reason(); got != tc.reason || tc.open.stalled() != tc.stalled {
				t.Errorf("reason %s, stalled %t, want %s, %t", got, tc.open.stalled(), tc.reason, tc.stalled)
			}
			message := tc.open.Error()
			for _, part := range tc.says {
				if strings.Count(message, part) != 1 {
					t.Errorf("%q does not name %q once", message, part)
				}
			}
			if strings.Contains(message, "spec.userID") {
				t.Errorf("the message tells an object with a user to adopt another: %q", message)
			}
		})
	}
}

func TestUnfinishedRetryAfter(t *testing.T) {
	t.Parallel()
	at := func(minutes int) refusedPart {
		return refusedPart{refusal: refusal{backOff: &backOff{Until: start.Add(time.Duration(minutes) * time.Minute)}}}
	}
	if got := (&unfinished{}).retryAfter(start); got != 0 {
		t.Errorf("with nothing refused it is tried again in %s", got)
	}
	// What is due and was not sent waits for something else.
	open := &unfinished{refused: []refusedPart{at(5), at(-3), at(3), at(0), at(9)}}
	if got := open.retryAfter(start); got != 3*time.Minute {
		t.Errorf("it is tried again in %s, want when the first is due", got)
	}
}
