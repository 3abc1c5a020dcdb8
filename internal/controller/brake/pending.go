// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package brake

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

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

// Withdraw takes a pending deletion off the record of a ClerkInstance, so that it is not carried out. withdrawn is false
// if there is none.
func (b Brake) Withdraw(ctx context.Context, name types.NamespacedName, uid string) (withdrawn bool, err error) {
	instance := &v1alpha1.ClerkInstance{}
	if err := client.IgnoreNotFound(b.APIReader.Get(ctx, name, instance)); err != nil {
		return false, fmt.Errorf("reading ClerkInstance %s from the API server: %w", name, err)
	}
	before := instance.DeepCopy()
	instance.Status.PendingDeletions = slices.DeleteFunc(instance.Status.PendingDeletions, func(p v1alpha1.PendingDeletion) bool {
		return p.UID == uid
	})
	if len(instance.Status.PendingDeletions) == len(before.Status.PendingDeletions) {
		return false, nil
	}
	err = b.Client.Status().Patch(ctx, instance, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if client.IgnoreNotFound(err) != nil {
		return false, fmt.Errorf("withdrawing a pending deletion from ClerkInstance %s: %w", name, err)
	}
	return true, nil
}
