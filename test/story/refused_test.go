// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// passBackoff advances the clock beyond the first back-off after a refusal, and has each ClerkUser reconciled.
func (env *environment) passBackoff() {
	env.t.Helper()
	env.server.Clock().Advance(6 * time.Minute)
	env.touch()
}

func role(name string) func(*spec) {
	return func(s *spec) { s.PublicMetadata = object(`{"role":"` + name + `"}`) }
}

func also(name string) func(*spec) {
	return func(s *spec) {
		s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: address(name)})
	}
}

func withUsername(name string) func(*spec) {
	return func(s *spec) { s.Username = ptr.To(name) }
}

// expectPendingChanges fails unless status names these fields as not carried out.
func (env *environment) expectPendingChanges(name string, fields ...string) {
	env.t.Helper()
	if diff := cmp.Diff(fields, env.read(name).Status.PendingChanges); diff != "" {
		env.t.Errorf("pendingChanges of %s (-want +got):\n%s", name, diff)
	}
}

func (env *environment) expectRole(name, want string) {
	env.t.Helper()
	env.eventually("role "+want+" of "+name, func() error {
		if env.atClerk(name).PublicMetadata["role"] != want {
			return errNotYet
		}
		return nil
	})
}

// expectNoDriftEvent fails if an event reports a declared change as a correction of drift.
func (env *environment) expectNoDriftEvent(name string) {
	env.t.Helper()
	if seen := env.eventReasons(name); slices.Contains(seen, v1alpha1.EventDriftCorrected) {
		env.t.Errorf("a declared change of %s has an event about drift: %v", name, seen)
	}
}

func TestTakenAddressHoldsBackNoDemotion(t *testing.T) {
	env := newRunningEnvironment(t)
	other := env.clerk.Seed(verified("taken"))
	env.create(env.user("ann", role("admin")))
	env.expectReason("ann", v1alpha1.ReasonInSync)

	env.edit("ann", func(s *spec) { role("viewer")(s); also("taken")(s); also("free")(s) })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[1]", "form_identifier_exists")
	env.expectRole("ann", "viewer")
	env.expectPendingChanges("ann", "emailAddresses")
	if user := env.atClerk("ann"); len(user.EmailAddresses) != 2 {
		t.Errorf("a taken address holds back a free one: %+v", user.EmailAddresses)
	}

	if _, err := env.clerk.Edit(env.atClerk("ann").ID, func(u *emulator.User) { u.PublicMetadata["role"] = "admin" }); err != nil {
		t.Fatal(err)
	}
	env.expectRole("ann", "viewer")
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	tried := env.calls("POST", "/email_addresses")
	env.expectNoWrites()
	env.expectCalls(tried, "POST", "/email_addresses")

	env.removeAtClerk(other.ID)
	env.passBackoff()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestLateSuccessIsNoDrift(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"InOneProcess": false, "AfterARestart": true} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			other := env.clerk.Seed(verified("taken"))
			env.create(env.user("ann"))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.edit("ann", also("taken"))
			env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
			env.removeAtClerk(other.ID)
			if restarted {
				env.restart()
			}
			env.passBackoff()
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectEvent("ann", v1alpha1.EventUpdated)
			env.expectNoDriftEvent("ann")
			env.expectNoWrites()
		})
	}
}

func TestRefusedImageHoldsBackNothing(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.portraits(portrait(t, 1)))
	env.create(env.user("ann", also("old"), banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 413, Code: "image_too_large", Param: "file", Times: -1})
	env.edit("ann", func(s *spec) { fromPortraits(s); s.EmailAddresses, s.Banned = s.EmailAddresses[:1], nil })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.profileImage", "image_too_large")
	env.expectPendingChanges("ann", "profileImage")
	if user := env.atClerk("ann"); user.Banned || len(user.EmailAddresses) != 1 {
		t.Errorf("a refused image holds back the rest: banned %t, %+v", user.Banned, user.EmailAddresses)
	}
	env.expectNoWrites()
	env.clerk.ClearFaults()
	env.passBackoff()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestAttributeOfADirectoryHoldsBackNoOther(t *testing.T) {
	env := newRunningEnvironment(t)
	before := env.clerk.Seed(emulator.User{
		FirstName:      ptr.To("Ann"),
		EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("ann@example.com")},
		Directory:      &emulator.Directory{},
	})
	env.create(env.user("ann", func(s *spec) { s.UserID = ptr.To(before.ID) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { role("viewer")(s); s.FirstName, s.Locale = ptr.To("Anna"), ptr.To("de-DE") })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.firstName", "attribute_managed_by_scim")
	env.expectRole("ann", "viewer")
	env.expectPendingChanges("ann", "firstName")
	if user := env.atClerk("ann"); user.Locale == nil || *user.Locale != "de-DE" {
		t.Error("the locale was not written")
	}
	env.expectNoWrites()
}

// TestRefusalThatNamesNothing has Clerk refuse what it does without saying which field it is about.
func TestRefusalThatNamesNothing(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{
		Method: "PATCH", Path: "/users/*", BodyContains: "last_name", Code: "nameless_trouble", Times: -1,
	})
	env.edit("ann", func(s *spec) { s.FirstName, s.LastName, s.Locale = ptr.To("Ann"), ptr.To("Lee"), ptr.To("de") })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.lastName", "nameless_trouble")
	env.expectPendingChanges("ann", "lastName")
	user := env.atClerk("ann")
	if user.FirstName == nil || *user.FirstName != "Ann" || user.Locale == nil || *user.Locale != "de" {
		t.Error("what Clerk does not object to was not written")
	}
	// All three at once, then one by one.
	env.expectCalls(4, "PATCH", "/users/*")
	env.expectNoWrites()
	env.expectCalls(4, "PATCH", "/users/*")
	env.clerk.ClearFaults()
	env.passBackoff()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectCalls(5, "PATCH", "/users/*")
	env.expectNoWrites()
}

func TestEveryRefusedFieldIsNamedAndTriedAgainAlone(t *testing.T) {
	env := newRunningEnvironment(t)
	for _, name := range []string{"taken", "taken-too"} {
		env.clerk.Seed(verified(name))
	}
	env.create(env.portraits(portrait(t, 1)))
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 413, Code: "image_too_large", Times: -1})
	env.edit("ann", func(s *spec) {
		also("taken")(s)
		also("taken-too")(s)
		fromPortraits(s)
		s.Username, s.FirstName = ptr.To("a!"), ptr.To("Ann")
	})
	user := env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.expectMessage(user, "spec.emailAddresses[1]", "spec.emailAddresses[2]", "spec.username", "spec.profileImage")
	env.expectPendingChanges("ann", "emailAddresses", "profileImage", "username")
	env.expectNoWrites()
	env.clerk.ResetJournal()
	env.passBackoff()
	env.eventually("the refused calls", func() error {
		if env.calls("POST", imagePath) == 0 {
			return errNotYet
		}
		return nil
	})
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.expectNoWrites()
	env.expectCalls(1, "POST", imagePath)
	env.expectCalls(2, "POST", "/email_addresses")
	env.expectCalls(1, "PATCH", "/users/*")
	if n := len(env.clerk.Journal().Writes()); n != 4 {
		t.Errorf("%d writes, want those that were refused and no other\n%s", n, env.describe())
	}
	env.edit("ann", func(s *spec) { s.EmailAddresses, s.Username, s.ProfileImage = s.EmailAddresses[:1], nil, nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

// TestAccessIsNotGivenBackBeforeRightsAreTaken refuses the demotion that goes along with a lifted ban.
func TestAccessIsNotGivenBackBeforeRightsAreTaken(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", role("admin"), banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata", Times: -1})
	env.edit("ann", func(s *spec) { role("viewer")(s); s.Banned, s.FirstName = ptr.To(false), ptr.To("Ann") })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.publicMetadata")
	env.expectPendingChanges("ann", "banned", "publicMetadata")
	user := env.atClerk("ann")
	if !user.Banned || user.FirstName == nil {
		t.Errorf("banned %t, first name %v, want a ban that stays and a name", user.Banned, user.FirstName)
	}
	env.expectNoWrites()
	env.clerk.ClearFaults()
	env.passBackoff()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if env.atClerk("ann").Banned {
		t.Error("the ban stayed")
	}
	env.expectNoWrites()
}

// TestWhatClerkDoesNotKeepIsRememberedAtOnce makes a later call of the same plan wait, which has the plan made again and again.
func TestWhatClerkDoesNotKeepIsRememberedAtOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		path   string
		answer func(*emulator.User) any
		edit   func(*spec)
		field  string
	}{
		"AnsweredWithTheUser": {
			"/users/*", func(u *emulator.User) any { return u }, func(s *spec) { s.FirstName = ptr.To("Ann") }, "firstName",
		},
		"AnsweredWithAPart": {
			"/email_addresses/*", func(u *emulator.User) any { return u.EmailAddresses[0] },
			func(s *spec) { s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierVerified) }, "emailAddresses",
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.create(env.user("ann", withUsername("ann_lee"), func(s *spec) {
				s.PhoneNumbers = []v1alpha1.PhoneNumber{{Number: "+15555550177"}}
				s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierReserved)
			}))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			unchanged, err := json.Marshal(tc.answer(env.atClerk("ann")))
			if err != nil {
				t.Fatal(err)
			}
			env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: tc.path, Status: 200, Body: string(unchanged), Times: -1})
			env.clerk.InjectFault(emulator.Fault{
				Method: "DELETE", Path: "/phone_numbers/*", Status: 429, Header: map[string]string{"Retry-After": "1"}, Times: 5,
			})
			env.edit("ann", func(s *spec) { tc.edit(s); s.PhoneNumbers = nil })
			env.eventually("the call that has waited", func() error {
				env.server.Clock().Advance(100 * time.Millisecond)
				if env.calls("DELETE", "/phone_numbers/*") < 6 {
					return errNotYet
				}
				return nil
			})
			env.expectMessage(env.expectReason("ann", v1alpha1.ReasonNotKept), tc.field)
			env.expectCalls(1, "PATCH", tc.path)
			env.expectPendingChanges("ann", tc.field)
			env.expectNoWrites()
		})
	}
}

func TestMissingSecretHoldsBackNoDemotion(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", role("admin"), also("old")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) {
		role("viewer")(s)
		s.EmailAddresses = s.EmailAddresses[:1]
		s.Password = &v1alpha1.Password{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "nowhere", Key: "password"}}
	})
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonSecretNotFound), "spec.password.secretKeyRef")
	env.expectRole("ann", "viewer")
	if user := env.atClerk("ann"); len(user.EmailAddresses) != 1 || user.PasswordEnabled {
		t.Errorf("addresses %+v, password %t", user.EmailAddresses, user.PasswordEnabled)
	}
	env.expectNoWrites()
}

func TestInvalidSpecHoldsBackNoBan(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", role("admin")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) {
		s.PublicMetadata, s.Banned, s.FirstName = object(`{"clerk-operator.io/role":1}`), ptr.To(true), ptr.To("Ann")
	})
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), "spec.publicMetadata")
	if user := env.atClerk("ann"); !user.Banned || user.FirstName != nil || user.PublicMetadata["role"] != "admin" {
		t.Errorf("banned %t, first name %v, metadata %v: want the ban and nothing else", user.Banned, user.FirstName, user.PublicMetadata)
	}
	env.expectNoWrites()
	env.edit("ann", func(s *spec) { role("viewer")(s) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

// TestIdentifierThatOurOwnUserHasIsNoRefusal has another operator, or a lost answer, add the address first.
func TestIdentifierThatOurOwnUserHasIsNoRefusal(t *testing.T) {
	env := newRunningEnvironment(t, slow)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if _, err := env.clerk.Edit(env.atClerk("ann").ID, func(u *emulator.User) {
		u.EmailAddresses = append(u.EmailAddresses, verified("ann-too").EmailAddresses...)
	}); err != nil {
		t.Fatal(err)
	}
	env.edit("ann", also("ann-too"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectCalls(1, "POST", "/email_addresses")
	env.expectNoDriftEvent("ann")
}
