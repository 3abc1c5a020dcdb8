// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
)

// blindSigner is a clerkuser.Signer without the operator's key. It accepts the bindings on record, and takes values for the same as
// those whose digests are on record. It tells of each such assumption.
type blindSigner struct {
	// Key makes the signatures and digests of the preview.
	binding.Key
	// recorded is the digest on record for an object; "" if there is none.
	recorded func(uid, purpose string) string
	// assumed is called with what was assumed about an object.
	assumed func(uid, purpose string)
}

// purposeBinding is the purpose of the signature in status.binding.
const purposeBinding = "binding"

func newBlindSigner() (*blindSigner, error) {
	key, err := binding.NewKey()
	return &blindSigner{Key: key}, err
}

// Digest returns the digest on record. Without one, no value was sent, and any value is new.
func (b *blindSigner) Digest(purpose, uid string, value []byte) string {
	on := b.recorded(uid, purpose)
	if on == "" || strings.HasSuffix(on, ".") {
		return b.Key.Digest(purpose, uid, value)
	}
	if !b.Key.Made(on) {
		b.assumed(uid, purpose)
	}
	return on
}

// Made reports whether a text is a digest.
func (b *blindSigner) Made(digest string) bool { return strings.Contains(digest, ".") }

// Valid reports whether a text has the form of a signature.
func (b *blindSigner) Valid(text string, s binding.Subject) bool {
	if b.Key.Valid(text, s) {
		return true
	}
	signed := strings.Count(text, ".") == 2 && strings.HasPrefix(text, "v1.")
	if signed {
		b.assumed(s.UID, purposeBinding)
	}
	return signed
}

// ValidRemoval reports whether a text has the form of the signature of a removal.
func (b *blindSigner) ValidRemoval(text string, s binding.Subject, policy string) bool {
	if !b.Key.ValidRemoval(text, s, policy) && text != "" {
		b.assumed(s.UID, purposeBinding)
	}
	return text != ""
}
