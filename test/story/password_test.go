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
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "first-Of-All-77")
	env.expectCalls(1, "POST", "/users")
	env.expectCalls(0, "PATCH", "/users/*")

	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectPassword("ann", "second-Of-All-77")
	env.expectEvent("ann", v1alpha1.EventUpdated)
	env.expectNoWrites()
	env.expectCalls(1, "PATCH", "/users/*")

	env.restart()
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.expectCalls(1, "PATCH", "/users/*")
}

func TestPasswordSecretIsReadAgainWithoutAWatch(t *testing.T) {
	env := newRunningEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.putSecret("ann", "password", "second-Of-All-77")
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval + time.Minute)
	env.expectPassword("ann", "second-Of-All-77")
	env.putSecret("ann", "password", "third-Of-All-77")
	env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	env.expectPassword("ann", "third-Of-All-77")
}

func TestPasswordSecretThatIsMissingIsWaitedFor(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.create(env.user("ann", withPassword))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonSecretNotFound), "spec.password.secretKeyRef", "Secret ann does not exist")
	env.putSecret("ann", "other", "first-Of-All-77")
	env.eventually("the entry to be missed", func() error {
		env.expectMessage(env.expectReason("ann", v1alpha1.ReasonSecretNotFound))
		return nil
	})
	env.putSecret("ann", "password", "first-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "first-Of-All-77")
	env.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "ann"}})
	env.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectCalls(1, "POST", "/users")
}

func TestBanDoesNotWaitForASecret(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.putSecret("tokens", "billing", "tok-1")
	env.create(env.user("ann", withPassword, fromTokens))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.delete(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "ann"}})
	env.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	env.edit("ann", func(s *spec) { s.Banned, s.FirstName = ptr.To(true), ptr.To("Ann") })
	env.eventually("the ban", func() error {
		if !env.atClerk("ann").Banned {
			return errNotYet
		}
		return nil
	})
	env.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	env.expectCalls(1, "PATCH", "/users/*")
	env.expectCalls(0, "PATCH", "/users/*/metadata")

	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "second-Of-All-77")
	env.expectPrivateMetadata("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-1"}})
	env.expectNoWrites()
}

func TestRefusedPasswordIsFixedInItsSecret(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "password123")
	env.create(env.user("ann", withPassword))
	user := env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.expectMessage(user, "spec.password", "form_password_pwned", "Choose another password")
	env.putSecret("ann", "password", "first-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "first-Of-All-77")

	env.putSecret("ann", "password", "iloveyou")
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.password", "form_password_pwned")
	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectPassword("ann", "second-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestPasswordThatIsDeclaredLaterIsSet(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "password123")
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", withPassword)
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "first-Of-All-77")

	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	env.edit("ann", func(s *spec) { s.Password = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if got := env.read("ann").Status.Applied; got != nil && got.PasswordDigest != "" {
		t.Errorf("a digest is kept of a password that is not declared any more: %+v", got)
	}
	env.edit("ann", withPassword)
	env.expectPassword("ann", "first-Of-All-77")
	env.expectNoWrites()
}

func TestAdoptedUserKeepsItsPassword(t *testing.T) {
	env := newWatchingEnvironment(t)
	before := env.clerk.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ann@example.com")},
		Credentials:    emulator.Credentials{Password: "chosen-By-Ann-77"},
	})
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword, func(s *spec) { s.UserID = ptr.To(before.ID) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectEvent("ann", v1alpha1.EventBaselined)
	env.expectPassword("ann", "chosen-By-Ann-77")
	env.expectNoWrites()
	env.expectCalls(0, "PATCH", "/users/*")

	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectPassword("ann", "second-Of-All-77")
	env.expectNoWrites()
}

func TestLostKeyDoesNotResetPasswords(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	env.halt()
	key, err := binding.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	env.key = key
	env.start()
	env.expectEvent("ann", v1alpha1.EventBaselined)
	env.expectNoWrites()
	env.expectPassword("ann", "chosen-By-Ann-77")
	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectPassword("ann", "second-Of-All-77")
	env.expectNoWrites()
}

func TestPasswordChangedAtClerkIsReported(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	set := env.read("ann").Status.PasswordLastUpdatedAt
	if set == nil {
		t.Fatal("status does not say when the password was set")
	}
	env.server.Clock().Advance(time.Minute)
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	env.expectEvent("ann", v1alpha1.EventPasswordChanged)
	env.eventually("status to show the change", func() error {
		if now := env.read("ann").Status.PasswordLastUpdatedAt; now == nil || !now.After(set.Time) {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
	env.expectPassword("ann", "chosen-By-Ann-77")
}

func TestRemovedPasswordIsSetAgain(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", withPassword, func(s *spec) { s.Password.SignOutOfOtherSessions = ptr.To(true) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password, u.PasswordEnabled = "", false })
	env.expectPassword("ann", "first-Of-All-77")
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)
	body := env.clerk.Journal().Matching("PATCH", "/users/*")[0].Body
	if want := `"sign_out_of_other_sessions":true`; !containsText(body, want) {
		t.Errorf("the call does not hold %s", want)
	}
	env.expectNoWrites()
}

func TestPasswordSurvivesALostAnswer(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"Carried out": {Method: "PATCH", Path: "/users/*", AfterApplying: true, Cut: true},
		"Not":         {Method: "PATCH", Path: "/users/*", Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			env := newWatchingEnvironment(t)
			env.putSecret("ann", "password", "first-Of-All-77")
			env.create(env.user("ann", withPassword))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.clerk.InjectFault(fault)
			env.putSecret("ann", "password", "second-Of-All-77")
			env.eventually("the call to be made again", func() error {
				if env.calls("PATCH", "/users/*") < 2 {
					return errNotYet
				}
				return nil
			})
			env.expectNoWrites()
			env.expectCalls(2, "PATCH", "/users/*")
			env.expectPassword("ann", "second-Of-All-77")
			env.expectEvent("ann", v1alpha1.EventUpdated)
			if seen := env.eventReasons("ann"); slices.Contains(seen, v1alpha1.EventDriftCorrected) {
				t.Errorf("a rotation has an event about drift: %v", seen)
			}
		})
	}
}

func TestPasswordOfALostCreationIsTheOneDeclaredNow(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("ann", "password", "first-Of-All-77")
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", AfterApplying: true, Cut: true})
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 503, Times: 2})
	env.create(env.user("ann", withPassword))
	env.eventually("the creating call", func() error {
		if env.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	env.putSecret("ann", "password", "second-Of-All-77")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPassword("ann", "second-Of-All-77")
	env.expectCalls(1, "POST", "/users")
	env.expectNoWrites()
}
