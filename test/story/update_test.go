// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

type spec = v1alpha1.ClerkUserSpec

// full declares something of every group of fields.
func full(s *spec) {
	s.ExternalID, s.Username = ptr.To("hr-17"), ptr.To("ann_lee")
	s.FirstName, s.LastName, s.Locale = ptr.To("Ann"), ptr.To("Lee"), ptr.To("en-US")
	s.PhoneNumbers = []v1alpha1.PhoneNumber{{Number: "+15555550100"}}
	s.PublicMetadata = object(`{"role":"admin","limits":{"seats":3}}`)
	s.PrivateMetadata = object(`{"cost":"R1"}`)
	s.UnsafeMetadata = object(`{"theme":"dark"}`)
	s.DeleteSelfEnabled, s.CreateOrganizationEnabled, s.BypassClientTrust = ptr.To(false), ptr.To(false), ptr.To(true)
	s.CreateOrganizationsLimit = ptr.To[int64](2)
}

func TestChangedFieldGroupCostsOneCall(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*spec)
		method string
		path   string
		reads  int
		holds  func(*emulator.User) bool
	}{
		"Profile": {
			func(s *spec) { s.FirstName, s.LastName, s.Locale = ptr.To("Anna"), ptr.To(""), ptr.To("de") }, "PATCH", "/users/*", 0,
			func(u *emulator.User) bool { return *u.FirstName == "Anna" && u.LastName == nil && *u.Locale == "de" },
		},
		"Permissions": {
			func(s *spec) {
				s.DeleteSelfEnabled, s.CreateOrganizationsLimit = ptr.To(true), ptr.To[int64](0)
				s.CreateOrganizationEnabled, s.BypassClientTrust = ptr.To(true), ptr.To(false)
			}, "PATCH", "/users/*", 0,
			func(u *emulator.User) bool {
				return u.DeleteSelfEnabled && *u.CreateOrganizationsLimit == 0 && u.CreateOrganizationEnabled && !u.BypassClientTrust
			},
		},
		"Names": {
			func(s *spec) { s.Username, s.ExternalID = ptr.To("ann_2"), ptr.To("hr-18") }, "PATCH", "/users/*", 0,
			func(u *emulator.User) bool { return *u.Username == "ann_2" && *u.ExternalID == "hr-18" },
		},
		"Metadata": {
			func(s *spec) {
				s.PublicMetadata, s.PrivateMetadata = object(`{"role":"viewer","limits":{"seats":4}}`), object(`{"cost":"R2"}`)
			}, "PATCH", "/users/*/metadata", 0,
			func(u *emulator.User) bool {
				return u.PublicMetadata["role"] == "viewer" && u.PrivateMetadata["cost"] == "R2" && u.UnsafeMetadata["theme"] == "dark"
			},
		},
		"MetadataKeyRemoved": {
			func(s *spec) { s.PublicMetadata = object(`{"limits":{}}`) }, "PATCH", "/users/*/metadata", 0,
			func(u *emulator.User) bool {
				_, role := u.PublicMetadata["role"]
				limits, _ := u.PublicMetadata["limits"].(map[string]any)
				return !role && limits != nil && len(limits) == 0
			},
		},
		"Banned":        {func(s *spec) { s.Banned = ptr.To(true) }, "POST", "/users/*/ban", 0, func(u *emulator.User) bool { return u.Banned }},
		"Locked":        {func(s *spec) { s.Locked = ptr.To(true) }, "POST", "/users/*/lock", 0, func(u *emulator.User) bool { return u.Locked }},
		"EmailAdded":    {addEmail, "POST", "/email_addresses", 1, func(u *emulator.User) bool { return len(u.EmailAddresses) == 2 }},
		"PhoneRemoved":  {func(s *spec) { s.PhoneNumbers = []v1alpha1.PhoneNumber{} }, "DELETE", "/phone_numbers/*", 1, func(u *emulator.User) bool { return len(u.PhoneNumbers) == 0 }},
		"PhoneReserved": {func(s *spec) { s.PhoneNumbers[0].ReservedForSecondFactor = ptr.To(true) }, "PATCH", "/phone_numbers/*", 1, func(u *emulator.User) bool { return u.PhoneNumbers[0].ReservedForSecondFactor }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t, slow)
			env.create(env.user("ann", full))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.clerk.ResetJournal()
			env.edit("ann", tc.change)
			env.expectReason("ann", v1alpha1.ReasonInSync)
			if u := env.atClerk("ann"); !tc.holds(u) {
				t.Errorf("the user at Clerk is not as declared: %+v", u)
			}
			env.expectCalls(1, tc.method, tc.path)
			env.expectCalls(tc.reads, "GET", "/users/*")
			if n := len(env.clerk.Journal().Writes()); n != 1 {
				t.Errorf("%d writes, want 1\n%s", n, env.describe())
			}
			env.editInstance(quick)
			env.expectNoWrites()
		})
	}
}

func addEmail(s *spec) {
	s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: "second@example.com"})
}

func TestRemovedFieldsAreTakenBackAndNothingElse(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", full, addEmail, func(s *spec) { s.Banned, s.Locked = ptr.To(true), ptr.To(true) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	id := env.read("ann").Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) {
		u.PublicMetadata["app"] = "wrote this"
		u.UnsafeMetadata = map[string]any{"theme": u.UnsafeMetadata["theme"], "mine": true}
	}); err != nil {
		t.Fatal(err)
	}
	env.edit("ann", func(s *spec) {
		*s = v1alpha1.ClerkUserSpec{EmailAddresses: s.EmailAddresses[:1]}
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)

	u := env.atClerk("ann")
	if len(u.EmailAddresses) != 1 || u.Banned || u.Locked {
		t.Errorf("address, ban and lock were not taken back: %+v", u)
	}
	if _, role := u.PublicMetadata["role"]; role || u.PublicMetadata["app"] != "wrote this" || u.UnsafeMetadata["mine"] != true {
		t.Errorf("metadata: %v %v", u.PublicMetadata, u.UnsafeMetadata)
	}
	if *u.FirstName != "Ann" || *u.Username != "ann_lee" || *u.ExternalID != "hr-17" || u.DeleteSelfEnabled {
		t.Errorf("what was overwritten did not stay: %+v", u)
	}
	env.expectNoWrites()
}

func TestIdentifierIsExchangedWithoutReplacingTheAccount(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.clerk.ResetJournal()
	env.edit("ann", func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: "Married@Example.com", Primary: ptr.To(true)}}
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	u := env.atClerk("ann")
	if u.ID != id || len(u.EmailAddresses) != 1 || u.EmailAddresses[0].EmailAddress != "married@example.com" {
		t.Errorf("want the same account with the new address only: %+v", u)
	}
	env.expectCalls(1, "POST", "/email_addresses")
	env.expectCalls(1, "DELETE", "/email_addresses/*")
	env.expectCalls(0, "DELETE", "/users/*")
	env.expectNoWrites()
}

func TestMetadataReplaceOwnsTheWholeField(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) {
		s.PrivateMetadata, s.MetadataPolicy = object(`{"cost":"R1"}`), ptr.To(v1alpha1.PolicyReplace)
	}))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.PrivateMetadata["stray"] = 1 }); err != nil {
		t.Fatal(err)
	}
	env.eventually("the stray key to go", func() error {
		if _, stray := env.clerk.User(id).PrivateMetadata["stray"]; stray {
			return errNotYet
		}
		return nil
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if env.clerk.User(id).PrivateMetadata[v1alpha1.OwnerKey] == nil {
		t.Error("the owner mark went with it")
	}
	env.expectNoWrites()
}

func TestSpecEditedWhileInFlight(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Delay: driftInterval, AfterApplying: true})
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("One") })
	env.eventually("the call to be under way", func() error {
		if env.calls("PATCH", "/users/*") == 0 {
			return errNotYet
		}
		return nil
	})
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Two") })
	user := env.expectReason("ann", v1alpha1.ReasonInSync)
	if u := env.atClerk("ann"); *u.FirstName != "Two" || user.Status.ObservedGeneration != user.Generation {
		t.Errorf("at Clerk it is %q at generation %d of %d", *u.FirstName, user.Status.ObservedGeneration, user.Generation)
	}
	env.expectNoWrites()
}
