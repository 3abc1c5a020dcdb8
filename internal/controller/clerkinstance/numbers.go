// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// numbers are what status says in numbers, and of which cluster they are.
type numbers struct {
	clusterID     string
	users         *int64
	managed, held int64
	massAbsent    int64
	// pending is how many pending deletions there are.
	pending int
}

// numbersOf returns the numbers that are written in a status, and those that were counted.
func numbersOf(instance *v1alpha1.ClerkInstance, o *outcome, clusterID string) (written, counted numbers) {
	status := &instance.Status
	written = numbers{status.ClusterID, status.Users, status.ManagedUsers, status.HeldDeletions, status.MassAbsentUsers, len(status.PendingDeletions)}
	if written.clusterID == "" {
		written.clusterID = clusterID
	}
	counted = written
	counted.clusterID = clusterID
	if o.mirror.Users != nil {
		counted.users = o.mirror.Users
	}
	if o.counted {
		counted.managed, counted.held, counted.pending = o.counts.managed, o.counts.held, len(o.pending)
		// After a restart the mirror has to find out again who is missing, and a ClerkUser whose user is listed again has its condition
		// for a moment longer. So a number that was written stays as long as there are so many who wait.
		counted.massAbsent = min(max(written.massAbsent, o.massAbsent), int64(len(o.counts.waiting)))
	}
	if counted.users != nil && *counted.users < counted.managed {
		// Counted before the operator created them; there are at least as many.
		counted.users = ptr.To(counted.managed)
	}
	return written, counted
}

func (n numbers) equal(other numbers) bool {
	return n.clusterID == other.clusterID && ptr.Equal(n.users, other.users) && n.managed == other.managed && n.held == other.held &&
		n.massAbsent == other.massAbsent && n.pending == other.pending
}
