// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// understood returns a problem if a value of spec, or a record in status, did not decode: the guard rails of the instance
// are not known then, and no ClerkUser may use it.
func understood(instance *v1alpha1.ClerkInstance) error {
	if paths := instance.Undecoded.Of("spec"); len(paths) > 0 {
		return &problem{reason: v1alpha1.ReasonInvalidSpec, message: undecoded.SpecMessage("clerkinstance", paths), stalled: true}
	}
	if paths := instance.Undecoded.Of(undecoded.InstanceRecords()...); len(paths) > 0 {
		message := undecoded.StatusMessage("clerkinstance", instance.Name, paths)
		return &problem{reason: v1alpha1.ReasonInvalidStatus, message: message, stalled: true}
	}
	return nil
}
