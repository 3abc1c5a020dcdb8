// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package binding signs what the operator writes into a ClerkUser's status about the user it is bound to, so that a
// status that somebody else wrote gives no right over an account, and makes the digests in it, which tell nobody else
// anything.
package binding

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

const (
	version  = "v1"
	keyIDLen = 8
)

// Key signs bindings. The zero Key is not usable; make one with NewKey or ParseKey.
type Key struct {
	id     string
	secret []byte
}

// Subject is what a binding ties together: an object of a cluster and a user of a Clerk instance.
type Subject struct {
	// ClusterID as it stands in owner marks.
	ClusterID string
	// UID of the ClerkUser.
	UID string
	// InstanceID of the Clerk instance.
	InstanceID string
	// UserID of the user at Clerk.
	UserID string
}

// NewKey returns a key of random bytes.
func NewKey() (Key, error) {
	secret := make([]byte, KeySize)
	if _, err := rand.Read(secret); err != nil {
		return Key{}, fmt.Errorf("reading random bytes for the binding key: %w", err)
	}
	return ParseKey(secret)
}

// ParseKey returns the key with these bytes.
func ParseKey(secret []byte) (Key, error) {
	if len(secret) != KeySize {
		return Key{}, fmt.Errorf("reading the binding key: it has %d bytes, not %d", len(secret), KeySize)
	}
	digest := sha256.Sum256(append([]byte("clerk-operator key id\x00"), secret...))
	return Key{id: hex.EncodeToString(digest[:])[:keyIDLen], secret: secret}, nil
}

// Bytes returns the key's bytes, for storing them.
func (k Key) Bytes() []byte { return k.secret }

// String names the key without showing it.
func (k Key) String() string { return "binding key " + k.id }

// GoString is String, so that no format verb shows the key.
func (k Key) GoString() string { return k.String() }

// Digest returns a keyed digest of a value that the operator has read for an object, by which it can tell whether the value
// has changed since, and nobody else can tell anything. Equal values of one purpose and object have equal digests.
func (k Key) Digest(purpose, uid string, value []byte) string {
	return k.id + "." + base64.RawURLEncoding.EncodeToString(k.mac("digest", purpose, uid, string(value)))
}

// NoDigest returns what stands in for the digest of a value where it is known that no value was applied. It is no value's
// digest.
func (k Key) NoDigest() string { return k.id + "." }

// Made reports whether a digest is one of this key's. Of another's it cannot be told whether it is a certain value's.
func (k Key) Made(digest string) bool { return strings.HasPrefix(digest, k.id+".") }

// Sign returns the text that proves that the operator bound this subject.
func (k Key) Sign(s Subject) string {
	return strings.Join([]string{version, k.id, base64.RawURLEncoding.EncodeToString(k.sign(s))}, ".")
}

// Valid reports whether a text is what Sign returned for this subject. A text of another key is not valid.
func (k Key) Valid(text string, s Subject) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] != version || parts[1] != k.id {
		return false
	}
	mac, err := base64.RawURLEncoding.DecodeString(parts[2])
	return err == nil && hmac.Equal(mac, k.sign(s))
}

func (k Key) sign(s Subject) []byte {
	return k.mac("binding", s.ClusterID, s.UID, s.InstanceID, s.UserID)
}

// mac covers each part with its length, so that no two lists of parts share an input.
func (k Key) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, k.secret)
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}
