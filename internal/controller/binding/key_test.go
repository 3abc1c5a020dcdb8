// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package binding

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBinding(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	subject := Subject{ClusterID: "c", UID: "u", InstanceID: "ins_1", UserID: "user_1"}
	signed := key.Sign(subject)

	tests := map[string]struct {
		key     Key
		text    string
		subject Subject
		want    bool
	}{
		"OwnSignature":       {key, signed, subject, true},
		"AnotherKey":         {other, signed, subject, false},
		"AnotherUser":        {key, signed, Subject{ClusterID: "c", UID: "u", InstanceID: "ins_1", UserID: "user_2"}, false},
		"ShiftedPartsDiffer": {key, signed, Subject{ClusterID: "cu", UID: "", InstanceID: "ins_1", UserID: "user_1"}, false},
		"Empty":              {key, "", subject, false},
		"Truncated":          {key, signed[:len(signed)-4], subject, false},
		"UnknownVersion":     {key, strings.Replace(signed, "v1.", "v2.", 1), subject, false},
		"NoSignature":        {key, signed[:strings.LastIndex(signed, ".")+1], subject, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tc.key.Valid(tc.text, tc.subject); got != tc.want {
				t.Errorf("Valid() = %t, want %t", got, tc.want)
			}
		})
	}
}

func TestDigestDistinguishesValues(t *testing.T) {
	t.Parallel()
	key, other := newKey(t), newKey(t)
	value := []byte("a value")
	digest := key.Digest("password", "uid", value)
	if digest != key.Digest("password", "uid", []byte("a value")) {
		t.Error("equal values have different digests")
	}
	for name, another := range map[string]string{
		"AnotherValue":   key.Digest("password", "uid", []byte("b value")),
		"AnotherPurpose": key.Digest("image", "uid", value),
		"AnotherObject":  key.Digest("password", "other", value),
		"AnotherKey":     other.Digest("password", "uid", value),
		"NoValue":        key.NoDigest(),
		"ShiftedParts":   key.Digest("passwordu", "id", value),
	} {
		if another == digest {
			t.Errorf("%s has the same digest", name)
		}
	}
	if !key.Made(digest) || !key.Made(key.NoDigest()) || key.Made(other.Digest("password", "uid", value)) || key.Made("") {
		t.Error("a key does not know its own digests from others'")
	}
	for _, plain := range [][]byte{value, sha256Of(value), sha256Of(slices.Concat(key.Bytes(), value))} {
		if strings.Contains(digest, base64.RawURLEncoding.EncodeToString(plain)) || strings.Contains(digest, string(plain)) {
			t.Error("the digest can be made without the key")
		}
	}
}

func sha256Of(text []byte) []byte {
	sum := sha256.Sum256(text)
	return sum[:]
}

func TestKeyDoesNotShowItself(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	for _, verb := range []string{"%v", "%s", "%+v", "%#v", "%q"} {
		if text := fmt.Sprintf(verb, key); strings.Contains(text, string(key.Bytes())) || strings.Contains(text, "secret") {
			t.Errorf("%s shows the key: %q", verb, text)
		}
	}
}

func TestParseKeyRefusesOtherLengths(t *testing.T) {
	t.Parallel()
	if _, err := ParseKey(make([]byte, KeySize-1)); err == nil {
		t.Error("ParseKey took a short key")
	}
}

func newKey(t *testing.T) Key {
	t.Helper()
	key, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}
