// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "strings"

// LowerASCII returns the text with A to Z in lower case and everything else unchanged. Clerk returns e-mail addresses and
// usernames in lower case, but documents nothing about letters beyond ASCII. Unicode's folding would turn U+212A, the
// Kelvin sign, into k, which is another person's address.
func LowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}

// FoldIdentifier returns the identifier in the case in which Clerk compares it.
func FoldIdentifier(id Identifier) Identifier {
	switch id.Kind {
	case KindEmailAddress, KindUsername:
		id.Value = LowerASCII(id.Value)
	case KindWeb3Wallet:
		id.Value = FoldWallet(id.Value)
	case KindExternalID, KindPhoneNumber:
	}
	return id
}

// FoldWallet returns the wallet's address in lower case if it is hexadecimal, since its case is only a checksum there.
// Other addresses, such as Solana's, are returned unchanged: case is part of them.
func FoldWallet(address string) string {
	if folded := LowerASCII(address); strings.HasPrefix(folded, "0x") {
		return folded
	}
	return address
}
