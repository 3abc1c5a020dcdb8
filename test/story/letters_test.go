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
			env := newRunningEnvironment(t)
			env.create(env.user("ann", func(s *spec) { *s = tc.wrong }))
			env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), tc.says...)
			if n := len(env.clerk.Journal().Writes()); n != 0 {
				t.Errorf("%d writes to Clerk", n)
			}
			env.expectNoWrites()

			env.edit("ann", func(s *spec) { *s = tc.right })
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			before, writes := *env.clerk.User(id), len(env.clerk.Journal().Writes())
			env.edit("ann", func(s *spec) { *s = tc.wrong })
			env.expectReason("ann", v1alpha1.ReasonInvalidSpec)
			env.expectNoWrites()
			if n := len(env.clerk.Journal().Writes()) - writes; n != 0 || env.clerk.User(id).UpdatedAt != before.UpdatedAt {
				t.Errorf("a bound user was changed by %d writes", n)
			}
			env.delete(env.read("ann"))
			env.expectGone("ann")
			if env.clerk.User(id) != nil {
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
	env := newRunningEnvironment(t)
	want := []string{
		"ada+tag@example.com", "stra\u00dfe@example.com", "\u0131rmak@example.com", "\u0430da@example.com",
		"\U0001F98A@example.com", "ada@b\u00fccher.example", "ada@xn--bcher-kva.example", "\u0939\u093f\u0928\u094d\u0926\u0940@example.com",
	}
	env.create(env.user("ann", func(s *spec) { *s = addressed(want...) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	want[0] = "ada+other@example.com"
	env.edit("ann", func(s *spec) { *s = addressed(want...) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	held := map[string]bool{}
	for _, e := range env.atClerk("ann").EmailAddresses {
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
	env.expectNoWrites()
}

// TestSecondFactorIsReadAsAuthenticatorsShowIt gives the secret and the code in the groups that people copy.
func TestSecondFactorIsReadAsAuthenticatorsShowIt(t *testing.T) {
	env := newRunningEnvironment(t, allowsAll)
	env.putSecret("factor", "totp", "\ufeffjbsw y3dp\u00a0ehpk 3pxp====\r\n")
	env.putSecret("codes", "list", "\ufeffalpha1234\r\nbravo1234\r\n")
	env.create(env.user("ann", func(s *spec) {
		s.Initial = &v1alpha1.InitialValues{TOTPSecretRef: ptr.To(at("factor", "totp")), BackupCodesSecretRef: ptr.To(at("codes", "list"))}
	}))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if had := env.atClerk("ann").Credentials; had.TOTPSecret != "JBSWY3DPEHPK3PXP" || !slices.Equal(had.BackupCodes, []string{"alpha1234", "bravo1234"}) {
		t.Error("the user did not get the secret and the codes as Clerk documents them")
	}
	code, err := totp.GenerateCode("JBSWY3DPEHPK3PXP", env.server.Clock().Now())
	if err != nil {
		t.Fatal(err)
	}
	env.putSecret("input", "code", code[:3]+" "+code[3:]+"\n")
	env.runAction("verify", "ann", verifiesCode)
	if r := env.expectComplete("verify").Status.Result; r == nil || !ptr.Deref(r.Verified, false) || r.CodeType != "totp" {
		t.Errorf("the result is %+v", r)
	}
	env.expectNoWrites()
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
			env := newWatchingEnvironment(t)
			env.putSecret("start", "value", tc.blank)
			env.create(env.user("ann", func(s *spec) { s.Initial = &tc.initial }))
			env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), "spec.initial."+field, "put the value there")
			if n := len(env.clerk.Journal().Writes()); n != 0 {
				t.Errorf("%d writes to Clerk", n)
			}
			env.putSecret("start", "value", tc.right)
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectNoWrites()
		})
	}
}

// TestKeyBehindAByteOrderMarkIsAccepted has the key as some editors save it.
func TestKeyBehindAByteOrderMarkIsAccepted(t *testing.T) {
	env := newEnvironment(t)
	env.putSecret("clerk", v1alpha1.DefaultSecretKey, "\ufeff"+env.clerk.Key()+"\r\n")
	env.start()
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}
