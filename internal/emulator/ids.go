// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"sync"
	"time"
)

const (
	// ksuidLength is the length of the suffix of every id that Clerk publishes: 20 bytes in base 62.
	ksuidLength = 27
	// ksuidEpoch is the Unix time, in seconds, that KSUIDs count from.
	ksuidEpoch = 1_400_000_000
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

// idMaker makes ids that sort by the order of creation. They are KSUIDs whose payload begins with a counter, because a
// KSUID resolves only seconds and thousands of users are created here in one second.
type idMaker struct {
	mu    sync.Mutex
	last  int64
	count uint64
}

// next returns prefix followed by 27 characters. Later ids sort later, even if the clock was set back.
func (m *idMaker) next(prefix string, now time.Time) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(m.last, now.Unix()-ksuidEpoch, 0)
	m.count++
	var raw [20]byte
	binary.BigEndian.PutUint32(raw[:4], uint32(m.last))
	binary.BigEndian.PutUint64(raw[4:12], m.count)
	_, _ = rand.Read(raw[12:])
	return prefix + encodeBase62(raw[:])
}

// instanceIDFor derives an instance's id from its first key, so that an emulator that is started again with the same
// key is the same instance, as at Clerk.
func instanceIDFor(key string) string {
	sum := sha256.Sum256([]byte("instance of " + key))
	return "ins_" + encodeBase62(sum[:20])
}

// randomToken returns 27 random characters, for generated keys.
func randomToken() string {
	var raw [20]byte
	_, _ = rand.Read(raw[:])
	return encodeBase62(raw[:])
}

// traceID returns an id in the form of those in Clerk's error bodies.
func traceID() string {
	var raw [16]byte
	_, _ = rand.Read(raw[:])
	return hex.EncodeToString(raw[:])
}

func encodeBase62(raw []byte) string {
	number, radix, digit := new(big.Int).SetBytes(raw), big.NewInt(62), new(big.Int)
	text := make([]byte, ksuidLength)
	for i := ksuidLength - 1; i >= 0; i-- {
		number.DivMod(number, radix, digit)
		text[i] = base62[digit.Int64()]
	}
	return string(text)
}
