// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// typical is a user with what a managed one usually has.
func typical(n int) *clerk.User {
	return &clerk.User{
		ID: idOf(n), ExternalID: fmt.Sprint("employee-", n), FirstName: "Ann", LastName: fmt.Sprint("Example", n),
		EmailAddresses: []clerk.EmailAddress{{ID: fmt.Sprint("idn_", n), Address: fmt.Sprintf("ann%d@example.com", n), Status: clerk.Verified}},
		PhoneNumbers:   []clerk.PhoneNumber{{ID: fmt.Sprint("idn_p", n), Number: "+15555550100", Status: clerk.Verified}},

		PrimaryEmailAddressID: fmt.Sprint("idn_", n), PrimaryPhoneNumberID: fmt.Sprint("idn_p", n),
		PublicMetadata:  clerk.Metadata{"role": "admin", "team": map[string]any{"name": "payments", "level": float64(n % 7)}},
		PrivateMetadata: clerk.Metadata{"clerk-operator.io/owner": "v1 cluster namespace/name uid created"},
		UnsafeMetadata:  clerk.Metadata{},
		CreatedAt:       start, UpdatedAt: start.Add(time.Duration(n) * time.Second),
	}
}

// holding is a mirror of n users with a follower each.
func holding(n int) *Mirror {
	m := New(Config{Now: func() time.Time { return start.Add(time.Hour) }})
	for i := range n {
		m.Look(idOf(i), idOf(i))
		m.Read(typical(i), start)
	}
	return m
}

func BenchmarkLook(b *testing.B) {
	for _, n := range []int{10_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m, ids := holding(n), idsOf(0, n)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if m.Look(ids[i], ids[i]).Presence != Present {
					b.Fatal("it is not there")
				}
				i = (i + 7919) % n
			}
		})
	}
}

// BenchmarkList is a page of 500 users of whom nothing changed.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{10_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := &session{Mirror: holding(n)}
			page := make([]*clerk.User, 500)
			for i := range page {
				page[i] = typical(i * 17)
			}
			asked := start.Add(time.Minute)
			b.ReportAllocs()
			for b.Loop() {
				if known := s.take(page, asked); known != len(page) {
					b.Fatalf("%d are known", known)
				}
			}
		})
	}
}

// BenchmarkReport is what a scrape of metrics and a report cost.
func BenchmarkReport(b *testing.B) {
	m := holding(50_000)
	b.ReportAllocs()
	for b.Loop() {
		if m.Report().Followed != 50_000 {
			b.Fatal("some are missing")
		}
	}
}
