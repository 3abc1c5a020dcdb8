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

// retries lets the time pass that what Clerk refused is left alone for at first.
func (w *world) retries() {
	w.t.Helper()
	w.server.Clock().Advance(6 * time.Minute)
	w.touch()
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

// wantPending fails unless status names these fields as not carried out.
func (w *world) wantPending(name string, fields ...string) {
	w.t.Helper()
	if diff := cmp.Diff(fields, w.read(name).Status.PendingChanges); diff != "" {
		w.t.Errorf("pendingChanges of %s (-want +got):\n%s", name, diff)
	}
}

func (w *world) wantRole(name, want string) {
	w.t.Helper()
	w.eventually("role "+want+" of "+name, func() error {
		if w.atClerk(name).PublicMetadata["role"] != want {
			return errNotYet
		}
		return nil
	})
}

// wantNoDrift fails if what somebody declared was told as a correction of what somebody else did.
func (w *world) wantNoDrift(name string) {
	w.t.Helper()
	if told := w.told(name); slices.Contains(told, v1alpha1.EventDriftCorrected) {
		w.t.Errorf("what %s declares was told as drift: %v", name, told)
	}
}

func TestTakenAddressHoldsBackNoDemotion(t *testing.T) {
	w := newLiveWorld(t)
	other := w.clerk.Seed(verified("taken"))
	w.create(w.user("ann", role("admin")))
	w.becomes("ann", v1alpha1.ReasonInSync)

	w.edit("ann", func(s *spec) { role("viewer")(s); also("taken")(s); also("free")(s) })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[1]", "form_identifier_exists")
	w.wantRole("ann", "viewer")
	w.wantPending("ann", "emailAddresses")
	if user := w.atClerk("ann"); len(user.EmailAddresses) != 2 {
		t.Errorf("a taken address holds back a free one: %+v", user.EmailAddresses)
	}

	if _, err := w.clerk.Edit(w.atClerk("ann").ID, func(u *emulator.User) { u.PublicMetadata["role"] = "admin" }); err != nil {
		t.Fatal(err)
	}
	w.wantRole("ann", "viewer")
	w.tells("ann", v1alpha1.EventDriftCorrected)
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	tried := w.calls("POST", "/email_addresses")
	w.rests()
	w.wantCalls(tried, "POST", "/email_addresses")

	w.removeAtClerk(other.ID)
	w.retries()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestLateSuccessIsNoDrift(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"InOneProcess": false, "AfterARestart": true} {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			other := w.clerk.Seed(verified("taken"))
			w.create(w.user("ann"))
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.edit("ann", also("taken"))
			w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
			w.removeAtClerk(other.ID)
			if restarted {
				w.restart()
			}
			w.retries()
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.tells("ann", v1alpha1.EventUpdated)
			w.wantNoDrift("ann")
			w.rests()
		})
	}
}

func TestRefusedImageHoldsBackNothing(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.portraits(portrait(t, 1)))
	w.create(w.user("ann", also("old"), banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 413, Code: "image_too_large", Param: "file", Times: -1})
	w.edit("ann", func(s *spec) { fromPortraits(s); s.EmailAddresses, s.Banned = s.EmailAddresses[:1], nil })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.profileImage", "image_too_large")
	w.wantPending("ann", "profileImage")
	if user := w.atClerk("ann"); user.Banned || len(user.EmailAddresses) != 1 {
		t.Errorf("a refused image holds back the rest: banned %t, %+v", user.Banned, user.EmailAddresses)
	}
	w.rests()
	w.clerk.ClearFaults()
	w.retries()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestAttributeOfADirectoryHoldsBackNoOther(t *testing.T) {
	w := newLiveWorld(t)
	before := w.clerk.Seed(emulator.User{
		FirstName:      ptr.To("Ann"),
		EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("ann@example.com")},
		Directory:      &emulator.Directory{},
	})
	w.create(w.user("ann", func(s *spec) { s.UserID = ptr.To(before.ID) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { role("viewer")(s); s.FirstName, s.Locale = ptr.To("Anna"), ptr.To("de-DE") })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.firstName", "attribute_managed_by_scim")
	w.wantRole("ann", "viewer")
	w.wantPending("ann", "firstName")
	if user := w.atClerk("ann"); user.Locale == nil || *user.Locale != "de-DE" {
		t.Error("the locale was not written")
	}
	w.rests()
}

// TestRefusalThatNamesNothing has Clerk refuse what it does without saying which field it is about.
func TestRefusalThatNamesNothing(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{
		Method: "PATCH", Path: "/users/*", BodyContains: "last_name", Code: "nameless_trouble", Times: -1,
	})
	w.edit("ann", func(s *spec) { s.FirstName, s.LastName, s.Locale = ptr.To("Ann"), ptr.To("Lee"), ptr.To("de") })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.lastName", "nameless_trouble")
	w.wantPending("ann", "lastName")
	user := w.atClerk("ann")
	if user.FirstName == nil || *user.FirstName != "Ann" || user.Locale == nil || *user.Locale != "de" {
		t.Error("what Clerk does not object to was not written")
	}
	// All three at once, then one by one.
	w.wantCalls(4, "PATCH", "/users/*")
	w.rests()
	w.wantCalls(4, "PATCH", "/users/*")
	w.clerk.ClearFaults()
	w.retries()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantCalls(5, "PATCH", "/users/*")
	w.rests()
}

func TestEveryRefusedFieldIsNamedAndTriedAgainAlone(t *testing.T) {
	w := newLiveWorld(t)
	for _, name := range []string{"taken", "taken-too"} {
		w.clerk.Seed(verified(name))
	}
	w.create(w.portraits(portrait(t, 1)))
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 413, Code: "image_too_large", Times: -1})
	w.edit("ann", func(s *spec) {
		also("taken")(s)
		also("taken-too")(s)
		fromPortraits(s)
		s.Username, s.FirstName = ptr.To("a!"), ptr.To("Ann")
	})
	user := w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.says(user, "spec.emailAddresses[1]", "spec.emailAddresses[2]", "spec.username", "spec.profileImage")
	w.wantPending("ann", "emailAddresses", "profileImage", "username")
	w.rests()
	w.clerk.ResetJournal()
	w.retries()
	w.eventually("the refused calls", func() error {
		if w.calls("POST", imagePath) == 0 {
			return errNotYet
		}
		return nil
	})
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.rests()
	w.wantCalls(1, "POST", imagePath)
	w.wantCalls(2, "POST", "/email_addresses")
	w.wantCalls(1, "PATCH", "/users/*")
	if n := len(w.clerk.Journal().Writes()); n != 4 {
		t.Errorf("%d writes, want those that were refused and no other\n%s", n, w.describe())
	}
	w.edit("ann", func(s *spec) { s.EmailAddresses, s.Username, s.ProfileImage = s.EmailAddresses[:1], nil, nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

// TestAccessIsNotGivenBackBeforeRightsAreTaken refuses the demotion that goes along with a lifted ban.
func TestAccessIsNotGivenBackBeforeRightsAreTaken(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", role("admin"), banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata", Times: -1})
	w.edit("ann", func(s *spec) { role("viewer")(s); s.Banned, s.FirstName = ptr.To(false), ptr.To("Ann") })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.publicMetadata")
	w.wantPending("ann", "banned", "publicMetadata")
	user := w.atClerk("ann")
	if !user.Banned || user.FirstName == nil {
		t.Errorf("banned %t, first name %v, want a ban that stays and a name", user.Banned, user.FirstName)
	}
	w.rests()
	w.clerk.ClearFaults()
	w.retries()
	w.becomes("ann", v1alpha1.ReasonInSync)
	if w.atClerk("ann").Banned {
		t.Error("the ban stayed")
	}
	w.rests()
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
			w := newLiveWorld(t)
			w.create(w.user("ann", withUsername("ann_lee"), func(s *spec) {
				s.PhoneNumbers = []v1alpha1.PhoneNumber{{Number: "+15555550177"}}
				s.EmailAddresses[0].Status = ptr.To(v1alpha1.IdentifierReserved)
			}))
			w.becomes("ann", v1alpha1.ReasonInSync)
			unchanged, err := json.Marshal(tc.answer(w.atClerk("ann")))
			if err != nil {
				t.Fatal(err)
			}
			w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: tc.path, Status: 200, Body: string(unchanged), Times: -1})
			w.clerk.InjectFault(emulator.Fault{
				Method: "DELETE", Path: "/phone_numbers/*", Status: 429, Header: map[string]string{"Retry-After": "1"}, Times: 5,
			})
			w.edit("ann", func(s *spec) { tc.edit(s); s.PhoneNumbers = nil })
			w.eventually("the call that has waited", func() error {
				w.server.Clock().Advance(100 * time.Millisecond)
				if w.calls("DELETE", "/phone_numbers/*") < 6 {
					return errNotYet
				}
				return nil
			})
			w.says(w.becomes("ann", v1alpha1.ReasonNotKept), tc.field)
			w.wantCalls(1, "PATCH", tc.path)
			w.wantPending("ann", tc.field)
			w.rests()
		})
	}
}

func TestMissingSecretHoldsBackNoDemotion(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", role("admin"), also("old")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) {
		role("viewer")(s)
		s.EmailAddresses = s.EmailAddresses[:1]
		s.Password = &v1alpha1.Password{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "nowhere", Key: "password"}}
	})
	w.says(w.becomes("ann", v1alpha1.ReasonSecretNotFound), "spec.password.secretKeyRef")
	w.wantRole("ann", "viewer")
	if user := w.atClerk("ann"); len(user.EmailAddresses) != 1 || user.PasswordEnabled {
		t.Errorf("addresses %+v, password %t", user.EmailAddresses, user.PasswordEnabled)
	}
	w.rests()
}

func TestInvalidSpecHoldsBackNoBan(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", role("admin")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) {
		s.PublicMetadata, s.Banned, s.FirstName = object(`{"clerk-operator.io/role":1}`), ptr.To(true), ptr.To("Ann")
	})
	w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), "spec.publicMetadata")
	if user := w.atClerk("ann"); !user.Banned || user.FirstName != nil || user.PublicMetadata["role"] != "admin" {
		t.Errorf("banned %t, first name %v, metadata %v: want the ban and nothing else", user.Banned, user.FirstName, user.PublicMetadata)
	}
	w.rests()
	w.edit("ann", func(s *spec) { role("viewer")(s) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

// TestIdentifierThatOurOwnUserHasIsNoRefusal has another operator, or a lost answer, add the address first.
func TestIdentifierThatOurOwnUserHasIsNoRefusal(t *testing.T) {
	w := newLiveWorld(t, slow)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	if _, err := w.clerk.Edit(w.atClerk("ann").ID, func(u *emulator.User) {
		u.EmailAddresses = append(u.EmailAddresses, verified("ann-too").EmailAddresses...)
	}); err != nil {
		t.Fatal(err)
	}
	w.edit("ann", also("ann-too"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantCalls(1, "POST", "/email_addresses")
	w.wantNoDrift("ann")
}
