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
			withheld: []string{add, `Update FirstName="Ada"`, `MergeMetadata Private={` + owner + `}`, remove},
		},
		"ObservingCreatesNobody": {
			spec: v1alpha1.ClerkUserSpec{Username: new("ada")}, policy: plan.Policy{Observe: true},
			withheld: []string{`Create Username="ada" PrivateMetadata={` + owner + `}`},
		},
		"CreationIsNotSplit": {
			spec: v1alpha1.ClerkUserSpec{Username: new("ada")}, policy: withhold("username"),
			do: []string{`Create Username="ada" PrivateMetadata={` + owner + `}`},
		},
		"AWholeListIsWithheld": {
			spec: swap, user: ada(), policy: withhold("emailAddresses"), do: []string{`Update FirstName="Ada"`},
			withheld: []string{add, remove},
		},
		"AnUpdateIsSplitByField": {
			spec: all, user: ada(hasEmail("idn_2", "b@x.io", clerk.Verified), hasPhone(clerk.Verified, false)),
			policy: withhold("externalID", "firstName", "locale", "phoneNumbers", "createOrganizationEnabled", "createOrganizationsLimit"),
			do:     []string{`Update Username="ada" LastName="L" PrimaryEmailAddressID="idn_2" DeleteSelfEnabled=true BypassClientTrust=true`},
			withheld: []string{`Update ExternalID="E" FirstName="F" Locale="de" PrimaryPhoneNumberID="idn_p" ` +
				`CreateOrganizationEnabled=true CreateOrganizationsLimit=1`},
		},
		"AndTheOtherWayRound": {
			spec: all, user: ada(hasEmail("idn_2", "b@x.io", clerk.Verified), hasPhone(clerk.Verified, false)),
			policy: withhold("username", "lastName", "emailAddresses", "deleteSelfEnabled", "bypassClientTrust"),
			do: []string{`Update ExternalID="E" FirstName="F" Locale="de" PrimaryPhoneNumberID="idn_p" ` +
				`CreateOrganizationEnabled=true CreateOrganizationsLimit=1`},
			withheld: []string{`Update Username="ada" LastName="L" PrimaryEmailAddressID="idn_2" DeleteSelfEnabled=true BypassClientTrust=true`},
		},
		"AWithheldBanIsNotCarriedOut": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(true), Locked: new(true)}, user: ada(), policy: withhold("banned"),
			do: []string{`Lock`}, withheld: []string{`Ban`},
		},
		"AMergeIsSplitAndTheMarkGoesThrough": {
			spec: private, user: ada(noMark), policy: withhold("privateMetadata", "ownerMark"),
			do: []string{`MergeMetadata Public={"a":1} Private={` + owner + `}`}, withheld: []string{`MergeMetadata Private={"b":2}`},
		},
		"AMergeOfTheMarkAloneGoesThrough": {
			spec: v1alpha1.ClerkUserSpec{}, user: ada(noMark), policy: withhold("privateMetadata"),
			do: []string{`MergeMetadata Private={` + owner + `}`},
		},
		"AReplacementIsSplitAndANewMarkGoesThrough": {
			spec: replacing(private), user: ada(noMark), policy: withhold("privateMetadata"),
			do:       []string{`ReplaceMetadata Public={"a":1}`, `MergeMetadata Private={` + owner + `}`},
			withheld: []string{`ReplaceMetadata Private={"b":2,` + owner + `}`},
		},
		"AReplacementThatIsNotWithheldGoesThroughWhole": {
			spec: replacing(private), user: ada(), policy: withhold("firstName"),
			do: []string{`ReplaceMetadata Public={"a":1} Private={"b":2,` + owner + `}`},
		},
		"ANewMarkStaysWithAReplacementThatGoesThrough": {
			spec: replacing(private), user: ada(noMark), policy: withhold("publicMetadata"),
			do:       []string{`ReplaceMetadata Private={"b":2,` + owner + `} NewMark=true`},
			withheld: []string{`ReplaceMetadata Public={"a":1}`},
		},
		"AWithheldReplacementWithTheOldMarkWritesNothing": {
			spec: replacing(private), user: ada(hasPublic(`{"a":1}`)), policy: withhold("privateMetadata"),
			withheld: []string{`ReplaceMetadata Private={"b":2,` + owner + `}`},
		},
		"AUsernameIsNotTakenOnTheStrengthOfAnAddressThatIsWithheld": {
			spec: swap, user: ada(named("ada"), noEmail), policy: withhold("emailAddresses"),
			do:       []string{`Update FirstName="Ada"`},
			withheld: []string{`AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true`, `Update Username=""`},
		},
		"AnAddressIsNotTakenOnTheStrengthOfAUsernameThatIsWithheld": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails()
				spec.Username, spec.Banned = new("ada"), new(true)
				return spec
			}(),
			user: ada(), policy: withhold("username"),
			do: []string{`Ban`}, withheld: []string{`Update Username="ada"`, remove},
		},
		"ANumberIsNotTakenOnTheStrengthOfAnAddressThatIsWithheld": {
			spec: v1alpha1.ClerkUserSpec{
				EmailAddresses: swap.EmailAddresses, PhoneNumbers: []v1alpha1.PhoneNumber{}, IdentifiersPolicy: new(v1alpha1.PolicyReplace),
			},
			user: ada(noEmail, hasPhone(clerk.Verified, false)), policy: withhold("emailAddresses"),
			withheld: []string{
				`AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true`,
				`DeletePhoneNumber ID="idn_p" Number="+15555550100"`,
			},
		},
		"ANumberDoesNotBecomeASecondFactorOnTheStrengthOfAnAddressThatIsWithheld": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := phone(second(true), verifiedPhone)
				spec.EmailAddresses = emails(email("new@x.io", verifiedEmail)).EmailAddresses
				return spec
			}(),
			user:   ada(noEmail, hasEmail("idn_1", "new@x.io", clerk.Unverified), hasPhone(clerk.Reserved, false)),
			policy: withhold("emailAddresses"),
			do:     []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" Verified=true`},
			withheld: []string{
				`UpdateEmailAddress ID="idn_1" Address="new@x.io" Verified=true`,
				`UpdatePhoneNumber ID="idn_p" Number="+15555550100" ReservedForSecondFactor=true`,
			},
		},
		"AnAddressIsNotTakenOnTheStrengthOfANumberThatIsWithheld": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails()
				spec.PhoneNumbers = phone(second(false)).PhoneNumbers
				return spec
			}(),
			user: ada(hasPhone(clerk.Verified, true)), policy: withhold("phoneNumbers"),
			withheld: []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" ReservedForSecondFactor=false`, remove},
		},
		"WhatGivesNoWayInHoldsNothingBack": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails(email("ada@x.io"))
				spec.PhoneNumbers = phone(second(true)).PhoneNumbers
				return spec
			}(),
			user:   ada(hasEmail("idn_2", "b@x.io", clerk.Verified), hasPhone(clerk.Verified, false)),
			policy: withhold("phoneNumbers"),
			do:     []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
			withheld: []string{
				`UpdatePhoneNumber ID="idn_p" Number="+15555550100" ReservedForSecondFactor=true`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do, withheld := plan.Allow(tt.policy, plan.For(mustDesire(t, tt.spec, v1alpha1.Applied{}), tt.user))
			if diff := cmp.Diff(append([]string{}, tt.do...), render(do)); diff != "" {
				t.Errorf("allowed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(append([]string{}, tt.withheld...), render(withheld)); diff != "" {
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
