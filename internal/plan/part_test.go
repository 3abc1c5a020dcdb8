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

func TestFreedAndClaimedIdentifiers(t *testing.T) {
	t.Parallel()
	u := ada(named("Ada"), hasPhone(clerk.Verified, false), func(u *clerk.User) {
		u.ExternalID = "E"
		u.Web3Wallets = []clerk.Web3Wallet{{Address: "0xAB"}}
	})
	address := clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ada@x.io"}
	number := clerk.Identifier{Kind: clerk.KindPhoneNumber, Value: "+15555550100"}
	username := clerk.Identifier{Kind: clerk.KindUsername, Value: "ada"}
	external := clerk.Identifier{Kind: clerk.KindExternalID, Value: "E"}
	update := func(username, externalID *string) plan.Change {
		return plan.Update{Params: clerk.UpdateUserParams{Username: username, ExternalID: externalID}}
	}
	for name, tc := range map[string]struct {
		change         plan.Change
		freed, claimed []clerk.Identifier
	}{
		"AddressAdded": {
			change:  plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: address.Value}},
			claimed: []clerk.Identifier{address},
		},
		"NumberAdded": {
			change:  plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{Number: number.Value}},
			claimed: []clerk.Identifier{number},
		},
		"AddressRemoved": {change: plan.DeleteEmailAddress{Contact: plan.Contact{Value: address.Value}}, freed: []clerk.Identifier{address}},
		"NumberRemoved":  {change: plan.DeletePhoneNumber{Contact: plan.Contact{Value: number.Value}}, freed: []clerk.Identifier{number}},
		"NamesChanged": {
			change: update(new("eve"), new("F")), freed: []clerk.Identifier{username, external},
			claimed: []clerk.Identifier{
				{Kind: clerk.KindUsername, Value: "eve"}, {Kind: clerk.KindExternalID, Value: "F"},
			},
		},
		"NamesCleared":   {change: update(new(""), new("")), freed: []clerk.Identifier{username, external}},
		"NamesUntouched": {change: plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada")}}},
		"Banned":         {change: plan.Ban{}},
		"Deleted": {
			change: plan.Delete{},
			freed:  []clerk.Identifier{external, username, address, number, {Kind: clerk.KindWeb3Wallet, Value: "0xab"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.freed, plan.Freed(tc.change, u)); diff != "" {
				t.Errorf("freed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.claimed, plan.Claimed(tc.change)); diff != "" {
				t.Errorf("claimed (-want +got):\n%s", diff)
			}
		})
	}
	if freed := plan.Freed(plan.Delete{}, &clerk.User{}); freed != nil {
		t.Errorf("a user without identifiers frees %v", freed)
	}
}

func TestRepeatedFields(t *testing.T) {
	t.Parallel()
	names := plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada"), Locale: new("de")}}
	verify := plan.UpdatePhoneNumber{Contact: plan.Contact{ID: "idn", Value: "+1"}, Params: clerk.UpdatePhoneNumberParams{Verified: new(true)}}
	verifyToo := plan.UpdatePhoneNumber{Contact: plan.Contact{ID: "idn", Value: "+1"}, Params: clerk.UpdatePhoneNumberParams{Verified: new(true)}}
	second := plan.UpdatePhoneNumber{Contact: plan.Contact{ID: "idn", Value: "+1"}, Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(true)}}
	for name, tc := range map[string]struct {
		did, later []plan.Change
		want       []plan.Part
	}{
		"Nothing":                   {[]plan.Change{names}, nil, nil},
		"OneFieldOfTwo":             {[]plan.Change{names}, []plan.Change{plan.Update{Params: clerk.UpdateUserParams{Locale: new("de")}}}, []plan.Part{{Field: "locale"}}},
		"AnotherCallForTheField":    {[]plan.Change{plan.Ban{}}, []plan.Change{plan.Unban{}}, nil},
		"TheSameCallForAnEntry":     {[]plan.Change{verify}, []plan.Change{verifyToo}, []plan.Part{{Field: "phoneNumbers", Entry: "+1"}}},
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

func TestClaimedIdentifiers(t *testing.T) {
	t.Parallel()
	parts := map[clerk.IdentifierKind]plan.Part{
		clerk.KindEmailAddress: {Field: "emailAddresses", Entry: "v"},
		clerk.KindPhoneNumber:  {Field: "phoneNumbers", Entry: "v"},
		clerk.KindUsername:     {Field: "username"},
		clerk.KindExternalID:   {Field: "externalID"},
	}
	for kind, part := range parts {
		for other := range parts {
			if got := part.Claims(clerk.Identifier{Kind: other, Value: "v"}); got != (other == kind) {
				t.Errorf("%s claims an identifier of kind %s: %t", part, other, got)
			}
		}
	}
	for _, part := range []plan.Part{{Field: "emailAddresses", Entry: "w"}, {Field: "phoneNumbers"}, {Field: "banned"}} {
		for kind := range parts {
			if part.Claims(clerk.Identifier{Kind: kind, Value: "v"}) {
				t.Errorf("%+q claims another's %s", part.Entry, kind)
			}
		}
	}
}

func TestContains(t *testing.T) {
	t.Parallel()
	names := plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada")}}
	changes := []plan.Change{plan.Ban{}, names}
	if !plan.Contains(changes, plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada")}}) || !plan.Contains(changes, plan.Ban{}) {
		t.Error("what is there is not found")
	}
	if plan.Contains(changes, plan.Lock{}) || plan.Contains(changes, plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Eve")}}) {
		t.Error("what is not there is found")
	}
}
