// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package brake

import (
	"errors"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// pendingRetry is how soon to try again when a ClerkInstance has as many pending deletions as it may have.
const pendingRetry = 2 * time.Second

var errTooManyPending = errors.New("the ClerkInstance has too many pending deletions")

// addPending adds a pending deletion to the status of a ClerkInstance, if it is not there.
func addPending(instance *v1alpha1.ClerkInstance, pending *v1alpha1.PendingDeletion) error {
	have := instance.Status.PendingDeletions
	switch {
	case pending == nil, slices.ContainsFunc(have, func(p v1alpha1.PendingDeletion) bool { return p.UID == pending.UID }):
		return nil
	case len(have) >= v1alpha1.MaxPendingDeletions:
		return &reconcile.WaitError{After: pendingRetry, Err: errTooManyPending}
	}
	instance.Status.PendingDeletions = append(slices.Clone(have), *pending)
	return nil
}
