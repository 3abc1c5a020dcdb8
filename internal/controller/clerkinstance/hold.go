// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// holdTime is how long ClerkUsers that are not being deleted hold a ClerkInstance that is: long enough for a command that deletes
// the instance first and its users afterwards. Without an end, a deletion by mistake could not be corrected, and a tool that
// deletes and creates the instance again would wait for ever for users that it created in between.
const holdTime = 30 * time.Second

// hold is what this process remembers of a ClerkInstance that is being deleted.
type hold struct {
	// idleSince is since when none of its ClerkUsers is being deleted; zero while one is.
	idleSince time.Time
}

// holdLeft returns how long ClerkUsers that are not being deleted still hold the instance. It begins anew while others are being
// deleted, and after a restart.
func (r *Reconciler) holdLeft(instance *v1alpha1.ClerkInstance, c counts) time.Duration {
	left, now := holdTime, r.Now()
	r.objects.Change(instance.UID, func(h *hold) {
		switch {
		case c.deleting > 0:
			h.idleSince = time.Time{}
		case h.idleSince.IsZero():
			h.idleSince = now
		default:
			left = max(holdTime-now.Sub(h.idleSince), 0)
		}
	})
	return left
}

// holds reports whether ClerkUsers, or pending deletions, hold an instance that is being deleted. Those that are being deleted
// do, and for the given time all others that need it for their deletion.
func (c counts) holds(left time.Duration) bool {
	return c.deleting > 0 || c.needing > 0 && left > 0
}
