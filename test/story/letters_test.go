// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"slices"
	"testing"

	"github.com/pquerna/otp/totp"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestIdentifiersThatClerkMayFoldAreNotSent uses letters that no CEL rule knows, as if the object had been stored before
// the rules were as strict.
func TestIdentifiersThatClerkMayFoldAreNotSent(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wrong, right v1alpha1.ClerkUserSpec
		says         []string
	}{
		"LetterThatStandsForAnother": {
			addressed("\u2113ea@example.com"), addressed("lea@example.com"),
			[]string{"spec.emailAddresses[0].address", "U+2113", "write the ordinary character"},
		},
		"LetterOfTwoCharacters": {
			addressed("rene\u0301@example.com"), addressed("ren\u00e9@example.com"),
			[]string{"spec.emailAddresses[0].address", "write the composed letter"},
		},
		"InAUsername": {
			v1alpha1.ClerkUserSpec{Username: ptr.To("rene\u0301")}, v1alpha1.ClerkUserSpec{Username: ptr.To("ren\u00e9")},
			[]string{"spec.username", "write the composed letter"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newLiveWorld(t)
			w.create(w.user("ann", func(s *spec) { *s = tc.wrong }))
			w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), tc.says...)
			if n := len(w.clerk.Journal().Writes()); n != 0 {
				t.Errorf("%d writes to Clerk", n)
			}
			w.rests()

			w.edit("ann", func(s *spec) { *s = tc.right })
			id := w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
			before, writes := *w.clerk.User(id), len(w.clerk.Journal().Writes())
			w.edit("ann", func(s *spec) { *s = tc.wrong })
			w.becomes("ann", v1alpha1.ReasonInvalidSpec)
			w.rests()
			if n := len(w.clerk.Journal().Writes()) - writes; n != 0 || w.clerk.User(id).UpdatedAt != before.UpdatedAt {
				t.Errorf("a bound user was changed by %d writes", n)
			}
			w.delete(w.read("ann"))
			w.vanishes("ann")
			if w.clerk.User(id) != nil {
				t.Error("the user was left behind")
			}
		})
	}
}

func addressed(addresses ...string) v1alpha1.ClerkUserSpec {
	s := v1alpha1.ClerkUserSpec{}
	for _, address := range addresses {
		s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: address})
	}
	return s
}

// TestUnusualLettersReachClerkAsWritten ends with an edit, so that what Clerk returned was compared with the spec.
func TestUnusualLettersReachClerkAsWritten(t *testing.T) {
	w := newLiveWorld(t)
	want := []string{
		"ada+tag@example.com", "stra\u00dfe@example.com", "\u0131rmak@example.com", "\u0430da@example.com",
		"\U0001F98A@example.com", "ada@b\u00fccher.example", "ada@xn--bcher-kva.example", "\u0939\u093f\u0928\u094d\u0926\u0940@example.com",
	}
	w.create(w.user("ann", func(s *spec) { *s = addressed(want...) }))
	w.becomes("ann", v1alpha1.ReasonInSync)
	want[0] = "ada+other@example.com"
	w.edit("ann", func(s *spec) { *s = addressed(want...) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	held := map[string]bool{}
	for _, e := range w.atClerk("ann").EmailAddresses {
		held[e.EmailAddress] = true
	}
	for _, address := range want {
		if !held[address] {
			t.Errorf("%q is not at Clerk", address)
		}
	}
	if len(held) != len(want) {
		t.Errorf("at Clerk are %d addresses, want %d", len(held), len(want))
	}
	w.rests()
}

// TestSecondFactorIsReadAsAuthenticatorsShowIt gives the secret and the code in the groups that people copy.
func TestSecondFactorIsReadAsAuthenticatorsShowIt(t *testing.T) {
	w := newLiveWorld(t, allowsAll)
	w.keep("factor", "totp", "\ufeffjbsw y3dp\u00a0ehpk 3pxp====\r\n")
	w.keep("codes", "list", "\ufeffalpha1234\r\nbravo1234\r\n")
	w.create(w.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{TOTPSecretRef: ptr.To(at("factor", "totp")), BackupCodesSecretRef: ptr.To(at("codes", "list"))}
	}))
	w.becomes("ann", v1alpha1.ReasonInSync)
	if had := w.atClerk("ann").Credentials; had.TOTPSecret != "JBSWY3DPEHPK3PXP" || !slices.Equal(had.BackupCodes, []string{"alpha1234", "bravo1234"}) {
		t.Error("the user did not get the secret and the codes as Clerk documents them")
	}
	code, err := totp.GenerateCode("JBSWY3DPEHPK3PXP", w.server.Clock().Now())
	if err != nil {
		t.Fatal(err)
	}
	w.keep("input", "code", code[:3]+" "+code[3:]+"\n")
	w.runAction("verify", "ann", verifiesCode)
	if r := w.completes("verify").Status.Result; r == nil || !ptr.Deref(r.Verified, false) || r.CodeType != "totp" {
		t.Errorf("the result is %+v", r)
	}
	w.rests()
}

// TestBlankInitialValueIsRefused has nobody created without the second factor that the manifest declares.
func TestBlankInitialValueIsRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		blank, right string
		initial      v1alpha1.InitialValues
	}{
		"totpSecretRef":        {"====\n", "JBSWY3DPEHPK3PXP", v1alpha1.InitialValues{TOTPSecretRef: ptr.To(at("start", "value"))}},
		"backupCodesSecretRef": {" \n\n", "alpha1234", v1alpha1.InitialValues{BackupCodesSecretRef: ptr.To(at("start", "value"))}},
		"passwordDigest.secretKeyRef": {"\ufeff\n", "d41d8cd98f00b204e9800998ecf8427e", v1alpha1.InitialValues{
			PasswordDigest: &v1alpha1.PasswordDigest{SecretKeyRef: at("start", "value"), Hasher: "md5"},
		}},
	}
	for field, tc := range tests {
		t.Run(field, func(t *testing.T) {
			w := newWatchingWorld(t)
			w.keep("start", "value", tc.blank)
			w.create(w.user("ann", func(s *spec) { s.Initial = &tc.initial }))
			w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), "spec.initial."+field, "put the value there")
			if n := len(w.clerk.Journal().Writes()); n != 0 {
				t.Errorf("%d writes to Clerk", n)
			}
			w.keep("start", "value", tc.right)
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.rests()
		})
	}
}

// TestKeyBehindAByteOrderMarkIsAccepted has the key as some editors save it.
func TestKeyBehindAByteOrderMarkIsAccepted(t *testing.T) {
	w := newWorld(t)
	w.keep("clerk", v1alpha1.DefaultSecretKey, "\ufeff"+w.clerk.Key()+"\r\n")
	w.start()
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}
