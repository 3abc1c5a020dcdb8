// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// checkDecoded returns a problem if a value of spec, or a record in status, did not decode: the guard rails of the instance
// are not known then, and no ClerkUser may use it.
func checkDecoded(instance *v1alpha1.ClerkInstance) error {
	if paths := instance.Undecoded.Of("spec"); len(paths) > 0 {
		return &reconcile.Problem{Reason: v1alpha1.ReasonInvalidSpec, Message: undecoded.SpecMessage("clerkinstance", paths), Stalled: true}
	}
	if paths := instance.Undecoded.Of(undecoded.InstanceRecords()...); len(paths) > 0 {
		message := undecoded.StatusMessage("clerkinstance", instance.Name, paths)
		return &reconcile.Problem{Reason: v1alpha1.ReasonInvalidStatus, Message: message, Stalled: true}
	}
	return nil
}
