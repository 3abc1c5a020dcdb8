// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// records are the fields of status whose absence would make the operator forget something: whom the object manages, and what
// was added there. Every other is found out again.
func records() []string {
	return []string{"status.userID", "status.instance", "status.binding", "status.origin", "status.applied"}
}

// decisive are the fields on which a removal rests.
func decisive() []string {
	return append(records(), "spec.suspend", "spec.mode", "spec.deletionPolicy", "spec.instanceRef")
}

// recordsUnderstood reports whether the records in status have decoded. Else they must not be written: what is stored may
// be more than what is known here.
func (p *pass) recordsUnderstood() bool { return len(p.user.Undecoded.Of(records()...)) == 0 }

// understood returns a problem if a value of spec, or a record in status, did not decode. What such an object asks for is
// not known, so nothing is done at Clerk.
func (p *pass) understood() error {
	if paths := p.user.Undecoded.Of("spec"); len(paths) > 0 {
		return &problem{reason: v1alpha1.ReasonInvalidSpec, message: undecoded.SpecMessage("clerkuser", paths), stalled: true}
	}
	if paths := p.user.Undecoded.Of(records()...); len(paths) > 0 {
		message := undecoded.StatusMessage("clerkuser", p.user.Name, paths)
		return &problem{reason: v1alpha1.ReasonInvalidStatus, message: message, stalled: true}
	}
	return nil
}

// understoodForRemoval returns a problem if a value did not decode on which it rests what becomes of the user. What else the
// spec holds does not matter any more.
func (p *pass) understoodForRemoval() error {
	if _, nobody := p.ownsNobody(); nobody && !p.user.Undecoded.Concern("status.userID") {
		return nil
	}
	paths := p.user.Undecoded.Of(decisive()...)
	if len(paths) == 0 {
		return nil
	}
	message := undecoded.StatusMessage("clerkuser", p.user.Name, paths)
	if spec := paths.Of("spec"); len(spec) > 0 {
		message = undecoded.SpecMessage("clerkuser", spec)
	}
	return &problem{
		reason:  v1alpha1.ReasonDeletionBlocked,
		message: message + "; to leave the user at Clerk as it is, set spec.deletionPolicy to Retain on this object",
		stalled: true,
	}
}

// removeNotUnderstood lets go of an object whose deletionPolicy says to leave the user as it is, whatever else was not
// understood, and else returns the problem.
func (p *pass) removeNotUnderstood(ctx context.Context, err error) error {
	if policy := p.user.Spec.DeletionPolicy; policy != nil && *policy == v1alpha1.DeletionRetain {
		return p.release(ctx, "deletionPolicy is Retain, so the user was left as it is, with its owner mark")
	}
	return err
}

// notReleased is the error of a release that the API server refused. It lets nobody change an object in which a rule meets a
// value of another type, except to correct that value.
func (p *pass) notReleased(err error) error {
	paths := p.user.Undecoded.Of("spec")
	if len(paths) == 0 || !apierrors.IsInvalid(err) {
		return fmt.Errorf("removing the finalizer: %w", err)
	}
	return &problem{
		reason:  v1alpha1.ReasonDeletionBlocked,
		message: "the API server refuses to remove the finalizer before the spec is corrected: " + undecoded.SpecMessage("clerkuser", paths),
		stalled: true,
	}
}

// instanceUnderstood returns a problem if a value of the ClerkInstance did not decode: its guard rails are not known then. Its
// own conditions say the same.
func instanceUnderstood(instance *v1alpha1.ClerkInstance) error {
	if paths := instance.Undecoded.Of("spec"); len(paths) > 0 {
		return instanceNotReady(instanceName(instance), undecoded.SpecMessage("clerkinstance", paths))
	}
	if paths := instance.Undecoded.Of(undecoded.InstanceRecords()...); len(paths) > 0 {
		return instanceNotReady(instanceName(instance), undecoded.StatusMessage("clerkinstance", instance.Name, paths))
	}
	return nil
}
