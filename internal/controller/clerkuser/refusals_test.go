// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestRefusalsBackOff(t *testing.T) {
	t.Parallel()
	name, address := plan.Part{Field: "username"}, plan.Part{Field: "emailAddresses", Entry: "a@x.io"}
	under := backOffInputs{generation: 1}
	f := newFieldState(1, "")
	if len(f.inBackOff(under, start)) != 0 {
		t.Error("a part that was never refused is in back-off")
	}
	refused := &clerk.Error{Status: 422, Code: "form_param_value_invalid"}
	now := start
	for _, pause := range []time.Duration{firstDelay, 2 * firstDelay, 4 * firstDelay} {
		f.refuse(name, refused, under, now)
		if diff := cmp.Diff(map[plan.Part]bool{name: true}, f.inBackOff(under, now.Add(pause-time.Nanosecond))); diff != "" {
			t.Errorf("in back-off (-want +got):\n%s", diff)
		}
		if now = now.Add(pause); len(f.inBackOff(under, now)) != 0 {
			t.Errorf("it is still in back-off after %s", pause)
		}
	}
	f.refuse(address, refused, under, now)
	f.refuse(name, refused, backOffInputs{generation: 1, requestedAt: "now"}, now)
	if diff := cmp.Diff(map[plan.Part]bool{address: true}, f.inBackOff(under, now)); diff != "" {
		t.Errorf("in back-off with the former inputs (-want +got):\n%s", diff)
	}
	if until := f.refusals[name].backOff.Until; !until.Equal(now.Add(firstDelay)) {
		t.Errorf("with new inputs it is in back-off until %s", until)
	}
}

func TestRefusalsThatNoLongerMatterAreForgotten(t *testing.T) {
	t.Parallel()
	d, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{
		EmailAddresses: []v1alpha1.EmailAddress{{Address: "a@x.io"}, {Address: "b@x.io"}},
	}, plan.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	taken := &clerk.Error{Status: 422, Code: "form_identifier_exists"}
	f := newFieldState(1, "")
	for _, part := range []plan.Part{{Field: "emailAddresses", Entry: "b@x.io"}, {Field: "emailAddresses", Entry: "a@x.io"}, {Field: "username"}} {
		f.refuse(part, taken, backOffInputs{}, time.Time{})
	}
	todo := []plan.Change{
		plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: "a@x.io"}},
		plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: "b@x.io"}},
	}
	var paths []string
	for _, part := range f.refused(todo, d) {
		paths = append(paths, part.path)
	}
	if diff := cmp.Diff([]string{"spec.emailAddresses[0]", "spec.emailAddresses[1]"}, paths); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if len(f.refusals) != 2 {
		t.Errorf("what is no longer planned is still remembered: %v", f.refusals)
	}
}

func TestRefusedParts(t *testing.T) {
	t.Parallel()
	update := plan.Update{Params: clerk.UpdateUserParams{Username: ptr.To("a"), FirstName: ptr.To("b"), Password: ptr.To(clerk.NewSecret("c"))}}
	refuse := func(param string) error {
		return fmt.Errorf("x: %w", &clerk.Error{Status: 422, Code: "form_param_value_invalid", Param: param})
	}
	for name, tc := range map[string]struct {
		change  plan.Change
		err     error
		refused bool
		parts   []string
		single  bool
	}{
		"TheFieldThatIsNamed":        {update, refuse("username"), true, []string{"username"}, false},
		"TwoFieldsThatAreNamed":      {update, refuse("username,first_name"), true, []string{"firstName", "username"}, false},
		"APartOfAField":              {update, refuse("skip_password_checks"), true, []string{"password"}, false},
		"NoneIsNamed":                {update, refuse(""), true, nil, true},
		"AnotherIsNamed":             {update, refuse("locale"), true, nil, true},
		"OneFieldNeedsNoName":        {plan.SetProfileImage{}, refuse(""), true, []string{"profileImage"}, false},
		"OneFieldWithAnUnknownName":  {plan.SetProfileImage{}, refuse("nonsense"), true, []string{"profileImage"}, false},
		"TheMarkAlone":               {plan.MergeMetadata{}, refuse(""), false, nil, false},
		"WhatPassesIsNoRefusal":      {update, &clerk.Error{Status: 503}, false, nil, false},
		"NoAnswerIsNoRefusal":        {update, errors.New("connection reset"), false, nil, false},
		"ARefusedKeyIsNotTheField's": {update, &clerk.Error{Status: 401, Param: "username"}, false, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			if got := rec.refuse(tc.change, rec.now, tc.err); got != tc.refused || rec.refusals > 0 != tc.refused {
				t.Errorf("refused: %t, counted %d, want %t", got, rec.refusals, tc.refused)
			}
			var parts []string
			for part := range rec.fields().refusals {
				parts = append(parts, part.Field)
			}
			if diff := cmp.Diff(tc.parts, parts, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if rec.fields().single != tc.single {
				t.Errorf("the next plan divides its calls: %t, want %t", rec.fields().single, tc.single)
			}
		})
	}
}

func TestWhatIsUnfinished(t *testing.T) {
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

func TestRetryOfWhatWasRefused(t *testing.T) {
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

func TestFreedIdentifierIsAskedForAgain(t *testing.T) {
	t.Parallel()
	address := clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "a@x.io"}
	taken, image := plan.Part{Field: "emailAddresses", Entry: "a@x.io"}, plan.Part{Field: "profileImage"}
	objects := newObjectStates()
	state := objects.begin("ann")
	f := state.fieldsOf(1, "")
	for range 3 {
		f.refuse(taken, &clerk.Error{}, backOffInputs{}, start)
	}
	f.refuse(image, &clerk.Error{}, backOffInputs{}, start)
	state.backOff = state.backOff.Next(reconcile.AfterLastingFailures(), backOffInputs{}, errAmbiguous, start)
	objects.begin("ann")
	if state.backOff.Left(backOffInputs{}, start) == 0 || len(f.inBackOff(backOffInputs{}, start)) != 2 {
		t.Error("what was refused is tried again although nothing has changed")
	}
	objects.notify("ann", func(m *notifications) { m.freed = append(m.freed, address) })
	objects.begin("ann")
	if state.backOff.Left(backOffInputs{}, start) != 0 {
		t.Error("an object without a user is still in back-off")
	}
	if diff := cmp.Diff(map[plan.Part]bool{image: true}, f.inBackOff(backOffInputs{}, start)); diff != "" {
		t.Errorf("still in back-off (-want +got):\n%s", diff)
	}
	if delay := f.refusals[taken].backOff.Delay; delay != 4*firstDelay {
		t.Errorf("the last delay is %s, want that of the attempts that were made", delay)
	}
}
