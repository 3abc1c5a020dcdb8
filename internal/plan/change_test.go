// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestChangesNameTheirFields(t *testing.T) {
	t.Parallel()
	private := clerk.Metadata{v1alpha1.OwnerKey: mark.String(), "b": leakMarker}
	for text, change := range map[string]plan.Change{
		"create (ownerMark, username)": plan.Create{Params: clerk.CreateUserParams{
			Username: new(leakMarker), PrivateMetadata: clerk.Metadata{v1alpha1.OwnerKey: mark.String()},
		}},
		"ban (banned)":                                  plan.Ban{},
		"unban (banned)":                                plan.Unban{},
		"lock (locked)":                                 plan.Lock{},
		"unlock (locked)":                               plan.Unlock{},
		"update (emailAddresses)":                       plan.Update{Params: clerk.UpdateUserParams{PrimaryEmailAddressID: new(leakMarker)}},
		"update (firstName, lastName)":                  plan.Update{Params: clerk.UpdateUserParams{LastName: new(leakMarker), FirstName: new(leakMarker)}},
		"merge metadata (ownerMark)":                    plan.MergeMetadata{Params: clerk.MetadataParams{Private: clerk.Metadata{v1alpha1.OwnerKey: nil}}},
		"merge metadata (ownerMark, privateMetadata)":   plan.MergeMetadata{Params: clerk.MetadataParams{Private: private}},
		"merge metadata (privateMetadata)":              plan.MergeMetadata{Params: clerk.MetadataParams{Private: clerk.Metadata{"b": nil}}},
		"merge metadata (publicMetadata)":               plan.MergeMetadata{Params: clerk.MetadataParams{Public: clerk.Metadata{"b": nil}}},
		"replace metadata (privateMetadata)":            plan.ReplaceMetadata{Params: clerk.MetadataParams{Private: private}},
		"replace metadata (ownerMark, privateMetadata)": plan.ReplaceMetadata{Params: clerk.MetadataParams{Private: private}, NewMark: true},
		"replace metadata (unsafeMetadata)":             plan.ReplaceMetadata{Params: clerk.MetadataParams{Unsafe: clerk.Metadata{}}},
		"add email address (emailAddresses)":            plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: leakMarker}},
		"update email address (emailAddresses)":         plan.UpdateEmailAddress{Contact: plan.Contact{Value: leakMarker}},
		"delete email address (emailAddresses)":         plan.DeleteEmailAddress{Contact: plan.Contact{Value: leakMarker}},
		"add phone number (phoneNumbers)":               plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{Number: leakMarker}},
		"update phone number (phoneNumbers)":            plan.UpdatePhoneNumber{Contact: plan.Contact{Value: leakMarker}},
		"delete phone number (phoneNumbers)":            plan.DeletePhoneNumber{Contact: plan.Contact{Value: leakMarker}},
		"delete (deletionPolicy)":                       plan.Delete{},
	} {
		if got := change.String(); got != text {
			t.Errorf("String() = %q, want %q", got, text)
		}
		if got := fmt.Sprintf("%+v", change); got != text {
			t.Errorf("%%+v prints %q, want %q", got, text)
		}
	}
}

func TestFieldsOfAPlan(t *testing.T) {
	t.Parallel()
	got := plan.Fields([]plan.Change{
		plan.Unlock{}, plan.Ban{}, plan.Lock{}, plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada")}},
	})
	if diff := cmp.Diff([]string{"banned", "firstName", "locked"}, got); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestFingerprints(t *testing.T) {
	t.Parallel()
	edits := map[string]func(*clerk.User){
		plan.FieldExternalID:                func(u *clerk.User) { u.ExternalID = "x" },
		plan.FieldUsername:                  func(u *clerk.User) { u.Username = "x" },
		plan.FieldFirstName:                 func(u *clerk.User) { u.FirstName = "x" },
		plan.FieldLastName:                  func(u *clerk.User) { u.LastName = "x" },
		plan.FieldLocale:                    func(u *clerk.User) { u.Locale = "x" },
		plan.FieldEmailAddresses:            func(u *clerk.User) { u.PrimaryEmailAddressID = "" },
		plan.FieldPhoneNumbers:              hasPhone(clerk.Verified, false),
		plan.FieldPublicMetadata:            hasPublic(`{"a":1}`),
		plan.FieldPrivateMetadata:           hasPrivate(`{"a":1}`),
		plan.FieldUnsafeMetadata:            func(u *clerk.User) { u.UnsafeMetadata["a"] = nil },
		plan.FieldBanned:                    banned,
		plan.FieldLocked:                    locked,
		plan.FieldDeleteSelfEnabled:         func(u *clerk.User) { u.DeleteSelfEnabled = true },
		plan.FieldCreateOrganizationEnabled: func(u *clerk.User) { u.CreateOrganizationEnabled = true },
		plan.FieldCreateOrganizationsLimit:  func(u *clerk.User) { u.CreateOrganizationsLimit = new(int64(0)) },
		plan.FieldBypassClientTrust:         func(u *clerk.User) { u.BypassClientTrust = true },
		plan.FieldPassword:                  func(u *clerk.User) { u.PasswordEnabled = !u.PasswordEnabled },
		plan.FieldProfileImage:              func(u *clerk.User) { u.HasImage = !u.HasImage },
		plan.FieldOwnerMark:                 noMark,
	}
	for changed, edit := range edits {
		for field := range edits {
			before, after := plan.Fingerprint(ada(), field), plan.Fingerprint(ada(edit), field)
			if before == "" || (before != after) != (field == changed) {
				t.Errorf("%s changed: the fingerprint of %s was %q and is %q", changed, field, before, after)
			}
		}
	}
	for _, field := range []string{"", "initial", "nonsense"} {
		if got := plan.Fingerprint(ada(), field); got != "" {
			t.Errorf("%q has fingerprint %q", field, got)
		}
	}
	if plan.Fingerprint(ada(), plan.FieldPublicMetadata) !=
		plan.Fingerprint(ada(func(u *clerk.User) { u.PublicMetadata = nil }), plan.FieldPublicMetadata) {
		t.Error("no metadata differs from empty metadata")
	}
}

func TestIdentifiers(t *testing.T) {
	t.Parallel()
	spec := v1alpha1.ClerkUserSpec{
		ExternalID: new("E1"), Username: new("ADA"),
		EmailAddresses: emails(email("A@x.io"), email("b@x.io", primaryEmail)).EmailAddresses,
		PhoneNumbers:   phone().PhoneNumbers,
		Initial:        &v1alpha1.InitialValues{Web3Wallets: []string{"0xAB"}},
	}
	want := []clerk.Identifier{
		{Kind: clerk.KindExternalID, Value: "E1"},
		{Kind: clerk.KindEmailAddress, Value: "b@x.io"}, {Kind: clerk.KindEmailAddress, Value: "a@x.io"},
		{Kind: clerk.KindPhoneNumber, Value: "+15555550100"},
		{Kind: clerk.KindUsername, Value: "ada"},
		{Kind: clerk.KindWeb3Wallet, Value: "0xAB"},
	}
	if diff := cmp.Diff(want, mustDesire(t, spec, v1alpha1.Applied{}).Identifiers()); diff != "" {
		t.Errorf("identifiers (-want +got):\n%s", diff)
	}
	empty := v1alpha1.ClerkUserSpec{UserID: new("user_1"), ExternalID: new(""), Username: new("")}
	if got := mustDesire(t, empty, v1alpha1.Applied{}).Identifiers(); len(got) > 0 {
		t.Errorf("got %v, want none", got)
	}
}

func TestHoldsAndProves(t *testing.T) {
	t.Parallel()
	u := ada(named("ada"), hasEmail("idn_2", "b@x.io", clerk.Reserved), hasPhone(clerk.Verified, false), func(u *clerk.User) {
		u.ExternalID = "E1"
		u.Web3Wallets = []clerk.Web3Wallet{
			{Address: "0xab", Status: clerk.Verified}, {Address: "So1ana", Status: clerk.Unverified},
		}
	})
	for id, want := range map[clerk.Identifier][2]bool{
		{Kind: clerk.KindExternalID, Value: "E1"}:            {true, true},
		{Kind: clerk.KindExternalID, Value: "e1"}:            {false, false},
		{Kind: clerk.KindExternalID, Value: ""}:              {false, false},
		{Kind: clerk.KindEmailAddress, Value: "ADA@x.io"}:    {true, true},
		{Kind: clerk.KindEmailAddress, Value: "b@x.io"}:      {true, false},
		{Kind: clerk.KindEmailAddress, Value: "c@x.io"}:      {false, false},
		{Kind: clerk.KindPhoneNumber, Value: "+15555550100"}: {true, true},
		{Kind: clerk.KindPhoneNumber, Value: "+15555550101"}: {false, false},
		{Kind: clerk.KindUsername, Value: "ADA"}:             {true, false},
		{Kind: clerk.KindUsername, Value: "adam"}:            {false, false},
		{Kind: clerk.KindUsername, Value: ""}:                {false, false},
		{Kind: clerk.KindWeb3Wallet, Value: "0xAB"}:          {true, true},
		{Kind: clerk.KindWeb3Wallet, Value: "So1ana"}:        {true, false},
		{Kind: clerk.KindWeb3Wallet, Value: "so1ana"}:        {false, false},
		{Kind: "email_address_query", Value: "ada@x.io"}:     {false, false},
	} {
		if got := [2]bool{plan.Holds(u, id), plan.Proves(u, id)}; got != want {
			t.Errorf("%v: holds and proves are %v, want %v", id, got, want)
		}
	}
	if plan.Holds(&clerk.User{}, clerk.Identifier{Kind: clerk.KindUsername}) {
		t.Error("nobody holds an empty username")
	}
}
