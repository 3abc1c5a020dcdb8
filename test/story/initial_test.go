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
	w := newWatchingWorld(t)
	w.keep("start", "password", "first-Of-All-77")
	w.keep("factor", "totp", " JBSWY3DPEHPK3PXP\n")
	w.keep("codes", "list", "alpha1234\nbravo1234\n")
	w.create(w.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{
			Password:             &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")},
			TOTPSecretRef:        ptr.To(at("factor", "totp")),
			BackupCodesSecretRef: ptr.To(at("codes", "list")),
		}
	}))
	w.becomes("ann", v1alpha1.ReasonInSync)
	had := w.atClerk("ann").Credentials
	if had.Password != "first-Of-All-77" || had.TOTPSecret != "JBSWY3DPEHPK3PXP" || !slices.Equal(had.BackupCodes, []string{"alpha1234", "bravo1234"}) {
		t.Error("the user did not get what initial names")
	}
	status := w.read("ann").Status
	if !*status.TOTPEnabled || !*status.BackupCodeEnabled || !*status.PasswordEnabled {
		t.Errorf("status does not show the credentials: %+v", status)
	}
	w.keep("start", "password", "second-Of-All-77")
	w.edits("ann", func(u *emulator.User) { u.Credentials.Password = "chosen-By-Ann-77" })
	w.rests()
	w.wantPassword("ann", "chosen-By-Ann-77")
	w.wantCalls(0, "PATCH", "/users/*")
}

func TestInitialPasswordDigestIsSentWithItsHasher(t *testing.T) {
	w := newWatchingWorld(t)
	digest, err := bcrypt.GenerateFromPassword([]byte("first-Of-All-77"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	w.keep("start", "digest", "not a digest")
	w.create(w.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{PasswordDigest: &v1alpha1.PasswordDigest{SecretKeyRef: at("start", "digest"), Hasher: "bcrypt"}}
	}))
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.initial.passwordDigest")
	w.keep("start", "digest", string(digest)+"\n")
	w.becomes("ann", v1alpha1.ReasonInSync)
	if got := w.atClerk("ann").Credentials; got.PasswordDigest != string(digest) || got.PasswordHasher != "bcrypt" {
		t.Errorf("the digest was not sent as it is, but with hasher %q", got.PasswordHasher)
	}
	w.rests()
}

func TestUserThatIsCreatedAnewHasItsInitialCredentials(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("start", "password", "first-Of-All-77")
	w.create(w.user("ann", func(s *spec) {
		s.DeleteSelfEnabled = ptr.To(false)
		s.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")}}
	}))
	w.becomes("ann", v1alpha1.ReasonInSync)
	id := w.read("ann").Status.UserID
	w.server.Clock().Advance(2 * lagTime)
	if err := w.clerk.Delete(id); err != nil {
		t.Fatal(err)
	}
	w.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	w.eventually("another user", func() error {
		if now := w.read("ann").Status.UserID; now == "" || now == id {
			return errNotYet
		}
		return nil
	})
	w.wantPassword("ann", "first-Of-All-77")
	w.rests()
}
