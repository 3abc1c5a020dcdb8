// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func email(address string, edits ...func(*v1alpha1.EmailAddress)) v1alpha1.EmailAddress {
	e := v1alpha1.EmailAddress{Address: address}
	for _, edit := range edits {
		edit(&e)
	}
	return e
}

func primaryEmail(e *v1alpha1.EmailAddress)  { e.Primary = new(true) }
func verifiedEmail(e *v1alpha1.EmailAddress) { e.Status = new(v1alpha1.IdentifierVerified) }
func reservedEmail(e *v1alpha1.EmailAddress) { e.Status = new(v1alpha1.IdentifierReserved) }

func emails(list ...v1alpha1.EmailAddress) v1alpha1.ClerkUserSpec {
	return v1alpha1.ClerkUserSpec{EmailAddresses: append([]v1alpha1.EmailAddress{}, list...)}
}

func onlyEmails(list ...v1alpha1.EmailAddress) v1alpha1.ClerkUserSpec {
	spec := emails(list...)
	spec.IdentifiersPolicy = new(v1alpha1.PolicyReplace)
	return spec
}

// hasEmail gives the user another address.
func hasEmail(id, address string, status clerk.IdentifierStatus) func(*clerk.User) {
	return func(u *clerk.User) {
		u.EmailAddresses = append(u.EmailAddresses, clerk.EmailAddress{ID: id, Address: address, Status: status})
	}
}

func adaIs(status clerk.IdentifierStatus) func(*clerk.User) {
	return func(u *clerk.User) { u.EmailAddresses[0].Status = status }
}

func linked(u *clerk.User) { u.EmailAddresses[len(u.EmailAddresses)-1].Linked = true }

func primaryIs(id string) func(*clerk.User) {
	return func(u *clerk.User) { u.PrimaryEmailAddressID = id }
}

func TestAddingEmailAddresses(t *testing.T) {
	t.Parallel()
	checkExamples(t, map[string]example{
		"ANewAddressIsAddedAsVerified": {
			spec: emails(email("new@x.io")),
			want: []string{`AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true`},
		},
		"AddressesAreTheSameInUpperCase": {spec: emails(email("ADA@X.io"))},
		"AReservedAddressCannotBeAddedLater": {
			spec:        emails(email("ada@x.io"), email("new@x.io", reservedEmail, primaryEmail)),
			unreachable: []string{"spec.emailAddresses[1].status"},
		},
		"AnUnverifiedAddressIsVerified": {
			spec: emails(email("ada@x.io", verifiedEmail)),
			user: ada(adaIs(clerk.Unverified)),
			want: []string{`UpdateEmailAddress ID="idn_1" Address="ada@x.io" Verified=true`},
		},
		"AReservedAddressIsVerified": {
			spec: emails(email("ada@x.io", verifiedEmail)),
			user: ada(adaIs(clerk.Reserved)),
			want: []string{`UpdateEmailAddress ID="idn_1" Address="ada@x.io" Verified=true`},
		},
		"AStatusThatIsOmittedIsNotManaged": {spec: emails(email("ada@x.io")), user: ada(adaIs(clerk.Unverified))},
		"VerifiedIsMoreThanReserved":       {spec: emails(email("ada@x.io", reservedEmail))},
		"ReservedIsReserved":               {spec: emails(email("ada@x.io", reservedEmail)), user: ada(adaIs(clerk.Reserved))},
		"AnUnverifiedAddressCannotBeReserved": {
			spec:        emails(email("ada@x.io", reservedEmail)),
			user:        ada(adaIs(clerk.Unverified)),
			unreachable: []string{"spec.emailAddresses[0].status"},
		},
	})
}

func TestPrimaryEmailAddress(t *testing.T) {
	t.Parallel()
	second := hasEmail("idn_2", "b@x.io", clerk.Verified)
	checkExamples(t, map[string]example{
		"ItIsNotManagedIfNoneIsMarked": {spec: emails(email("b@x.io"), email("ada@x.io")), user: ada(second)},
		"AVerifiedAddressBecomesPrimaryInTheUpdate": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := emails(email("b@x.io", primaryEmail))
				spec.FirstName = new("Ada")
				return spec
			}(),
			user: ada(second),
			want: []string{`Update FirstName="Ada" PrimaryEmailAddressID="idn_2"`},
		},
		"WhatIsPrimaryIsLeft": {spec: emails(email("ada@x.io", primaryEmail))},
		"AnAddedAddressBecomesPrimaryInTheSameCallAndFirst": {
			spec: emails(email("b@x.io"), email("c@x.io", primaryEmail)),
			want: []string{
				`AddEmailAddress UserID="user_1" Address="c@x.io" Verified=true Primary=true`,
				`AddEmailAddress UserID="user_1" Address="b@x.io" Verified=true`,
			},
		},
		"AVerifiedOneBecomesPrimaryInTheSameCall": {
			spec: emails(email("b@x.io", primaryEmail, verifiedEmail)),
			user: ada(hasEmail("idn_2", "b@x.io", clerk.Unverified)),
			want: []string{`UpdateEmailAddress ID="idn_2" Address="b@x.io" Verified=true Primary=true`},
		},
		"AnUnverifiedAddressCannotBecomePrimary": {
			spec:        emails(email("b@x.io", primaryEmail)),
			user:        ada(hasEmail("idn_2", "b@x.io", clerk.Unverified)),
			unreachable: []string{"spec.emailAddresses[0].primary"},
		},
		"AReservedAddressCannotBecomePrimary": {
			spec:        emails(email("b@x.io", primaryEmail, reservedEmail)),
			user:        ada(hasEmail("idn_2", "b@x.io", clerk.Reserved)),
			unreachable: []string{"spec.emailAddresses[0].primary"},
		},
		"OneReasonIsEnough": {
			spec:        emails(email("b@x.io", primaryEmail, reservedEmail)),
			user:        ada(hasEmail("idn_2", "b@x.io", clerk.Unverified)),
			unreachable: []string{"spec.emailAddresses[0].status"},
		},
		"AReservedAddressMayBePrimary": {
			spec: emails(email("ada@x.io", primaryEmail, reservedEmail)),
			user: ada(adaIs(clerk.Reserved)),
		},
	})
}

func TestRemovingEmailAddresses(t *testing.T) {
	t.Parallel()
	second := hasEmail("idn_2", "b@x.io", clerk.Verified)
	ours := v1alpha1.Applied{EmailAddresses: []string{"ada@x.io"}}
	checkExamples(t, map[string]example{
		"MergeLeavesWhatOthersAdded": {spec: emails(email("ada@x.io")), user: ada(second)},
		"ReplaceRemovesWhatIsNotListed": {
			spec: onlyEmails(email("ada@x.io")), user: ada(second),
			want: []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
		},
		"ReplaceMeansNothingToAListThatIsOmitted": {
			spec: v1alpha1.ClerkUserSpec{IdentifiersPolicy: new(v1alpha1.PolicyReplace)}, user: ada(second),
		},
		"WhatWeAddedIsTakenBackWhenItLeavesTheList": {
			spec: emails(email("ada@x.io")), user: ada(second),
			applied: v1alpha1.Applied{EmailAddresses: []string{"b@x.io", "gone@x.io"}},
			want:    []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
		},
		"WhatWeAddedIsTakenBackWhenTheListLeavesTheSpec": {
			user: ada(second), applied: v1alpha1.Applied{EmailAddresses: []string{"b@x.io"}},
			want: []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
		},
		"AnEmptyListTakesBackWhatWeAdded": {
			spec: emails(), user: ada(second), applied: v1alpha1.Applied{EmailAddresses: []string{"b@x.io"}},
			want: []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
		},
		"AnEmptyListThatReplacesLeavesThePrimaryAsLastWayIn": {
			spec: onlyEmails(), user: ada(second, primaryIs("idn_1")),
			want:        []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
			unreachable: []string{"spec.emailAddresses"},
		},
		"TheUsernameIsAWayInToo": {
			spec: onlyEmails(), user: ada(named("ada")),
			want: []string{`DeleteEmailAddress ID="idn_1" Address="ada@x.io"`},
		},
		"AUsernameThatIsSetInTheSamePlanIsAWayInToo": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails()
				spec.Username = new("ada")
				return spec
			}(),
			want: []string{`Update Username="ada"`, `DeleteEmailAddress ID="idn_1" Address="ada@x.io"`},
		},
		"OfUsernameAndAddressOneStays": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := onlyEmails()
				spec.Username = new("")
				return spec
			}(),
			user:        ada(named("ada")),
			want:        []string{`Update Username=""`},
			unreachable: []string{"spec.emailAddresses"},
		},
		"WhatIsNoWayInIsRemovedBesideTheLastOne": {
			spec: onlyEmails(), user: ada(hasEmail("idn_2", "b@x.io", clerk.Unverified)),
			want:        []string{`DeleteEmailAddress ID="idn_2" Address="b@x.io"`},
			unreachable: []string{"spec.emailAddresses"},
		},
		"TheOnlyIdentifierStaysEvenIfItIsNoWayIn": {
			spec: onlyEmails(), user: ada(adaIs(clerk.Unverified)), unreachable: []string{"spec.emailAddresses"},
		},
		"ALinkedAddressStays": {spec: onlyEmails(email("ada@x.io")), user: ada(second, linked)},
		"AChangeIsAddThenPrimaryThenRemove": {
			spec: emails(email("new@x.io")), applied: ours,
			want: []string{
				`AddEmailAddress UserID="user_1" Address="new@x.io" Verified=true Primary=true`,
				`DeleteEmailAddress ID="idn_1" Address="ada@x.io"`,
			},
		},
		"ThePrimaryAddressThatGoesIsSucceededInTheOrderOfTheSpec": {
			spec: emails(email("c@x.io"), email("b@x.io")), applied: ours,
			user: ada(second, hasEmail("idn_3", "c@x.io", clerk.Verified)),
			want: []string{`Update PrimaryEmailAddressID="idn_3"`, `DeleteEmailAddress ID="idn_1" Address="ada@x.io"`},
		},
		"ThePrimaryAddressThatGoesIsSucceededByOneOfOthers": {
			applied: ours, user: ada(hasEmail("idn_0", "a@x.io", clerk.Unverified), second),
			want: []string{`Update PrimaryEmailAddressID="idn_2"`, `DeleteEmailAddress ID="idn_1" Address="ada@x.io"`},
		},
		"NothingUnverifiedSucceeds": {
			applied: ours, user: ada(named("ada"), hasEmail("idn_2", "b@x.io", clerk.Unverified)),
			want: []string{`DeleteEmailAddress ID="idn_1" Address="ada@x.io"`},
		},
		"AMarkedAddressThatCannotBePrimaryIsSucceededToo": {
			spec: emails(email("b@x.io", primaryEmail), email("c@x.io")), applied: ours,
			user:        ada(hasEmail("idn_2", "b@x.io", clerk.Unverified), hasEmail("idn_3", "c@x.io", clerk.Verified)),
			want:        []string{`Update PrimaryEmailAddressID="idn_3"`, `DeleteEmailAddress ID="idn_1" Address="ada@x.io"`},
			unreachable: []string{"spec.emailAddresses[0].primary"},
		},
	})
}

func phone(edits ...func(*v1alpha1.PhoneNumber)) v1alpha1.ClerkUserSpec {
	n := v1alpha1.PhoneNumber{Number: "+15555550100"}
	for _, edit := range edits {
		edit(&n)
	}
	return v1alpha1.ClerkUserSpec{PhoneNumbers: []v1alpha1.PhoneNumber{n}}
}

func second(value bool) func(*v1alpha1.PhoneNumber) {
	return func(n *v1alpha1.PhoneNumber) { n.ReservedForSecondFactor = new(value) }
}

func verifiedPhone(n *v1alpha1.PhoneNumber) { n.Status = new(v1alpha1.IdentifierVerified) }
func primaryPhone(n *v1alpha1.PhoneNumber)  { n.Primary = new(true) }

func hasPhone(status clerk.IdentifierStatus, secondFactor bool) func(*clerk.User) {
	return func(u *clerk.User) {
		u.PhoneNumbers = []clerk.PhoneNumber{
			{ID: "idn_p", Number: "+15555550100", Status: status, ReservedForSecondFactor: secondFactor},
		}
	}
}

func noEmail(u *clerk.User) { u.EmailAddresses, u.PrimaryEmailAddressID = nil, "" }

func TestPhoneNumbers(t *testing.T) {
	t.Parallel()
	only := v1alpha1.ClerkUserSpec{
		PhoneNumbers: []v1alpha1.PhoneNumber{}, IdentifiersPolicy: new(v1alpha1.PolicyReplace),
	}
	const field = "spec.phoneNumbers[0].reservedForSecondFactor"
	checkExamples(t, map[string]example{
		"ANewNumberIsAddedWithAllThatIsSaid": {
			spec: phone(second(true), primaryPhone),
			want: []string{`AddPhoneNumber UserID="user_1" Number="+15555550100" Verified=true Primary=true ReservedForSecondFactor=true`},
		},
		"ANumberThatIsNotListedIsRemoved": {
			spec: only, user: ada(hasPhone(clerk.Verified, false)),
			want: []string{`DeletePhoneNumber ID="idn_p" Number="+15555550100"`},
		},
		"ANumberThatIsASecondFactorIsNoWayIn": {
			spec: onlyEmails(), user: ada(hasPhone(clerk.Verified, true)), unreachable: []string{"spec.emailAddresses"},
		},
		"ANumberIsVerifiedAndBecomesPrimary": {
			spec: phone(verifiedPhone, primaryPhone), user: ada(hasPhone(clerk.Reserved, false)),
			want: []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" Verified=true Primary=true`},
		},
		"AVerifiedNumberBecomesPrimaryInTheUpdate": {
			spec: phone(primaryPhone), user: ada(hasPhone(clerk.Verified, false)),
			want: []string{`Update PrimaryPhoneNumberID="idn_p"`},
		},
		"ASecondFactorIsTakenFromTheWaysIn": {
			spec: phone(second(true)), user: ada(hasPhone(clerk.Verified, false)),
			want: []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" ReservedForSecondFactor=true`},
		},
		"ASecondFactorIsLeft": {spec: phone(second(true)), user: ada(hasPhone(clerk.Verified, true))},
		"ASecondFactorIsGivenBack": {
			spec: phone(second(false)), user: ada(hasPhone(clerk.Verified, true)),
			want: []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" ReservedForSecondFactor=false`},
		},
		"ASecondFactorThatIsOmittedIsNotManaged": {spec: phone(), user: ada(hasPhone(clerk.Verified, true))},
		"AnUnverifiedNumberBecomesSecondFactorInOneCall": {
			spec: phone(second(true), verifiedPhone), user: ada(hasPhone(clerk.Unverified, false)),
			want: []string{`UpdatePhoneNumber ID="idn_p" Number="+15555550100" Verified=true ReservedForSecondFactor=true`},
		},
		"AReservedNumberStaysAWayInUntilOthersAreGiven": {
			spec: phone(second(true), verifiedPhone), user: ada(hasPhone(clerk.Reserved, false)),
			want: []string{
				`UpdatePhoneNumber ID="idn_p" Number="+15555550100" Verified=true`,
				`UpdatePhoneNumber ID="idn_p" Number="+15555550100" ReservedForSecondFactor=true`,
			},
		},
		"AnUnverifiedNumberCannotBeASecondFactor": {
			spec: phone(second(true)), user: ada(hasPhone(clerk.Unverified, false)), unreachable: []string{field},
		},
		"TheLastWayInCannotBeASecondFactor": {
			spec: phone(second(true)), user: ada(noEmail, hasPhone(clerk.Verified, false)), unreachable: []string{field},
		},
	})
}
