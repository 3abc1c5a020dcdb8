// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// unsettled returns the pending deletions that are still to be carried out.
func (r *Reconciler) unsettled(instance *v1alpha1.ClerkInstance) []v1alpha1.PendingDeletion {
	return slices.DeleteFunc(slices.Clone(instance.Status.PendingDeletions), func(p v1alpha1.PendingDeletion) bool {
		return r.Pool.Settled(p.UID)
	})
}

// settled returns the uids of the pending deletions that are done.
func (r *Reconciler) settled(instance *v1alpha1.ClerkInstance) []string {
	var uids []string
	for _, p := range instance.Status.PendingDeletions {
		if r.Pool.Settled(p.UID) {
			uids = append(uids, p.UID)
		}
	}
	return uids
}

// forgetSettled forgets what the written status no longer has.
func (r *Reconciler) forgetSettled(settled []string, written *v1alpha1.ClerkInstance) {
	for _, uid := range settled {
		if !slices.ContainsFunc(written.Status.PendingDeletions, func(p v1alpha1.PendingDeletion) bool { return p.UID == uid }) {
			r.Pool.ForgetSettled(uid)
		}
	}
}

// withPending adds pending deletions, which need the instance as ClerkUsers that are being deleted do.
func (c counts) withPending(pending []v1alpha1.PendingDeletion) counts {
	added := counts{deleting: len(pending), needing: len(pending)}
	for _, p := range pending {
		added.where = append(added.where, p.Namespace)
	}
	return c.plus(added)
}
