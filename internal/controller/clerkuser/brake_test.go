// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// The ClerkInstance names the users that were counted last. Where more than those wait for their tokens, one that it no longer
// names is not counted again.
func TestBrakeCountsEachOnceAmongMany(t *testing.T) {
	t.Parallel()
	const most = v1alpha1.MaxCountedUsers + 2
	f := newFixture(t, withBrake(most))
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.delete("ann")
	f.server.InjectFault(emulator.Fault{Method: http.MethodDelete, Status: http.StatusServiceUnavailable})
	f.reconcile("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		for n := range v1alpha1.MaxCountedUsers {
			i.Status.Deletions.Count++
			i.Status.Deletions.Users = append(i.Status.Deletions.Users, fmt.Sprint("user_", n))
		}
		i.Status.Deletions.Users = i.Status.Deletions.Users[1:]
		f.storeStatus(i)
	})
	f.expectGone("ann")
	f.editInstance(func(i *v1alpha1.ClerkInstance) {
		if got := i.Status.Deletions.Count; got != v1alpha1.MaxCountedUsers+1 {
			t.Errorf("counted were %d, want %d", got, v1alpha1.MaxCountedUsers+1)
		}
	})
}
