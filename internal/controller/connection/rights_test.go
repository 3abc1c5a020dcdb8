// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// TestRightsAreGivenOutInPieces checks that no piece can be turned into another.
func TestRightsAreGivenOutInPieces(t *testing.T) {
	t.Parallel()
	s := newEnvironment(t)
	client := s.client("key-1", clerk.NewRateLimiter(clerk.RateLimiterConfig{Now: time.Now}))
	rights := (&Connection{Client: client}).For(ratelimit.Caller{})
	pieces := map[string]any{
		"Reader": rights.Reader, "Creator": rights.Creator, "Writer": rights.Writer, "Deleter": rights.Deleter, "Actor": rights.Actor,
	}
	is := map[string]func(any) bool{
		"Reader":             func(v any) bool { _, ok := v.(Reader); return ok },
		"OrganizationReader": func(v any) bool { _, ok := v.(OrganizationReader); return ok },
		"Creator":            func(v any) bool { _, ok := v.(Creator); return ok },
		"Writer":             func(v any) bool { _, ok := v.(Writer); return ok },
		"ProfileWriter":      func(v any) bool { _, ok := v.(ProfileWriter); return ok },
		"ImageWriter":        func(v any) bool { _, ok := v.(ImageWriter); return ok },
		"AccessWriter":       func(v any) bool { _, ok := v.(AccessWriter); return ok },
		"IdentifierWriter":   func(v any) bool { _, ok := v.(IdentifierWriter); return ok },
		"Deleter":            func(v any) bool { _, ok := v.(Deleter); return ok },
		"Actor":              func(v any) bool { _, ok := v.(Actor); return ok },
		"CredentialChecker":  func(v any) bool { _, ok := v.(CredentialChecker); return ok },
		"FactorDeleter":      func(v any) bool { _, ok := v.(FactorDeleter); return ok },
		"PasswordActor":      func(v any) bool { _, ok := v.(PasswordActor); return ok },
		"*clerk.Client":      func(v any) bool { _, ok := v.(*clerk.Client); return ok },
		"another view": func(v any) bool {
			_, ok := v.(interface {
				For(caller ratelimit.Caller) *clerk.Client
			})
			return ok
		},
	}
	partOf := map[string][]string{
		"Reader":  {"Reader", "OrganizationReader"},
		"Creator": {"Creator"},
		"Writer":  {"Writer", "ProfileWriter", "ImageWriter", "AccessWriter", "IdentifierWriter"},
		"Deleter": {"Deleter"},
		"Actor":   {"Actor", "CredentialChecker", "FactorDeleter", "PasswordActor"},
	}
	for name, piece := range pieces {
		want := map[string]bool{}
		for _, part := range partOf[name] {
			want[part] = true
		}
		for other, holds := range is {
			if got := holds(piece); got != want[other] {
				t.Errorf("a %s is a %s: %t, want %t", name, other, got, want[other])
			}
		}
	}
}

// TestRightsAreOfTheCaller checks that calls use the connection's key and the caller's flow.
func TestRightsAreOfTheCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newEnvironment(t)
		s.join(ann, firstID, "key-1", Terms{RequestsPer10s: 1, Interval: time.Minute, FullInterval: time.Hour})
		state, _ := s.pool.State(ann)
		one, other := state.Connection.For(ratelimit.Caller{ID: "one"}), state.Connection.For(ratelimit.Caller{ID: "other"})
		if err := one.Creator.Reserve(); err != nil {
			t.Fatalf("the only token is not given: %v", err)
		}
		if _, waits := clerk.Waiting(other.Deleter.Reserve()); !waits {
			t.Error("a token is given twice")
		}
		if _, err := one.Reader.User(t.Context(), "user_none"); !clerk.IsNotFound(err) {
			t.Errorf("reading with the token that the same caller was given: %v", err)
		}
		if keys := keysUsed(s.first); len(keys) != 1 || keys[0] != "key-1" {
			t.Errorf("called with %q", keys)
		}
	})
}
