// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"testing"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// seedWithPassword is a user with a password of their own, to be adopted by id.
func (env *environment) seedWithPassword() emulator.User {
	return *env.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")},
		Credentials:    emulator.Credentials{Password: "chosen-By-Ann-77"},
	})
}

func (env *environment) change(o client.Object) {
	env.t.Helper()
	if err := env.client.Update(env.t.Context(), o); err != nil {
		env.t.Fatal(err)
	}
}

// loseWithBackup takes an object out of the cluster although it has a finalizer, and returns what a backup of it holds.
func (env *environment) loseWithBackup(name string) *v1alpha1.ClerkUser {
	env.t.Helper()
	user := env.read(name)
	backup := user.DeepCopy()
	user.Finalizers = nil
	env.change(user)
	env.delete(user)
	env.expectGone(name)
	backup.ResourceVersion, backup.UID = "", ""
	return backup
}

func TestPasswordThatIsDeclaredInAnInvalidSpecIsSentOnceItIsValid(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password, u.PasswordEnabled = "chosen-By-Ann-77", true })
	env.eventually("status to show the password", func() error {
		if !*env.read("ann").Status.PasswordEnabled {
			return errNotYet
		}
		return nil
	})
	env.create(env.portraits([]byte("<svg/>")))
	env.edit("ann", func(s *spec) { withPassword(s); fromPortraits(s) })
	env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	env.change(env.portraits(portrait(t, 1)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "first-Of-All-77")
	env.expectNoWrites()
	env.expectCalls(1, "POST", imagePath)
}

func TestRestoredObjectKeepsThePasswordOfItsUser(t *testing.T) {
	t.Parallel()
	for name, restore := range map[string]func(env *environment, backup *v1alpha1.ClerkUser){
		"WithoutStatus": func(env *environment, backup *v1alpha1.ClerkUser) { env.create(backup) },
		"WithStatus": func(env *environment, backup *v1alpha1.ClerkUser) {
			status := backup.Status
			env.create(backup)
			backup.Status = status
			if err := env.client.Status().Update(env.t.Context(), backup); err != nil {
				env.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := newWatchingEnvironment(t)
			env.putSecret("ann", "password", "first-Of-All-77")
			env.create(env.portraits(portrait(t, 1)))
			env.create(env.user("ann", withPassword, fromPortraits))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
			env.halt()
			backup := env.loseWithBackup("ann")
			restore(env, backup)
			env.start()
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectNoWrites()
			env.expectPassword("ann", "chosen-By-Ann-77")
			env.expectCalls(1, "POST", imagePath)
			env.expectEvent("ann", v1alpha1.EventBaselined)
		})
	}
}

func TestAdoptionKeepsThePasswordAlsoWhereTheSecretChangedBefore(t *testing.T) {
	env := newWatchingEnvironment(t)
	before := env.seedWithPassword()
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword, func(s *spec) { s.UserID, s.Mode = ptr.To(before.ID), ptr.To(v1alpha1.ModeObserve) }))
	env.expectReason("ann", v1alpha1.ReasonObserved)
	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectNoWrites()
	for _, field := range env.read("ann").Status.PendingChanges {
		if field == "password" {
			t.Error("the password is announced as to be changed")
		}
	}
	env.edit("ann", func(s *spec) { s.Mode = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectPassword("ann", "chosen-By-Ann-77")
}

func TestPasswordThatIsNoTextIsRefused(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-\xff-Of-All-77")
	env.create(env.user("ann", withPassword))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), "spec.password.secretKeyRef", "UTF-8")
	env.expectCalls(0, "POST", "/users")
	env.putSecret("ann", "password", "first-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "first-Of-All-77")
}

func TestRefusedImageIsNotTakenForOurs(t *testing.T) {
	env := newWatchingEnvironment(t)
	before := env.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}, HasImage: true,
		ImageURL: "https://img.example.com/by-ann",
	})
	env.create(env.user("ann", func(s *spec) { s.UserID = ptr.To(before.ID) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 422, Code: "image_too_large", Times: -1})
	env.create(env.portraits(portrait(t, 1)))
	env.edit("ann", fromPortraits)
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.edit("ann", func(s *spec) { s.ProfileImage = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectCalls(0, "DELETE", imagePath)
	if !env.atClerk("ann").HasImage {
		t.Error("the image of the user, which was never ours, is gone")
	}
}

func TestRefusedMetadataIsNotTakenForOurs(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "owner"} })
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 422, Code: "form_param_value_invalid", Times: -1})
	env.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) })
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.clerk.ClearFaults()
	env.edit("ann", func(s *spec) { s.PublicMetadata = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	if got := env.atClerk("ann").PublicMetadata["role"]; got != "owner" {
		t.Errorf("the application's role was taken back as if it were ours: %v", got)
	}
}

func TestPasswordCanFollowAnInitialOne(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("start", "password", "first-Of-All-77")
	env.putSecret("ann", "password", "second-Of-All-77")
	env.create(env.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")}}
	}))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { withPassword(s); s.Initial = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "second-Of-All-77")
}

// What does not come from a source does not wait for one.
func TestBanDoesNotWaitForAValidSource(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(env *environment){
		"Image": func(env *environment) { env.change(env.portraits([]byte("<svg/>"))) },
		"Value": func(env *environment) { env.putSecret("tokens", "billing", "tok-\xff") },
	} {
		t.Run(name, func(t *testing.T) {
			env := newWatchingEnvironment(t)
			env.putSecret("tokens", "billing", "tok-1")
			env.create(env.portraits(portrait(t, 1)))
			env.create(env.user("ann", fromPortraits, fromTokens))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			spoil(env)
			env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
			env.edit("ann", func(s *spec) { s.Banned, s.FirstName = ptr.To(true), ptr.To("Ann") })
			env.eventually("the ban", func() error {
				if !env.atClerk("ann").Banned {
					return errNotYet
				}
				return nil
			})
			env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
			env.expectNoWrites()
			env.expectCalls(1, "PATCH", "/users/*")
			env.expectCalls(0, "PATCH", "/users/*/metadata")
		})
	}
}

func TestImageOfAnInterruptedCreationIsReplaced(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.portraits(portrait(t, 1)))
	user := env.user("ann", fromPortraits)
	env.create(user)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.halt()
	// What a crash between the upload and the report leaves behind.
	lost := env.read("ann")
	lost.Status = v1alpha1.ClerkUserStatus{ObservedGeneration: -1}
	if err := env.client.Status().Update(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	env.change(env.portraits(portrait(t, 2)))
	env.start()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectCalls(2, "POST", imagePath)
	env.edit("ann", func(s *spec) { s.ProfileImage = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectCalls(1, "DELETE", imagePath)
}

func TestPasswordDeclaredInPlaceOfTheInitialOneOfALostCreation(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("start", "password", "first-Of-All-77")
	env.putSecret("ann", "password", "second-Of-All-77")
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AfterApplying: true, Cut: true})
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 503, Times: 2})
	env.create(env.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")}}
	}))
	env.eventually("the creating call", func() error {
		if env.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	env.edit("ann", func(s *spec) { withPassword(s); s.Initial = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "second-Of-All-77")
	env.expectCalls(1, "POST", "/users")
	env.expectNoWrites()
}

func TestNotKeptFieldIsSentAgainWhenItsSecretChanges(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("tokens", "billing", "tok-1")
	env.create(env.user("ann", fromTokens))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	unchanged, err := json.Marshal(env.atClerk("ann"))
	if err != nil {
		t.Fatal(err)
	}
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 200, Body: string(unchanged), Times: -1})
	env.putSecret("tokens", "billing", "tok-2")
	env.expectReason("ann", v1alpha1.ReasonNotKept)
	env.clerk.ClearFaults()
	env.putSecret("tokens", "billing", "tok-3")
	env.expectPrivateMetadata("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-3"}})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestHandedOverUserKeepsItsPassword(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) {
		u.CreatedAt -= (2 * time.Hour).Milliseconds()
		u.Credentials.Password = "chosen-By-Ann-77"
	})
	env.create(env.user("anna", withPassword, func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address("ann")}}
	}))
	env.expectReason("anna", v1alpha1.ReasonWaitingForDeletion)
	env.edit("ann", func(s *spec) { s.Password = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.putSecret("ann", "password", "second-Of-All-77")
	env.eventually("another creating call", func() error {
		if env.calls("POST", "/users") < 3 {
			return errNotYet
		}
		return nil
	})
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectReason("anna", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectPassword("anna", "chosen-By-Ann-77")
	env.expectCalls(0, "PATCH", "/users/*")
}
