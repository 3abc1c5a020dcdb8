// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"net/http"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// The answer to a creating call is lost, its identifier leaves the spec, and the one that takes its place belongs to somebody.
func TestIdentifierAfterALostAnswerIsTaken(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		policy v1alpha1.AdoptionPolicy
		want   string
	}{
		"ToBeAdopted": {v1alpha1.AdoptIfUnmanaged, v1alpha1.ReasonInSync},
		"ToBeLeft":    {v1alpha1.AdoptNever, v1alpha1.ReasonAlreadyExists},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.AdoptionPolicy = ptr.To(tc.policy) }))
			f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Cut: true})
			f.expectReason("ann", v1alpha1.ReasonWaiting)
			f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("new@example.com")}})
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
			f.clock.advance(2 * clerk.LagTime)
			f.expectReason("ann", tc.want)
		})
	}
}
