// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// usual returns a typical user, which shares no memory with another one.
func usual(n int) *clerk.User {
	name := fmt.Sprintf("user-%06d", n)
	return &clerk.User{
		ID: idOf(n), FirstName: "First", LastName: "Last",
		EmailAddresses:        []clerk.EmailAddress{{ID: fmt.Sprintf("idn_%d", n), Address: name + "@example.com", Status: clerk.Verified}},
		PrimaryEmailAddressID: fmt.Sprintf("idn_%d", n),
		PublicMetadata:        clerk.Metadata{"role": "editor", "team": "team-7", "limits": map[string]any{"projects": 12.0, "seats": 340.0}},
		PrivateMetadata:       clerk.Metadata{"costCenter": "cc-0815", "clerk-operator.io/owner": "v1 cluster bench/" + name + " 5f0c created"},
		UnsafeMetadata:        clerk.Metadata{},
	}
}

// filled returns a mirror that follows and has read a number of users, and its time.
func filled(b *testing.B, users int) (*Mirror, time.Time) {
	b.Helper()
	now := time.Date(2026, 5, 12, 8, 0, 0, 0, time.UTC)
	m := New(Config{Now: func() time.Time { return now }})
	follow := make(map[string]string, users)
	for n := range users {
		follow[followerOf(n)] = idOf(n)
	}
	m.Follow(following(follow))
	for n := range users {
		if _, ok := m.Read(usual(n), now); !ok {
			b.Fatal("a user who was read is not there")
		}
	}
	return m, now
}

// followerOf is the key of an object, as long as a uid.
func followerOf(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// sizes are numbers of users.
func sizes() []int { return []int{10_000, 50_000} }

// BenchmarkLook is what every reconciliation reads from the mirror.
func BenchmarkLook(b *testing.B) {
	for _, users := range sizes() {
		b.Run(fmt.Sprintf("%dUsers", users), func(b *testing.B) {
			m, _ := filled(b, users)
			followers, ids := make([]string, users), idsOf(0, users)
			for n := range followers {
				followers[n] = followerOf(n)
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				// A step that shares no divisor with the sizes visits all users, and not in order.
				if n = (n + 7919) % users; m.Look(followers[n], ids[n]).User == nil {
					b.Fatal("a user who was read is not there")
				}
			}
		})
	}
}

// BenchmarkListUnchanged records one unchanged user of a list.
func BenchmarkListUnchanged(b *testing.B) {
	for _, users := range sizes() {
		b.Run(fmt.Sprintf("%dUsers", users), func(b *testing.B) {
			m, now := filled(b, users)
			// Two reads alternate, because comparing a copy with itself is cheaper.
			var readings [2][]*clerk.User
			for i := range readings {
				for n := range users {
					readings[i] = append(readings[i], usual(n))
				}
			}
			n, listed := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				n = (n + 7919) % users
				if u := readings[listed/users%2][n]; len(m.list(u.ID, u.Pack(), now)) > 0 {
					b.Fatal("a user who is as before is news")
				}
				listed++
			}
		})
	}
}

// BenchmarkMemory measures the memory of a user in the mirror, with the copy of the user.
func BenchmarkMemory(b *testing.B) {
	for _, users := range sizes() {
		b.Run(fmt.Sprintf("%dUsers", users), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				m, _ := filled(b, users)
				b.ReportMetric(float64(heap()-before)/float64(users), "heap-B/user")
				runtime.KeepAlive(m)
			}
		})
	}
}

// heap returns the number of bytes in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}
