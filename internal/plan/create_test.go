// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	marked := clerk.Metadata{v1alpha1.OwnerKey: mark.String()}
	signedUp := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	tests := map[string]struct {
		spec   v1alpha1.ClerkUserSpec
		want   clerk.CreateUserParams
		fields []string
	}{
		"TheMarkGoesIntoTheCall": {
			spec:   v1alpha1.ClerkUserSpec{Username: new("Ada")},
			want:   clerk.CreateUserParams{Username: new("ada"), PrivateMetadata: marked},
			fields: []string{"ownerMark", "username"},
		},
		"NothingIsClearedOnANewUser": {
			spec: v1alpha1.ClerkUserSpec{
				ExternalID: new(""), Username: new(""), FirstName: new(""), LastName: new(""), Locale: new(""),
				Banned: new(false), Locked: new(false), PublicMetadata: raw(`{}`), EmailAddresses: []v1alpha1.EmailAddress{},
			},
			want:   clerk.CreateUserParams{PrivateMetadata: marked},
			fields: []string{"ownerMark"},
		},
		"ThePrimaryAddressComesFirst": {
			spec: emails(email("a@x.io"), email("B@x.io", reservedEmail), email("c@x.io", primaryEmail)),
			want: clerk.CreateUserParams{
				EmailAddresses: []clerk.NewIdentifier{
					{Value: "c@x.io", Status: clerk.Verified}, {Value: "a@x.io", Status: clerk.Verified},
					{Value: "b@x.io", Status: clerk.Reserved},
				},
				PrivateMetadata: marked,
			},
			fields: []string{"emailAddresses", "ownerMark"},
		},
		"EverythingGoesInOneCall": {
			spec: v1alpha1.ClerkUserSpec{
				ExternalID: new("E1"), FirstName: new("Ada"), LastName: new("L"), Locale: new("en"),
				PhoneNumbers:   phone().PhoneNumbers,
				PublicMetadata: raw(`{"a":1}`), PrivateMetadata: raw(`{"b":2}`), UnsafeMetadata: raw(`{"c":3}`),
				Banned: new(true), Locked: new(true), DeleteSelfEnabled: new(false), CreateOrganizationEnabled: new(true),
				BypassClientTrust: new(true), CreateOrganizationsLimit: new(int64(0)),
				Initial: &v1alpha1.InitialValues{
					Web3Wallets: []string{"0xAB"}, CreatedAt: &metav1.Time{Time: signedUp},
					LegalAcceptedAt: &metav1.Time{Time: signedUp}, SkipLegalChecks: new(true),
					SkipPasswordRequirement: new(false), SkipUserRequirement: new(true),
				},
			},
			want: clerk.CreateUserParams{
				ExternalID: new("E1"), FirstName: new("Ada"), LastName: new("L"), Locale: new("en"),
				PhoneNumbers:    []clerk.NewIdentifier{{Value: "+15555550100", Status: clerk.Verified}},
				Web3Wallets:     []string{"0xAB"},
				PublicMetadata:  clerk.Metadata{"a": float64(1)},
				PrivateMetadata: clerk.Metadata{"b": float64(2), v1alpha1.OwnerKey: mark.String()},
				UnsafeMetadata:  clerk.Metadata{"c": float64(3)},
				Banned:          new(true), Locked: new(true), DeleteSelfEnabled: new(false),
				CreateOrganizationEnabled: new(true), BypassClientTrust: new(true), CreateOrganizationsLimit: new(int64(0)),
				CreatedAt: &signedUp, LegalAcceptedAt: &signedUp,
				SkipLegalChecks: new(true), SkipPasswordRequirement: new(false), SkipUserRequirement: new(true),
			},
			fields: []string{
				"banned", "bypassClientTrust", "createOrganizationEnabled", "createOrganizationsLimit", "deleteSelfEnabled",
				"externalID", "firstName", "initial", "lastName", "locale", "locked", "ownerMark", "phoneNumbers",
				"privateMetadata", "publicMetadata", "unsafeMetadata",
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := plan.FromSpec(&tt.spec, plan.Inputs{Mark: mark})
			if err != nil {
				t.Fatal(err)
			}
			todo := plan.For(d, nil)
			if len(todo) != 1 || len(plan.Unreachable(d, nil)) != 0 {
				t.Fatalf("got %q, want one call and nothing unreachable", render(todo))
			}
			if diff := cmp.Diff(tt.want, todo[0].(plan.Create).Params); diff != "" {
				t.Errorf("params (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.fields, todo[0].Fields()); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatTheCreatingCallCannotSayFollows(t *testing.T) {
	t.Parallel()
	spec := phone(second(true))
	spec.Username = new("ada")
	d, err := plan.FromSpec(&spec, plan.Inputs{Mark: mark})
	if err != nil {
		t.Fatal(err)
	}
	created, err := carryOut(nil, plan.For(d, nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`UpdatePhoneNumber ID="idn_+15555550100" Number="+15555550100" ReservedForSecondFactor=true`}
	if diff := cmp.Diff(want, render(plan.For(d, created))); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestEachInitialValueIsNamed(t *testing.T) {
	t.Parallel()
	for name, initial := range map[string]v1alpha1.InitialValues{
		"Wallets":             {Web3Wallets: []string{"0xAB"}},
		"SignUp":              {CreatedAt: &metav1.Time{}},
		"Legal":               {LegalAcceptedAt: &metav1.Time{}},
		"SkipLegal":           {SkipLegalChecks: new(false)},
		"SkipPassword":        {SkipPasswordRequirement: new(false)},
		"SkipUserRequirement": {SkipUserRequirement: new(false)},
	} {
		d := mustDesire(t, v1alpha1.ClerkUserSpec{Initial: &initial}, v1alpha1.Applied{})
		if diff := cmp.Diff([]string{"initial", "ownerMark"}, plan.Fields(plan.For(d, nil))); diff != "" {
			t.Errorf("%s: fields (-want +got):\n%s", name, diff)
		}
	}
}
