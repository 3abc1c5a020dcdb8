// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// listBody returns a list of users as Clerk sends it, each with an address, names and a little metadata.
func listBody(b *testing.B, users int) []byte {
	b.Helper()
	instance := emulator.New(emulator.Config{}).AddInstance(emulator.InstanceConfig{})
	list := make([]*emulator.User, users)
	for i := range list {
		name := fmt.Sprintf("user-%06d", i)
		list[i] = instance.Seed(emulator.User{
			FirstName:       new("First"),
			LastName:        new("Last"),
			EmailAddresses:  []emulator.EmailAddress{{EmailAddress: name + "@example.com"}},
			PublicMetadata:  map[string]any{"role": "editor", "team": "team-7", "limits": map[string]any{"projects": 12, "seats": 340}},
			PrivateMetadata: map[string]any{"costCenter": "cc-0815", "clerk-operator.io/owner": "v1 cluster bench/" + name + " 5f0c created"},
		})
	}
	body, err := json.Marshal(list)
	if err != nil {
		b.Fatal(err)
	}
	return body
}

// BenchmarkDecodePage reads the longest page that Clerk sends into canonical users.
func BenchmarkDecodePage(b *testing.B) {
	body := listBody(b, maxListLimit)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		page := &pageAnswer{usersAnswer: usersAnswer{now: at()}}
		if err := decode(&answer{body: body}, page); err != nil || len(page.readable) != maxListLimit {
			b.Fatalf("%d users, %v", len(page.readable), err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*maxListLimit), "ns/user")
}

// BenchmarkCanonicalize puts one decoded user into canonical form.
func BenchmarkCanonicalize(b *testing.B) {
	answers := []*userAnswer{}
	if err := json.Unmarshal(listBody(b, 1), &answers); err != nil {
		b.Fatal(err)
	}
	user := answers[0]
	user.now = at()
	b.ReportAllocs()
	for b.Loop() {
		if err := user.canonicalize(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSame packs an unchanged user and compares it with the former one.
func BenchmarkSame(b *testing.B) {
	body := listBody(b, 1)
	read := func() *User {
		page := &pageAnswer{usersAnswer: usersAnswer{now: at()}}
		if err := decode(&answer{body: body}, page); err != nil {
			b.Fatal(err)
		}
		return page.readable[0]
	}
	first, second := read().Pack(), read()
	b.ReportAllocs()
	for b.Loop() {
		if !first.Same(second.Pack()) {
			b.Fatal("two readings of one user differ")
		}
	}
}
