// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// example is an input of the planner and the expected plan.
type example struct {
	spec    v1alpha1.ClerkUserSpec
	applied v1alpha1.Applied
	lift    bool
	// user is the user at Clerk; nil means ada.
	user *clerk.User
	// want is the plan as render shows it.
	want []string
	// unreachable is the fields that no call can bring about.
	unreachable []string
}

func checkExamples(t *testing.T, examples map[string]example) {
	t.Helper()
	for name, e := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := plan.FromSpec(&e.spec, plan.Inputs{Mark: mark, Applied: e.applied, LiftLock: e.lift})
			if err != nil {
				t.Fatalf("reading the spec: %v", err)
			}
			u := e.user
			if u == nil {
				u = ada()
			}
			if diff := cmp.Diff(append([]string{}, e.want...), render(plan.For(d, u))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			var fields []string
			for _, problem := range plan.Unreachable(d, u) {
				fields = append(fields, problem.Field)
			}
			if diff := cmp.Diff(e.unreachable, fields); diff != "" {
				t.Errorf("unreachable (-want +got):\n%s", diff)
			}
		})
	}
}

// ada carries our mark and has one verified address, which is primary.
func ada(edits ...func(*clerk.User)) *clerk.User {
	u := &clerk.User{
		ID: "user_1",
		EmailAddresses: []clerk.EmailAddress{
			{ID: "idn_1", Address: "ada@x.io", Status: clerk.Verified},
		},
		PrimaryEmailAddressID: "idn_1",
		PublicMetadata:        clerk.Metadata{},
		PrivateMetadata:       clerk.Metadata{v1alpha1.OwnerKey: mark.String()},
		UnsafeMetadata:        clerk.Metadata{},
	}
	for _, edit := range edits {
		edit(u)
	}
	return u
}

func banned(u *clerk.User) { u.Banned = true }
func locked(u *clerk.User) { u.Locked = true }

func named(username string) func(*clerk.User) {
	return func(u *clerk.User) { u.Username = username }
}

func raw(text string) *runtime.RawExtension { return &runtime.RawExtension{Raw: []byte(text)} }

func TestProfile(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"NothingDeclaredIsNothingToDo": {},
		"AllDifferencesGoInOneCall": {
			spec: v1alpha1.ClerkUserSpec{
				ExternalID: new("E1"), Username: new("Ada"), FirstName: new("Ada"), LastName: new("L"), Locale: new("en"),
				DeleteSelfEnabled: new(true), CreateOrganizationEnabled: new(true), BypassClientTrust: new(true),
				CreateOrganizationsLimit: new(int64(3)),
			},
			want: []string{`Update ExternalID="E1" Username="ada" FirstName="Ada" LastName="L" Locale="en" ` +
				`DeleteSelfEnabled=true CreateOrganizationEnabled=true BypassClientTrust=true CreateOrganizationsLimit=3`},
		},
		"WhatIsAsDeclaredIsNotSent": {
			spec: v1alpha1.ClerkUserSpec{FirstName: new("Ada"), LastName: new("L"), CreateOrganizationsLimit: new(int64(0))},
			user: ada(func(u *clerk.User) { u.FirstName, u.CreateOrganizationsLimit = "Ada", new(int64(0)) }),
			want: []string{`Update LastName="L"`},
		},
		"AnEmptyTextClears": {
			spec: v1alpha1.ClerkUserSpec{FirstName: new(""), ExternalID: new("")},
			user: ada(func(u *clerk.User) { u.FirstName, u.ExternalID = "Ada", "E1" }),
			want: []string{`Update ExternalID="" FirstName=""`},
		},
		"FalseIsAWish": {
			spec: v1alpha1.ClerkUserSpec{DeleteSelfEnabled: new(false)},
			user: ada(func(u *clerk.User) { u.DeleteSelfEnabled = true }),
			want: []string{`Update DeleteSelfEnabled=false`},
		},
		"NoLimitIsNotTheInstancesDefault": {
			spec: v1alpha1.ClerkUserSpec{CreateOrganizationsLimit: new(int64(0))},
			want: []string{`Update CreateOrganizationsLimit=0`},
		},
		"UsernamesAreTheSameInUpperCase": {
			spec: v1alpha1.ClerkUserSpec{Username: new("ADA")},
			user: ada(named("ada")),
		},
		"ExternalIDsAreNot": {
			spec: v1alpha1.ClerkUserSpec{ExternalID: new("ADA")},
			user: ada(func(u *clerk.User) { u.ExternalID = "ada" }),
			want: []string{`Update ExternalID="ADA"`},
		},
		"LanguageTagsAreTheSameInUpperCase": {
			spec: v1alpha1.ClerkUserSpec{Locale: new("en-us")},
			user: ada(func(u *clerk.User) { u.Locale = "en-US" }),
		},
		"AUsernameIsRemovedIfAnotherWayInRemains": {
			spec: v1alpha1.ClerkUserSpec{Username: new("")},
			user: ada(named("ada")),
			want: []string{`Update Username=""`},
		},
		"AUsernameThatIsTheLastWayInStays": {
			spec:        v1alpha1.ClerkUserSpec{Username: new("")},
			user:        ada(named("ada"), func(u *clerk.User) { u.EmailAddresses[0].Status = clerk.Unverified }),
			unreachable: []string{"spec.username"},
		},
		"AWalletIsAWayIn": {
			spec: v1alpha1.ClerkUserSpec{Username: new("")},
			user: ada(named("ada"), func(u *clerk.User) {
				u.EmailAddresses = nil
				u.Web3Wallets = []clerk.Web3Wallet{{ID: "idn_w", Address: "0x1", Status: clerk.Verified}}
			}),
			want: []string{`Update Username=""`},
		},
		"AnUnverifiedWalletIsNone": {
			spec: v1alpha1.ClerkUserSpec{Username: new("")},
			user: ada(named("ada"), func(u *clerk.User) {
				u.EmailAddresses = nil
				u.Web3Wallets = []clerk.Web3Wallet{{ID: "idn_w", Address: "0x1", Status: clerk.Unverified}}
			}),
			unreachable: []string{"spec.username"},
		},
		"InitialMeansNothingToAUserThatExists": {
			spec: v1alpha1.ClerkUserSpec{Initial: &v1alpha1.InitialValues{SkipLegalChecks: new(true), Web3Wallets: []string{"0x1"}}},
		},
	})
}

func TestAccess(t *testing.T) {
	t.Parallel()
	bannedOnDelete := mark
	bannedOnDelete.UID, bannedOnDelete.BannedOnDelete = "u0", true
	others := bannedOnDelete
	others.Name = "eve"
	marked := func(m plan.Mark) func(*clerk.User) {
		return func(u *clerk.User) { u.PrivateMetadata[v1alpha1.OwnerKey] = m.String() }
	}
	newMark := `MergeMetadata Private={"clerk-operator.io/owner":"` + mark.String() + `"}`
	checkExamples(t, map[string]example{
		"BanComesBeforeTheRest": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(true), Locked: new(true), FirstName: new("Ada")},
			want: []string{`Ban`, `Lock`, `Update FirstName="Ada"`},
		},
		"AccessIsGivenBackAfterTheRest": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(false), Locked: new(false), FirstName: new("Ada")},
			lift: true,
			user: ada(banned, locked),
			want: []string{`Update FirstName="Ada"`, `Unlock`, `Unban`},
		},
		"ABanThatIsDeclaredAndThereIsLeft":    {spec: v1alpha1.ClerkUserSpec{Banned: new(true)}, user: ada(banned)},
		"ABanOfOthersIsLeftIfNothingIsSaid":   {user: ada(banned)},
		"ABanOfOursIsLiftedWhenItLeaves":      {applied: v1alpha1.Applied{Banned: true}, user: ada(banned), want: []string{`Unban`}},
		"ABanOfOursThatSomebodyLiftedIsNone":  {applied: v1alpha1.Applied{Banned: true}},
		"ABanOnDeletionIsLiftedByASuccessor":  {user: ada(banned, marked(bannedOnDelete)), want: []string{newMark, `Unban`}},
		"ABanOnDeletionOfOthersIsNotASuccess": {user: ada(banned, marked(others)), want: []string{newMark}},
		"ASuccessorMayKeepTheBan": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(true)},
			user: ada(banned, marked(bannedOnDelete)), want: []string{newMark},
		},
		"ALapsedLockIsSetAgain":   {spec: v1alpha1.ClerkUserSpec{Locked: new(true)}, want: []string{`Lock`}},
		"ALockThatIsThereIsLeft":  {spec: v1alpha1.ClerkUserSpec{Locked: new(true)}, user: ada(locked)},
		"ALockOfClerksIsLeft":     {spec: v1alpha1.ClerkUserSpec{Locked: new(false)}, user: ada(locked)},
		"ANewWishLiftsAnyLock":    {spec: v1alpha1.ClerkUserSpec{Locked: new(false)}, lift: true, user: ada(locked), want: []string{`Unlock`}},
		"ANewGenerationIsNoWish":  {lift: true, user: ada(locked)},
		"NoLockIsLiftedUnlocked":  {spec: v1alpha1.ClerkUserSpec{Locked: new(false)}, lift: true},
		"ALockOfOursIsLifted":     {spec: v1alpha1.ClerkUserSpec{Locked: new(false)}, applied: v1alpha1.Applied{Locked: true}, user: ada(locked), want: []string{`Unlock`}},
		"ALockOfOursLeavesTheWay": {applied: v1alpha1.Applied{Locked: true}, user: ada(locked), want: []string{`Unlock`}},
	})
}

func TestOrder(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"AccessFirstThenMetadataThenGivingThenProfileThenTakingThenAccess": {
			spec: v1alpha1.ClerkUserSpec{
				Banned: new(true), Locked: new(false), FirstName: new("Ada"),
				EmailAddresses:    []v1alpha1.EmailAddress{{Address: "new@x.io"}},
				PhoneNumbers:      []v1alpha1.PhoneNumber{{Number: "+15555550100"}},
				IdentifiersPolicy: new(v1alpha1.PolicyReplace),
				PublicMetadata:    raw(`{"role":"admin"}`),
			},
			lift: true,
			user: ada(locked),
			want: []string{
				`Ban`,
				`MergeMetadata Public={"role":"admin"}`,
				`AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true Primary=true`,
				`AddPhoneNumber UserID="user_1" Number="+15555550100" Verified=true`,
				`Update FirstName="Ada"`,
				`DeleteEmailAddress ID="idn_1" Address="ada@x.io"`,
				`Unlock`,
			},
		},
	})
}
