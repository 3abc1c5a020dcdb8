// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// sharedInstance is what the ClerkInstances of one Clerk instance share. The pool's lock guards it.
type sharedInstance struct {
	instanceID string
	// label is the value of the label clerk_instance.
	label   string
	limiter *clerk.RateLimiter
	mirror  *mirror.Mirror
	members map[types.NamespacedName]*member
	// requests counts the calls.
	requests *requestCounts

	// client is the client that the mirror reads with; nil while it does not run. stop stops the mirror.
	client *clerk.Client
	stop   context.CancelFunc
}

// member is a ClerkInstance of a shared instance.
type member struct {
	terms Terms
	// client is nil while the ClerkInstance cannot be used.
	client *clerk.Client
}

// mirrorCaller is the caller in whose flow mirrors read.
func mirrorCaller() ratelimit.Caller {
	return ratelimit.Caller{ID: "mirror", Level: ratelimit.Background}
}

// applyTerms applies the members' terms.
func (s *sharedInstance) applyTerms() {
	var t Terms
	for _, m := range s.members {
		t.RequestsPer10s = least(t.RequestsPer10s, m.terms.RequestsPer10s)
		t.Interval = least(t.Interval, m.terms.Interval)
		t.FullInterval = least(t.FullInterval, m.terms.FullInterval)
	}
	s.limiter.SetRequestsPer10s(t.RequestsPer10s)
	s.mirror.SetIntervals(t.Interval, t.FullInterval)
}

// least returns the smaller of two values; 0 means no value.
func least[T interface{ ~int | ~int64 }](a, b T) T {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// chooseClient returns the client for the mirror: the present one while it is some member's, otherwise any.
func (s *sharedInstance) chooseClient() *clerk.Client {
	var first *clerk.Client
	for _, name := range slices.SortedFunc(maps.Keys(s.members), compareNames) {
		client := s.members[name].client
		if client != nil && client == s.client {
			return client
		}
		if first == nil {
			first = client
		}
	}
	return first
}

func compareNames(a, b types.NamespacedName) int { return strings.Compare(a.String(), b.String()) }

func (s *sharedInstance) names() []types.NamespacedName {
	return slices.SortedFunc(maps.Keys(s.members), compareNames)
}

// stopMirror stops the mirror if it runs.
func (s *sharedInstance) stopMirror() {
	if s.stop != nil {
		s.stop()
	}
	s.client, s.stop = nil, nil
}
