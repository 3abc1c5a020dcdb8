// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestPasswordFollowsItsSecret(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "first-Of-All-77")
	w.wantCalls(1, "POST", "/users")
	w.wantCalls(0, "PATCH", "/users/*")

	w.keep("ann", "password", "second-Of-All-77")
	w.wantPassword("ann", "second-Of-All-77")
	w.tells("ann", v1alpha1.EventUpdated)
	w.rests()
	w.wantCalls(1, "PATCH", "/users/*")

	w.restart()
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
	w.wantCalls(1, "PATCH", "/users/*")
}

func TestPasswordSecretIsReadAgainWithoutAWatch(t *testing.T) {
	w := newLiveWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.keep("ann", "password", "second-Of-All-77")
	w.server.Clock().Advance(v1alpha1.DefaultFullInterval + time.Minute)
	w.wantPassword("ann", "second-Of-All-77")
	w.keep("ann", "password", "third-Of-All-77")
	w.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	w.wantPassword("ann", "third-Of-All-77")
}

func TestPasswordSecretThatIsMissingIsWaitedFor(t *testing.T) {
	w := newWatchingWorld(t)
	w.create(w.user("ann", withPassword))
	w.says(w.becomes("ann", v1alpha1.ReasonSecretNotFound), "spec.password.secretKeyRef", "Secret ann does not exist")
	w.keep("ann", "other", "first-Of-All-77")
	w.eventually("the entry to be missed", func() error {
		w.says(w.becomes("ann", v1alpha1.ReasonSecretNotFound))
		return nil
	})
	w.keep("ann", "password", "first-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "first-Of-All-77")
	w.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "ann"}})
	w.becomes("ann", v1alpha1.ReasonSecretNotFound)
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.wantCalls(1, "POST", "/users")
}

func TestBanDoesNotWaitForASecret(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.keep("tokens", "billing", "tok-1")
	w.create(w.user("ann", withPassword, fromTokens))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "ann"}})
	w.becomes("ann", v1alpha1.ReasonSecretNotFound)
	w.edit("ann", func(s *spec) { s.Banned, s.FirstName = ptr.To(true), ptr.To("Ann") })
	w.eventually("the ban", func() error {
		if !w.atClerk("ann").Banned {
			return errNotYet
		}
		return nil
	})
	w.becomes("ann", v1alpha1.ReasonSecretNotFound)
	w.wantCalls(1, "PATCH", "/users/*")
	w.wantCalls(0, "PATCH", "/users/*/metadata")

	w.keep("ann", "password", "second-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "second-Of-All-77")
	w.wantPrivate("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-1"}})
	w.rests()
}

func TestRefusedPasswordIsFixedInItsSecret(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "password123")
	w.create(w.user("ann", withPassword))
	user := w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.says(user, "spec.password", "form_password_pwned", "Choose another password")
	w.keep("ann", "password", "first-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "first-Of-All-77")

	w.keep("ann", "password", "iloveyou")
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.password", "form_password_pwned")
	w.keep("ann", "password", "second-Of-All-77")
	w.wantPassword("ann", "second-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestPasswordThatIsDeclaredLaterIsSet(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "password123")
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edit("ann", withPassword)
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.keep("ann", "password", "first-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "first-Of-All-77")

	w.edits("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	w.edit("ann", func(s *spec) { s.Password = nil })
	w.becomes("ann", v1alpha1.ReasonInSync)
	if got := w.read("ann").Status.Applied; got != nil && got.PasswordDigest != "" {
		t.Errorf("a digest is kept of a password that is not declared any more: %+v", got)
	}
	w.edit("ann", withPassword)
	w.wantPassword("ann", "first-Of-All-77")
	w.rests()
}

func TestAdoptedUserKeepsItsPassword(t *testing.T) {
	w := newWatchingWorld(t)
	before := w.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")},
		Credentials:    emulator.Credentials{Password: "chosen-By-Ann-77"},
	})
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword, func(s *spec) { s.UserID = ptr.To(before.ID) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.tells("ann", v1alpha1.EventBaselined)
	w.wantPassword("ann", "chosen-By-Ann-77")
	w.rests()
	w.wantCalls(0, "PATCH", "/users/*")

	w.keep("ann", "password", "second-Of-All-77")
	w.wantPassword("ann", "second-Of-All-77")
	w.rests()
}

func TestLostKeyDoesNotResetPasswords(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	w.halt()
	key, err := binding.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	w.key = key
	w.start()
	w.tells("ann", v1alpha1.EventBaselined)
	w.rests()
	w.wantPassword("ann", "chosen-By-Ann-77")
	w.keep("ann", "password", "second-Of-All-77")
	w.wantPassword("ann", "second-Of-All-77")
	w.rests()
}

func TestPasswordChangedAtClerkIsTold(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword))
	w.becomes("ann", v1alpha1.ReasonInSync)
	set := w.read("ann").Status.PasswordLastUpdatedAt
	if set == nil {
		t.Fatal("status does not say when the password was set")
	}
	w.server.Clock().Advance(time.Minute)
	w.edits("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	w.tells("ann", v1alpha1.EventPasswordChanged)
	w.eventually("status to show the change", func() error {
		if now := w.read("ann").Status.PasswordLastUpdatedAt; now == nil || !now.After(set.Time) {
			return errNotYet
		}
		return nil
	})
	w.rests()
	w.wantPassword("ann", "chosen-By-Ann-77")
}

func TestRemovedPasswordIsSetAgain(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", withPassword, func(s *spec) { s.Password.SignOutOfOtherSessions = ptr.To(true) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.edits("ann", func(u *emulator.User) { u.Credentials.Password, u.PasswordEnabled = "", false })
	w.wantPassword("ann", "first-Of-All-77")
	w.tells("ann", v1alpha1.EventDriftCorrected)
	body := w.clerk.Journal().Matching("PATCH", "/users/*")[0].Body
	if want := `"sign_out_of_other_sessions":true`; !containsText(body, want) {
		t.Errorf("the call does not hold %s", want)
	}
	w.rests()
}

func TestPasswordSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"Carried out": {Method: "PATCH", Path: "/users/*", AfterApplying: true, Cut: true},
		"Not":         {Method: "PATCH", Path: "/users/*", Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatchingWorld(t)
			w.keep("ann", "password", "first-Of-All-77")
			w.create(w.user("ann", withPassword))
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.clerk.InjectFault(fault)
			w.keep("ann", "password", "second-Of-All-77")
			w.eventually("the call to be made again", func() error {
				if w.calls("PATCH", "/users/*") < 2 {
					return errNotYet
				}
				return nil
			})
			w.rests()
			w.wantCalls(2, "PATCH", "/users/*")
			w.wantPassword("ann", "second-Of-All-77")
			w.tells("ann", v1alpha1.EventUpdated)
			if seen := w.told("ann"); slices.Contains(seen, v1alpha1.EventDriftCorrected) {
				t.Errorf("a rotation is told as drift: %v", seen)
			}
		})
	}
}

func TestPasswordOfALostCreationIsTheOneDeclaredNow(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("ann", "password", "first-Of-All-77")
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AfterApplying: true, Cut: true})
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 503, Times: 2})
	w.create(w.user("ann", withPassword))
	w.eventually("the creating call", func() error {
		if w.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	w.keep("ann", "password", "second-Of-All-77")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPassword("ann", "second-Of-All-77")
	w.wantCalls(1, "POST", "/users")
	w.rests()
}
