// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestSpecsThatAreRefused(t *testing.T) {
	t.Parallel()
	private := func(text string) v1alpha1.ClerkUserSpec { return v1alpha1.ClerkUserSpec{PrivateMetadata: raw(text)} }
	room := 8192 - len(`{"x":"",`) - len(owner) - len(`}`)
	tests := map[string]struct {
		spec v1alpha1.ClerkUserSpec
		// field is "" for a spec that is accepted.
		field string
		// remedy is part of what is said.
		remedy string
	}{
		"AListIsNoMetadata":      {public(`[1]`), "spec.publicMetadata", "write keys and values"},
		"NullIsNoMetadata":       {public(`null`), "spec.publicMetadata", "write keys and values"},
		"NothingIsNoMetadata":    {public(``), "spec.publicMetadata", "write keys and values"},
		"HalfAnObjectIsNone":     {public(`{"a":1`), "spec.publicMetadata", "write keys and values"},
		"MoreThanAnObjectIsNone": {public(`{} {}`), "spec.publicMetadata", "write keys and values"},
		"AnEmptyObjectIsFine":    {public(`{}`), "", ""},
		"EachFieldIsNamed":       {v1alpha1.ClerkUserSpec{UnsafeMetadata: raw(`1`)}, "spec.unsafeMetadata", "write keys"},

		"NullCannotBeMerged":           {public(`{"a":null}`), "spec.publicMetadata.a", "to remove a key, drop it"},
		"NorBelow":                     {public(`{"a":{"b c":null}}`), `spec.publicMetadata.a["b c"]`, "drop it"},
		"NorInAList":                   {public(`{"roles":["x",{},null]}`), "spec.publicMetadata.roles[2]", "drop it"},
		"TheFirstProblemInOrderIsSaid": {public(`{"b":null,"a":null}`), "spec.publicMetadata.a", "drop it"},

		"OurKeysAreReserved":        {private(`{"clerk-operator.io/owner":"x"}`), `spec.privateMetadata["clerk-operator.io/owner"]`, "another key"},
		"InEveryField":              {public(`{"clerk-operator.io/x":1}`), `spec.publicMetadata["clerk-operator.io/x"]`, "another key"},
		"BelowTheyAreJustKeys":      {public(`{"a":{"clerk-operator.io/x":1}}`), "", ""},
		"OtherDomainsAreFine":       {public(`{"clerk-operator.iox":1}`), "", ""},
		"LargeIntegersLoseDigits":   {public(`{"id":9007199254740993}`), "spec.publicMetadata.id", "put it in quotes"},
		"SoDoLargeNegativeIntegers": {public(`{"id":[-9007199254740993]}`), "spec.publicMetadata.id[0]", "put it in quotes"},
		"EvenLargerOnesToo":         {public(`{"id":123456789012345678901234567890}`), "spec.publicMetadata.id", "put it in quotes"},
		"UpToThereTheyDoNot":        {public(`{"id":9007199254740992,"n":-9007199254740992}`), "", ""},
		"LargeFractionsAreFine":     {public(`{"x":1.5e300}`), "", ""},
		"NumbersBeyondAllAreNot":    {public(`{"x":1e999}`), "spec.publicMetadata.x", "put it in quotes"},

		"ThirtyTwoLevelsAreFine": {public(strings.Repeat(`{"a":`, 31) + `1` + strings.Repeat(`}`, 31)), "", ""},
		"MoreAreNot": {
			public(strings.Repeat(`{"a":`, 32) + `1` + strings.Repeat(`}`, 32)),
			"spec.publicMetadata" + strings.Repeat(".a", 32), "flatten it",
		},
		"Clerks8KBAreFine":         {public(`{"x":"` + strings.Repeat("<", 8192-len(`{"x":""}`)) + `"}`), "", ""},
		"MoreIsTooMuch":            {public(`{"x":"` + strings.Repeat("x", 8193-len(`{"x":""}`)) + `"}`), "spec.publicMetadata", "has 8193 bytes of JSON; Clerk accepts 8192; make"},
		"BlanksDoNotCount":         {public(`{` + strings.Repeat(" ", 9000) + `}`), "", ""},
		"TheMarkNeedsRoom":         {private(`{"x":"` + strings.Repeat("x", room+1) + `"}`), "spec.privateMetadata", "has, with the owner mark, 8193 bytes"},
		"TheMarkNeedsThatRoomOnly": {private(`{"x":"` + strings.Repeat("x", room) + `"}`), "", ""},

		"AddressesDifferInMoreThanCase": {emails(email("A@x.io"), email("a@x.io")), "spec.emailAddresses[1]", "remove one"},
		"OneAddressIsPrimary": {
			emails(email("a@x.io", primaryEmail), email("b@x.io"), email("c@x.io", primaryEmail)),
			"spec.emailAddresses[2].primary", "at most one",
		},
		"ASecondFactorIsVerified": {
			phone(second(true), func(n *v1alpha1.PhoneNumber) { n.Status = new(v1alpha1.IdentifierReserved) }),
			"spec.phoneNumbers[0].reservedForSecondFactor", "status: Verified",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := plan.FromSpec(&tt.spec, plan.Inputs{Mark: mark})
			if tt.field == "" {
				if err != nil || d == nil {
					t.Fatalf("refused: %v", err)
				}
				return
			}
			invalid, ok := errors.AsType[*plan.InvalidError](err)
			if !ok || d != nil {
				t.Fatalf("got %v and %v, want nil and an InvalidError", d, err)
			}
			if invalid.Field != tt.field || !strings.Contains(invalid.Problem, tt.remedy) {
				t.Errorf("got %q, want field %q and %q", invalid, tt.field, tt.remedy)
			}
			if !strings.HasPrefix(err.Error(), tt.field+": ") {
				t.Errorf("the text %q does not name the field", err)
			}
		})
	}
}

func TestDesiredSharesNoMemory(t *testing.T) {
	t.Parallel()
	spec := v1alpha1.ClerkUserSpec{FirstName: new("Ada"), PublicMetadata: raw(`{"a":{"b":[1]}}`)}
	d, err := plan.FromSpec(&spec, plan.Inputs{Mark: mark})
	if err != nil {
		t.Fatal(err)
	}
	*spec.FirstName = "Eve"
	copy(spec.PublicMetadata.Raw, `{"x"`)
	create := plan.For(d, nil)[0].(plan.Create)
	*create.Params.FirstName = "Eve"
	create.Params.PublicMetadata["a"].(map[string]any)["b"].([]any)[0] = "eve"
	update := plan.For(d, ada())
	want := []string{`MergeMetadata Public={"a":{"b":[1]}}`, `Update FirstName="Ada"`}
	if got := render(update); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", got, want)
	}
}
