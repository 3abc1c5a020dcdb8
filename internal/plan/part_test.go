// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestPathOfAPart(t *testing.T) {
	t.Parallel()
	spec := emails(email("a@x.io"), email("B@x.io"))
	spec.PhoneNumbers = []v1alpha1.PhoneNumber{{Number: "+15555550100"}}
	d := mustDesire(t, spec, v1alpha1.Applied{})
	for want, part := range map[string]plan.Part{
		"spec.emailAddresses[0]": {Field: "emailAddresses", Entry: "a@x.io"},
		"spec.emailAddresses[1]": {Field: "emailAddresses", Entry: "b@x.io"},
		"spec.emailAddresses":    {Field: "emailAddresses", Entry: "gone@x.io"},
		"spec.phoneNumbers[0]":   {Field: "phoneNumbers", Entry: "+15555550100"},
		"spec.phoneNumbers":      {Field: "phoneNumbers"},
		"spec.username":          {Field: "username"},
	} {
		if got := d.Path(part); got != want {
			t.Errorf("the path of %v is %s, want %s", part, got, want)
		}
	}
}

func TestRepeatedFields(t *testing.T) {
	t.Parallel()
	names := plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada"), Locale: new("de")}}
	verify := plan.UpdatePhoneNumber{ID: "idn", Number: "+1", Params: clerk.UpdatePhoneNumberParams{Verified: new(true)}}
	verifyToo := plan.UpdatePhoneNumber{ID: "idn", Number: "+1", Params: clerk.UpdatePhoneNumberParams{Verified: new(true)}}
	second := plan.UpdatePhoneNumber{ID: "idn", Number: "+1", Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(true)}}
	for name, tc := range map[string]struct {
		did, later []plan.Change
		want       []string
	}{
		"Nothing":                   {[]plan.Change{names}, nil, nil},
		"OneFieldOfTwo":             {[]plan.Change{names}, []plan.Change{plan.Update{Params: clerk.UpdateUserParams{Locale: new("de")}}}, []string{"locale"}},
		"AnotherCallForTheField":    {[]plan.Change{plan.Ban{}}, []plan.Change{plan.Unban{}}, nil},
		"TheSameCallForAnEntry":     {[]plan.Change{verify}, []plan.Change{verifyToo}, []string{"phoneNumbers"}},
		"AnotherCallForTheEntry":    {[]plan.Change{verify}, []plan.Change{second}, nil},
		"OnlyTheMarkIsNoFieldAtAll": {[]plan.Change{plan.MergeMetadata{}}, []plan.Change{plan.MergeMetadata{}}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, plan.Repeated(tc.did, tc.later)); diff != "" {
				t.Errorf("repeated (-want +got):\n%s", diff)
			}
		})
	}
}
