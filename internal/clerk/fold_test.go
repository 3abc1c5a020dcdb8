// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "testing"

// TestOnlyASCIIIsFolded tests every comparison of identifiers with the same letters. Unicode's folding maps the Kelvin
// sign to k, the long s to s and, in upper case, a dotless i to I.
func TestOnlyASCIIIsFolded(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"Empty":      {"", ""},
		"Plain":      {"ada+tag@x.io", "ada+tag@x.io"},
		"Capitals":   {"AZ[@`{az", "az[@`{az"},
		"KelvinSign": {"\u212aIM", "\u212aim"},
		"DottedI":    {"\u0130I", "\u0130i"},
		"DotlessI":   {"\u0131I", "\u0131i"},
		"LongS":      {"\u017fS", "\u017fs"},
		"Umlaut":     {"ÄäA", "Ääa"},
		"FullWidth":  {"\uff21A", "\uff21a"},
		"Emoji":      {"🦊Fox", "🦊fox"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := LowerASCII(tc.text); got != tc.want {
				t.Errorf("LowerASCII(%q) = %q, want %q", tc.text, got, tc.want)
			}
		})
	}
}

func TestCaseIsPartOfWalletsThatAreNotHexadecimal(t *testing.T) {
	for address, want := range map[string]string{
		"0xABcd": "0xabcd", "0XABcd": "0xabcd", "7EcDhSYG": "7EcDhSYG", "": "", "0x\u212a": "0x\u212a",
	} {
		if got := FoldWallet(address); got != want {
			t.Errorf("FoldWallet(%q) = %q, want %q", address, got, want)
		}
	}
}

// TestAnotherLetterIsAnotherPerson tests the search: a letter that Unicode folds to an ASCII one must not find the user
// with that one.
func TestAnotherLetterIsAnotherPerson(t *testing.T) {
	u := &User{
		Username:       "kim",
		EmailAddresses: []EmailAddress{{Address: "kim@x.io"}},
		Web3Wallets:    []Web3Wallet{{Address: "0xkk"}},
	}
	for kind, value := range map[IdentifierKind]string{
		KindUsername: "\u212aim", KindEmailAddress: "\u212aim@x.io", KindWeb3Wallet: "0x\u212ak",
	} {
		if matches(u, kind, value) {
			t.Errorf("%s %q is taken for that of another user", kind, value)
		}
	}
	if !matches(u, KindUsername, "KIM") || !matches(u, KindEmailAddress, "Kim@X.io") {
		t.Error("upper case ASCII is not folded")
	}
}
