// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"slices"
	"testing"

	"golang.org/x/crypto/bcrypt"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// containsText reports whether a request's body holds a text.
func containsText(body []byte, text string) bool { return bytes.Contains(body, []byte(text)) }

func TestInitialCredentialsAreGivenOnce(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("start", "password", "first-Of-All-77")
	env.putSecret("factor", "totp", " JBSWY3DPEHPK3PXP\n")
	env.putSecret("codes", "list", "alpha1234\nbravo1234\n")
	env.create(env.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{
			Password:             &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")},
			TOTPSecretRef:        ptr.To(at("factor", "totp")),
			BackupCodesSecretRef: ptr.To(at("codes", "list")),
		}
	}))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	had := env.atClerk("ann").Credentials
	if had.Password != "first-Of-All-77" || had.TOTPSecret != "JBSWY3DPEHPK3PXP" || !slices.Equal(had.BackupCodes, []string{"alpha1234", "bravo1234"}) {
		t.Error("the user did not get what initial names")
	}
	status := env.read("ann").Status
	if !*status.TOTPEnabled || !*status.BackupCodeEnabled || !*status.PasswordEnabled {
		t.Errorf("status does not show the credentials: %+v", status)
	}
	env.putSecret("start", "password", "second-Of-All-77")
	env.editAtClerk("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	env.expectNoWrites()
	env.expectPassword("ann", "chosen-By-Ann-77")
	env.expectCalls(0, "PATCH", "/users/*")
}

func TestInitialPasswordDigestIsSentWithItsHasher(t *testing.T) {
	env := newWatchingEnvironment(t)
	digest, err := bcrypt.GenerateFromPassword([]byte("first-Of-All-77"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	env.putSecret("start", "digest", "not a digest")
	env.create(env.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{PasswordDigest: &v1alpha1.PasswordDigest{SecretKeyRef: at("start", "digest"), Hasher: "bcrypt"}}
	}))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.initial.passwordDigest")
	env.putSecret("start", "digest", string(digest)+"\n")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if got := env.atClerk("ann").Credentials; got.PasswordDigest != string(digest) || got.PasswordHasher != "bcrypt" {
		t.Errorf("the digest was not sent as it is, but with hasher %q", got.PasswordHasher)
	}
	env.expectNoWrites()
}

func TestUserThatIsCreatedAnewHasItsInitialCredentials(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("start", "password", "first-Of-All-77")
	env.create(env.user("ann", func(s *spec) {
		s.DeleteSelfEnabled = ptr.To(false)
		s.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")}}
	}))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	id := env.read("ann").Status.UserID
	env.server.Clock().Advance(2 * lagTime)
	if err := env.clerk.Delete(id); err != nil {
		t.Fatal(err)
	}
	env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	env.eventually("another user", func() error {
		if now := env.read("ann").Status.UserID; now == "" || now == id {
			return errNotYet
		}
		return nil
	})
	env.expectPassword("ann", "first-Of-All-77")
	env.expectNoWrites()
}
