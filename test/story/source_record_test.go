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

// chosenBefore is a user with a password of their own, to be adopted by id.
func (w *world) chosenBefore() emulator.User {
	return *w.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")},
		Credentials:    emulator.Credentials{Password: "chosen-By-Ann-77"},
	})
}

func (w *world) change(o client.Object) {
	w.t.Helper()
	if err := w.client.Update(w.t.Context(), o); err != nil {
		w.t.Fatal(err)
	}
}

// lose takes an object out of the cluster although it has a finalizer, and returns what a backup of it holds.
func (w *world) lose(name string) *v1alpha1.ClerkUser {
	w.t.Helper()
	user := w.read(name)
	backup := user.DeepCopy()
	user.Finalizers = nil
	w.change(user)
	w.delete(user)
	w.vanishes(name)
	backup.ResourceVersion, backup.UID = "", ""
	return backup
}

func TestPasswordThatIsDeclaredInAnInvalidSpecIsSentOnceItIsValid(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.Credentials.Password, u.PasswordEnabled = "chosen-By-Ann-77", true })
	w.eventually("status to show the password", func() error {
		if !*w.read("ann").Status.PasswordEnabled {
			return errNotYet
		}
		return nil
	})
	w.create(w.portraits([]byte("<svg/>")))
	w.edit("ann", func(s *spec) { withPassword(s); fromPortraits(s) })
	w.becomes("ann", v1alpha1.ReasonInvalidSpec)
	w.change(w.portraits(portrait(t, 1)))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "first-Of-All-77")
	w.rests()
	w.wantCalls(1, "POST", imagePath)
}

func TestRestoredObjectKeepsThePasswordOfItsUser(t *testing.T) {
	t.Parallel()
	for name, restore := range map[string]func(w *world, backup *v1alpha1.ClerkUser){
		"WithoutStatus": func(w *world, backup *v1alpha1.ClerkUser) { w.create(backup) },
		"WithStatus": func(w *world, backup *v1alpha1.ClerkUser) {
			status := backup.Status
			w.create(backup)
			backup.Status = status
			if err := w.client.Status().Update(w.t.Context(), backup); err != nil {
				w.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatchingWorld(t)
			w.keep("ann", "password", "first-Of-All-77")
			w.create(w.portraits(portrait(t, 1)))
			w.create(w.user("ann", withPassword, fromPortraits))
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.edits("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
			w.halt()
			backup := w.lose("ann")
			restore(w, backup)
			w.start()
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.rests()
			w.wantPassword("ann", "chosen-By-Ann-77")
			w.wantCalls(1, "POST", imagePath)
			w.tells("ann", v1alpha1.EventBaselined)
		})
	}
}

func TestAdoptionKeepsThePasswordAlsoWhereTheSecretChangedBefore(t *testing.T) {
	w := newWatchingWorld(t)
	before := w.chosenBefore()
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword, func(s *spec) { s.UserID, s.Mode = ptr.To(before.ID), ptr.To(v1alpha1.ModeObserve) }))
	w.becomes("ann", v1alpha1.ReasonObserved)
	w.keep("ann", "password", "second-Of-All-77")
	w.rests()
	for _, field := range w.read("ann").Status.PendingChanges {
		if field == "password" {
			t.Error("the password is announced as to be changed")
		}
	}
	w.edit("ann", func(s *spec) { s.Mode = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	w.wantPassword("ann", "chosen-By-Ann-77")
}

func TestPasswordThatIsNoTextIsRefused(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-\xff-Of-All-77")
	w.create(w.user("ann", withPassword))
	w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), "spec.password.secretKeyRef", "UTF-8")
	w.wantCalls(0, "POST", "/users")
	w.keep("ann", "password", "first-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "first-Of-All-77")
}

func TestRefusedImageIsNotTakenForOurs(t *testing.T) {
	w := newWatchingWorld(t)
	before := w.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")}, HasImage: true,
		ImageURL: "https://img.example.com/by-ann",
	})
	w.create(w.user("ann", func(s *spec) { s.UserID = ptr.To(before.ID) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: imagePath, Status: 422, Code: "image_too_large", Times: -1})
	w.create(w.portraits(portrait(t, 1)))
	w.edit("ann", fromPortraits)
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.edit("ann", func(s *spec) { s.ProfileImage = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	w.wantCalls(0, "DELETE", imagePath)
	if !w.atClerk("ann").HasImage {
		t.Error("the image of the user, which was never ours, is gone")
	}
}

func TestRefusedMetadataIsNotTakenForOurs(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "owner"} })
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 422, Code: "form_param_value_invalid", Times: -1})
	w.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) })
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.clerk.ClearFaults()
	w.edit("ann", func(s *spec) { s.PublicMetadata = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	if got := w.atClerk("ann").PublicMetadata["role"]; got != "owner" {
		t.Errorf("the application's role was taken back as if it were ours: %v", got)
	}
}

func TestPasswordCanFollowAnInitialOne(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("start", "password", "first-Of-All-77")
	w.keep("ann", "password", "second-Of-All-77")
	w.create(w.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")}}
	}))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", func(s *spec) { withPassword(s); s.Initial = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "second-Of-All-77")
}

// What does not come from a source does not wait for one.
func TestBanDoesNotWaitForAValidSource(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(w *world){
		"Image": func(w *world) { w.change(w.portraits([]byte("<svg/>"))) },
		"Value": func(w *world) { w.keep("tokens", "billing", "tok-\xff") },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatchingWorld(t)
			w.keep("tokens", "billing", "tok-1")
			w.create(w.portraits(portrait(t, 1)))
			w.create(w.user("ann", fromPortraits, fromTokens))
			w.becomes("ann", v1alpha1.ReasonInSync)
			spoil(w)
			w.becomes("ann", v1alpha1.ReasonInvalidSpec)
			w.edit("ann", func(s *spec) { s.Banned, s.FirstName = ptr.To(true), ptr.To("Ann") })
			w.eventually("the ban", func() error {
				if !w.atClerk("ann").Banned {
					return errNotYet
				}
				return nil
			})
			w.becomes("ann", v1alpha1.ReasonInvalidSpec)
			w.rests()
			w.wantCalls(1, "PATCH", "/users/*")
			w.wantCalls(0, "PATCH", "/users/*/metadata")
		})
	}
}

func TestImageOfAnInterruptedCreationIsReplaced(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.portraits(portrait(t, 1)))
	user := w.user("ann", fromPortraits)
	w.create(user)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.halt()
	// What a crash between the upload and the report leaves behind.
	lost := w.read("ann")
	lost.Status = v1alpha1.ClerkUserStatus{ObservedGeneration: -1}
	if err := w.client.Status().Update(t.Context(), lost); err != nil {
		t.Fatal(err)
	}
	w.change(w.portraits(portrait(t, 2)))
	w.start()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantCalls(2, "POST", imagePath)
	w.edit("ann", func(s *spec) { s.ProfileImage = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	w.wantCalls(1, "DELETE", imagePath)
}

func TestPasswordDeclaredInPlaceOfTheInitialOneOfALostCreation(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("start", "password", "first-Of-All-77")
	w.keep("ann", "password", "second-Of-All-77")
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AfterApplying: true, Cut: true})
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 503, Times: 2})
	w.create(w.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")}}
	}))
	w.eventually("the creating call", func() error {
		if w.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	w.edit("ann", func(s *spec) { withPassword(s); s.Initial = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "second-Of-All-77")
	w.wantCalls(1, "POST", "/users")
	w.rests()
}

func TestNotKeptFieldIsSentAgainWhenItsSecretChanges(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("tokens", "billing", "tok-1")
	w.create(w.user("ann", fromTokens))
	w.becomes("ann", v1alpha1.ReasonInSync)
	unchanged, err := json.Marshal(w.atClerk("ann"))
	if err != nil {
		t.Fatal(err)
	}
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*/metadata", Status: 200, Body: string(unchanged), Times: -1})
	w.keep("tokens", "billing", "tok-2")
	w.becomes("ann", v1alpha1.ReasonNotKept)
	w.clerk.ClearFaults()
	w.keep("tokens", "billing", "tok-3")
	w.wantPrivate("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-3"}})
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestHandedOverUserKeepsItsPassword(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) {
		u.CreatedAt -= (2 * time.Hour).Milliseconds()
		u.Credentials.Password = "chosen-By-Ann-77"
	})
	w.create(w.user("anna", withPassword, func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address("ann")}}
	}))
	w.becomes("anna", v1alpha1.ReasonConflict)
	w.edit("ann", func(s *spec) { s.Password = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.keep("ann", "password", "second-Of-All-77")
	w.eventually("another creating call", func() error {
		if w.calls("POST", "/users") < 3 {
			return errNotYet
		}
		return nil
	})
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.becomes("anna", v1alpha1.ReasonInSync)
	w.rests()
	w.wantPassword("anna", "chosen-By-Ann-77")
	w.wantCalls(0, "PATCH", "/users/*")
}
