// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package binding signs the binding in a ClerkUser's status, so that a status that somebody else wrote gives no right
// to a user. It also makes keyed digests for the status, which say nothing to anybody without the key.
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

// Key signs bindings. The zero Key is not usable; use NewKey or ParseKey.
type Key struct {
	id     string
	secret []byte
}

// Subject is what a binding connects: an object of a cluster and a user of a Clerk instance.
type Subject struct {
	// ClusterID is the cluster's id as in owner marks.
	ClusterID string
	// UID is the uid of the ClerkUser.
	UID string
	// InstanceID is the id of the Clerk instance.
	InstanceID string
	// UserID is the id of the user at Clerk.
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

// Bytes returns the key's bytes, to store them.
func (k Key) Bytes() []byte { return k.secret }

// String names the key and does not print it.
func (k Key) String() string { return "binding key " + k.id }

// GoString equals String, so that no format verb prints the key.
func (k Key) GoString() string { return k.String() }

// Digest returns a keyed digest of a value that the operator has read for an object. The operator compares digests to
// notice a changed value; without the key a digest says nothing. Equal values of one purpose and object have equal
// digests.
func (k Key) Digest(purpose, uid string, value []byte) string {
	return k.id + "." + base64.RawURLEncoding.EncodeToString(k.mac("digest", purpose, uid, string(value)))
}

// NoDigest returns the digest that means that no value was applied. No value has this digest.
func (k Key) NoDigest() string { return k.id + "." }

// Made reports whether a digest was made with this key. The digest of another key cannot be compared with a value.
func (k Key) Made(digest string) bool { return strings.HasPrefix(digest, k.id+".") }

// Sign returns the signature that proves that the operator bound this subject.
func (k Key) Sign(s Subject) string {
	return strings.Join([]string{version, k.id, base64.RawURLEncoding.EncodeToString(k.sign(s))}, ".")
}

// Valid reports whether a text is the signature of this subject by this key.
func (k Key) Valid(text string, s Subject) bool {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[0] != version || parts[1] != k.id {
		return false
	}
	mac, err := base64.RawURLEncoding.DecodeString(parts[2])
	return err == nil && hmac.Equal(mac, k.sign(s))
}

// SignRemoval returns the signature that proves that the operator decided to remove the user of this subject by a policy.
func (k Key) SignRemoval(s Subject, policy string) string {
	return k.Digest("removal "+policy, s.UID, []byte(k.Sign(s)))
}

// ValidRemoval reports whether a text is the signature of this removal by this key.
func (k Key) ValidRemoval(text string, s Subject, policy string) bool {
	return hmac.Equal([]byte(text), []byte(k.SignRemoval(s, policy)))
}

func (k Key) sign(s Subject) []byte {
	return k.mac("binding", s.ClusterID, s.UID, s.InstanceID, s.UserID)
}

// mac includes the length of each part, so that two different lists of parts never have the same input.
func (k Key) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, k.secret)
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}
