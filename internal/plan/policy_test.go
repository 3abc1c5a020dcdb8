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

func TestAllow(t *testing.T) {
	t.Parallel()
	swap := onlyEmails(email("new@x.io"))
	swap.Username, swap.FirstName = new(""), new("Ada")
	add := `AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true Primary=true`
	remove := `DeleteEmailAddress ID="idn_1" Address="ada@x.io"`
	all := v1alpha1.ClerkUserSpec{
		ExternalID: new("E"), Username: new("ada"), FirstName: new("F"), LastName: new("L"), Locale: new("de"),
		EmailAddresses: emails(email("b@x.io", primaryEmail)).EmailAddresses, PhoneNumbers: phone(primaryPhone).PhoneNumbers,
		DeleteSelfEnabled: new(true), CreateOrganizationEnabled: new(true), BypassClientTrust: new(true),
		CreateOrganizationsLimit: new(int64(1)),
	}
	private := v1alpha1.ClerkUserSpec{PublicMetadata: raw(`{"a":1}`), PrivateMetadata: raw(`{"b":2}`)}
	for name, tt := range map[string]struct {
		spec         v1alpha1.ClerkUserSpec
		user         *clerk.User
		policy       plan.Policy
		do, withheld []string
	}{
		"WithoutPolicyAllIsCarriedOut": {spec: swap, user: ada(), do: []string{add, `Update FirstName="Ada"`, remove}},
		"ObservingCarriesOutNothing": {
			spec: swap, user: ada(noMark), policy: plan.Policy{Observe: true},
			withheld: []string{"emailAddresses", "firstName", "ownerMark"},
		},
		"ObservingCreatesNobody": {
			spec: v1alpha1.ClerkUserSpec{Username: new("ada")}, policy: plan.Policy{Observe: true},
			withheld: []string{"ownerMark", "username"},
		},
		"CreationIsNotSplit": {
			spec: v1alpha1.ClerkUserSpec{Username: new("ada")}, policy: withhold("username"),
			do: []string{`Create Username="ada" PrivateMetadata={` + owner + `}`},
		},
		"AWholeListIsWithheld": {
			spec: swap, user: ada(), policy: withhold("emailAddresses"), do: []string{`Update FirstName="Ada"`},
			withheld: []string{"emailAddresses"},
		},
		"AnUpdateIsSplitByField": {
			spec: all, user: ada(hasEmail("idn_2", "b@x.io", clerk.Verified), hasPhone(clerk.Verified, false)),
			policy:   withhold("externalID", "firstName", "locale", "phoneNumbers", "createOrganizationEnabled", "createOrganizationsLimit"),
			do:       []string{`Update Username="ada" LastName="L" PrimaryEmailAddressID="idn_2" DeleteSelfEnabled=true BypassClientTrust=true`},
			withheld: []string{"createOrganizationEnabled", "createOrganizationsLimit", "externalID", "firstName", "locale", "phoneNumbers"},
		},
		"AndTheOtherWayRound": {
			spec: all, user: ada(hasEmail("idn_2", "b@x.io", clerk.Verified), hasPhone(clerk.Verified, false)),
			policy: withhold("username", "lastName", "emailAddresses", "deleteSelfEnabled", "bypassClientTrust"),
			do: []string{`Update ExternalID="E" FirstName="F" Locale="de" PrimaryPhoneNumberID="idn_p" ` +
				`CreateOrganizationEnabled=true CreateOrganizationsLimit=1`},
			withheld: []string{"bypassClientTrust", "deleteSelfEnabled", "emailAddresses", "lastName", "username"},
		},
		"AWithheldBanIsNotCarriedOut": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(true), Locked: new(true)}, user: ada(), policy: withhold("banned"),
			do: []string{`Lock`}, withheld: []string{"banned"},
		},
		"AMergeIsSplitAndTheMarkGoesThrough": {
			spec: private, user: ada(noMark), policy: withhold("privateMetadata", "ownerMark"),
			do: []string{`MergeMetadata Public={"a":1} Private={` + owner + `}`}, withheld: []string{"privateMetadata"},
		},
		"AMergeOfTheMarkAloneGoesThrough": {
			spec: v1alpha1.ClerkUserSpec{}, user: ada(noMark), policy: withhold("privateMetadata"),
			do: []string{`MergeMetadata Private={` + owner + `}`},
		},
		"AReplacementIsSplitAndANewMarkGoesThrough": {
			spec: replacing(private), user: ada(noMark), policy: withhold("privateMetadata"),
			do:       []string{`ReplaceMetadata Public={"a":1}`, `MergeMetadata Private={` + owner + `}`},
			withheld: []string{"privateMetadata"},
		},
		"AReplacementThatIsNotWithheldGoesThroughWhole": {
			spec: replacing(private), user: ada(), policy: withhold("firstName"),
			do: []string{`ReplaceMetadata Public={"a":1} Private={"b":2,` + owner + `}`},
		},
		"ANewMarkStaysWithAReplacementThatGoesThrough": {
			spec: replacing(private), user: ada(noMark), policy: withhold("publicMetadata"),
			do:       []string{`ReplaceMetadata Private={"b":2,` + owner + `} NewMark=true`},
			withheld: []string{"publicMetadata"},
		},
		"AWithheldReplacementWithTheOldMarkWritesNothing": {
			spec: replacing(private), user: ada(hasPublic(`{"a":1}`)), policy: withhold("privateMetadata"),
			withheld: []string{"privateMetadata"},
		},
		"AUsernameIsNotTakenOnTheStrengthOfAnAddressThatIsWithheld": {
			spec: swap, user: ada(named("ada"), noEmail), policy: withhold("emailAddresses"),
			do:       []string{`Update FirstName="Ada"`},
			withheld: []string{"emailAddresses", "username"},
		},
		"AnAddressIsNotTakenOnTheStrengthOfAUsernameThatIsWithheld": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails()
				spec.Username, spec.Banned = new("ada"), new(true)
				return spec
			}(),
			user: ada(), policy: withhold("username"),
			do: []string{`Ban`}, withheld: []string{"emailAddresses", "username"},
		},
		"ANumberIsNotTakenOnTheStrengthOfAnAddressThatIsWithheld": {
			spec: v1alpha1.ClerkUserSpec{
				EmailAddresses: swap.EmailAddresses, PhoneNumbers: []v1alpha1.PhoneNumber{}, IdentifiersPolicy: new(v1alpha1.PolicyReplace),
			},
			user: ada(noEmail, hasPhone(clerk.Verified, false)), policy: withhold("emailAddresses"),
			withheld: []string{"emailAddresses", "phoneNumbers"},
		},
		"ANumberDoesNotBecomeASecondFactorOnTheStrengthOfAnAddressThatIsWithheld": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := phone(second(true), verifiedPhone)
				spec.EmailAddresses = emails(email("new@x.io", verifiedEmail)).EmailAddresses
				return spec
			}(),
			user:     ada(noEmail, hasEmail("idn_1", "new@x.io", clerk.Unverified), hasPhone(clerk.Reserved, false)),
			policy:   withhold("emailAddresses"),
			do:       []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" Verified=true`},
			withheld: []string{"emailAddresses", "phoneNumbers"},
		},
		"AnAddressIsNotTakenOnTheStrengthOfANumberThatIsWithheld": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails()
				spec.PhoneNumbers = phone(second(false)).PhoneNumbers
				return spec
			}(),
			user: ada(hasPhone(clerk.Verified, true)), policy: withhold("phoneNumbers"),
			withheld: []string{"emailAddresses", "phoneNumbers"},
		},
		"WhatGivesNoWayInHoldsNothingBack": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails(email("ada@x.io"))
				spec.PhoneNumbers = phone(second(true)).PhoneNumbers
				return spec
			}(),
			user:     ada(hasEmail("idn_2", "b@x.io", clerk.Verified), hasPhone(clerk.Verified, false)),
			policy:   withhold("phoneNumbers"),
			do:       []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
			withheld: []string{"phoneNumbers"},
		},
		"ARefusedAddressHoldsBackNoOtherAddress": {
			spec: emails(email("ada@x.io"), email("taken@x.io"), email("free@x.io")), user: ada(),
			policy:   refuse(plan.Part{Field: "emailAddresses", Entry: "taken@x.io"}),
			do:       []string{`AddEmailAddress UserID="user_1" Address="free@x.io" Verified=true`},
			withheld: []string{"emailAddresses"},
		},
		"AnAddressGoesAlthoughAnotherIsRefusedIfAWayInRemains": {
			spec: onlyEmails(email("taken@x.io")), user: ada(named("ada")),
			policy: refuse(plan.Part{Field: "emailAddresses", Entry: "taken@x.io"}), do: []string{remove},
			withheld: []string{"emailAddresses"},
		},
		"TheLastAddressStaysIfTheOneThatReplacesItIsRefused": {
			spec: onlyEmails(email("taken@x.io")), user: ada(),
			policy: refuse(plan.Part{Field: "emailAddresses", Entry: "taken@x.io"}), withheld: []string{"emailAddresses"},
		},
		"AnAddressWhoseRemovalIsRefusedStays": {
			spec: onlyEmails(email("new@x.io")), user: ada(),
			policy:   refuse(plan.Part{Field: "emailAddresses", Entry: "ada@x.io"}),
			do:       []string{`AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true`},
			withheld: []string{"emailAddresses"},
		},
		"ThePrimaryAddressStaysIfNoneMayFollowIt": {
			spec: onlyEmails(email("b@x.io")), user: ada(hasEmail("idn_2", "b@x.io", clerk.Verified)),
			policy: refuse(plan.Part{Field: "emailAddresses"}), withheld: []string{"emailAddresses"},
		},
		"ANumberWhoseVerificationIsRefusedBecomesNoSecondFactor": {
			spec: phone(second(true), verifiedPhone), user: ada(hasPhone(clerk.Reserved, false)),
			policy: refuse(plan.Part{Field: "phoneNumbers", Entry: "+15555550100"}), withheld: []string{"phoneNumbers"},
		},
		"ARefusedImageHoldsBackNothing": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(false), ProfileImage: &v1alpha1.ProfileImage{None: new(true)}},
			user: ada(banned, func(u *clerk.User) { u.HasImage = true }), policy: refuse(plan.Part{Field: "profileImage"}),
			do: []string{`Unban`}, withheld: []string{"profileImage"},
		},
		"ABanStaysWhileARoleIsRefused": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(false), Locked: new(false), PublicMetadata: raw(`{"role":"viewer"}`)}, user: ada(banned),
			policy: refuse(plan.Part{Field: "publicMetadata"}), withheld: []string{"banned", "publicMetadata"},
		},
		"ABanStaysWhileAnAddressThatIsToGoStays": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails(email("ada@x.io"))
				spec.Banned = new(false)
				return spec
			}(),
			user:   ada(banned, hasEmail("idn_2", "b@x.io", clerk.Verified)),
			policy: refuse(plan.Part{Field: "emailAddresses", Entry: "b@x.io"}), withheld: []string{"banned", "emailAddresses"},
		},
		"ABanStaysWhileAPasswordIsRefused": {
			spec:   v1alpha1.ClerkUserSpec{Banned: new(false), Password: &v1alpha1.Password{}, FirstName: new("Ada")},
			user:   ada(banned),
			policy: refuse(plan.Part{Field: "password"}), do: []string{`Update FirstName="Ada"`}, withheld: []string{"banned", "password"},
		},
		"ABanStaysWhileANumberIsNoSecondFactorYet": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := phone(second(true))
				spec.Banned = new(false)
				return spec
			}(),
			user:   ada(banned, hasPhone(clerk.Verified, false)),
			policy: refuse(plan.Part{Field: "phoneNumbers", Entry: "+15555550100"}), withheld: []string{"banned", "phoneNumbers"},
		},
		"NoAccessIsGivenWhileABanIsRefused": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails(email("new@x.io"))
				spec.Banned, spec.Username, spec.Password = new(true), new("ada"), &v1alpha1.Password{}
				spec.FirstName, spec.PublicMetadata = new("Ada"), raw(`{"role":"none"}`)
				return spec
			}(),
			user: ada(hasPhone(clerk.Verified, false)), policy: refuse(plan.Part{Field: "banned"}),
			do:       []string{`MergeMetadata Public={"role":"none"}`, `Update FirstName="Ada"`, remove},
			withheld: []string{"banned", "emailAddresses", "password", "username"},
		},
		"EachFieldInACallOfItsOwn": {
			spec: v1alpha1.ClerkUserSpec{
				FirstName: new("Ada"), Locale: new("de"), PublicMetadata: raw(`{"a":1}`), PrivateMetadata: raw(`{"b":2}`), Banned: new(true),
			},
			user: ada(noMark), policy: plan.Policy{Single: true},
			do: []string{
				`Ban`, `MergeMetadata Public={"a":1}`, `MergeMetadata Private={"b":2,` + owner + `}`,
				`Update FirstName="Ada"`, `Update Locale="de"`,
			},
		},
		"EachFieldThatIsReplacedInACallOfItsOwn": {
			spec: replacing(private), user: ada(noMark), policy: plan.Policy{Single: true},
			do: []string{`ReplaceMetadata Public={"a":1}`, `ReplaceMetadata Private={"b":2,` + owner + `} NewMark=true`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := mustDesire(t, tt.spec, v1alpha1.Applied{})
			do, withheld := plan.Allow(tt.policy, plan.For(d, tt.user), d, tt.user)
			if diff := cmp.Diff(append([]string{}, tt.do...), render(do)); diff != "" {
				t.Errorf("allowed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, tt.withheld...), append([]string{}, withheld...)); diff != "" {
				t.Errorf("withheld (-want +got):\n%s", diff)
			}
		})
	}
}

func withhold(fields ...string) plan.Policy {
	policy := plan.Policy{Withheld: map[string]bool{}}
	for _, field := range fields {
		policy.Withheld[field] = true
	}
	return policy
}

func refuse(parts ...plan.Part) plan.Policy {
	policy := plan.Policy{Refused: map[plan.Part]bool{}}
	for _, part := range parts {
		policy.Refused[part] = true
	}
	return policy
}

func TestDependsOn(t *testing.T) {
	t.Parallel()
	failed := []plan.Change{plan.AddEmailAddress{}}
	resting := []plan.Change{
		plan.DeleteEmailAddress{}, plan.DeletePhoneNumber{}, plan.Unlock{}, plan.Unban{},
		plan.UpdatePhoneNumber{Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(true)}},
		plan.Update{Params: clerk.UpdateUserParams{Username: new("")}},
		plan.Update{Params: clerk.UpdateUserParams{PrimaryEmailAddressID: new("idn_1")}},
		plan.Update{Params: clerk.UpdateUserParams{PrimaryPhoneNumberID: new("idn_1")}},
	}
	granting := []plan.Change{
		plan.AddEmailAddress{}, plan.UpdateEmailAddress{}, plan.AddPhoneNumber{},
		plan.UpdatePhoneNumber{Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(false)}},
		plan.Update{Params: clerk.UpdateUserParams{Username: new("ada")}}, plan.Update{Params: clerk.UpdateUserParams{Password: new(clerk.NewSecret("x"))}},
	}
	others := []plan.Change{
		plan.Ban{}, plan.MergeMetadata{}, plan.SetProfileImage{}, plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Ada")}},
	}
	check := func(changes, failed []plan.Change, want bool) {
		t.Helper()
		for _, c := range changes {
			if got := plan.DependsOn(c, failed); got != want {
				t.Errorf("%s rests on %q: %t, want %t", c, failed, got, want)
			}
		}
	}
	check(resting, nil, false)
	check(granting, nil, false)
	check(resting, failed, true)
	check(granting, failed, false)
	check(others, failed, false)
	relaxing := []plan.Change{plan.Unlock{}, plan.Unban{}}
	for _, restriction := range []plan.Change{plan.Ban{}, plan.Lock{}} {
		check(granting, []plan.Change{restriction}, true)
		check(others, []plan.Change{restriction}, false)
		check(relaxing, []plan.Change{restriction}, true)
		check([]plan.Change{plan.DeleteEmailAddress{}, resting[5]}, []plan.Change{restriction}, false)
	}
	check(relaxing, []plan.Change{plan.MergeMetadata{}}, true)
}

func TestRevokes(t *testing.T) {
	t.Parallel()
	for _, c := range []plan.Change{
		plan.Ban{}, plan.Lock{}, plan.MergeMetadata{}, plan.ReplaceMetadata{}, plan.DeleteEmailAddress{}, plan.DeletePhoneNumber{},
		plan.UpdatePhoneNumber{Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(true)}},
	} {
		if !plan.Revokes(c) {
			t.Errorf("%s takes nothing away", c)
		}
	}
	for _, c := range []plan.Change{plan.Unban{}, plan.AddEmailAddress{}, plan.Update{}, plan.SetProfileImage{}, plan.UpdatePhoneNumber{}} {
		if plan.Revokes(c) {
			t.Errorf("%s takes something away", c)
		}
	}
}
