// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// resolveInstance finds the ClerkInstance that an object uses, and the connection to its Clerk instance.
type resolveInstance struct {
	*reconciliation
	cache      client.Reader
	pool       *connection.Pool
	references index.References
}

// run finds the ClerkInstance that spec refers to, and checks that this namespace may use it.
func (s resolveInstance) run(ctx context.Context) (*connection.Connection, error) {
	return s.first(ctx, s.references.Names(s.user))
}

// forRemoval finds a ClerkInstance through which the user can be removed, whatever spec refers to now. Any ClerkInstance of the
// same Clerk instance is sufficient.
func (s resolveInstance) forRemoval(ctx context.Context) (*connection.Connection, error) {
	found, err := s.first(ctx, s.references.RemovalNames(s.user))
	if err != nil {
		return nil, err
	}
	if location := index.LocationOf(s.user); location != nil && location.ID != s.instanceID {
		return nil, instanceChanged(location, instanceName(s.instance), s.instanceID)
	}
	return found, nil
}

// first uses the first of these ClerkInstances that exists.
func (s resolveInstance) first(ctx context.Context, names []types.NamespacedName) (*connection.Connection, error) {
	instance, err := s.references.Find(ctx, names)
	if err != nil {
		return nil, err
	}
	if instance == nil {
		return nil, instanceNotFound(names)
	}
	s.instance = instance
	if err := checkInstanceDecoded(instance); err != nil {
		return nil, err
	}
	if err := s.checkAllowed(ctx, instance); err != nil {
		return nil, err
	}
	state, known := s.pool.State(instanceName(instance))
	if !known || state.UID != instance.UID || state.Generation != instance.Generation {
		return nil, errInstanceUnknown
	}
	found := state.Connection
	if found == nil {
		return nil, instanceNotReady(instanceName(instance), state.Problem)
	}
	s.instanceID, s.environment, s.mirror = found.InstanceID, found.Environment, found.Mirror
	return found, nil
}

// checkAllowed checks that the ClerkInstance admits objects of this namespace.
func (s resolveInstance) checkAllowed(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	admits, err := index.Admits(ctx, s.cache, instance, s.user.Namespace)
	if err != nil || admits {
		return err
	}
	return notAllowed(instanceName(instance), s.user.Namespace)
}

// checkNewBinding checks that the ClerkInstance of an object without a user is not being deleted. The object waits for another one of
// that name.
func (s resolveInstance) checkNewBinding() error {
	if s.userID != "" || s.user.Spec.Observes() || s.instance.DeletionTimestamp.IsZero() {
		return nil
	}
	if _, _, bound := s.mirror.BoundTo(s.uid()); bound {
		// The status with the user is about to be written.
		return nil
	}
	return instanceGoing(instanceName(s.instance))
}

// confirmStays checks that the ClerkInstance is not being deleted. Its deletion would not wait for a user that is created now.
func (s resolveInstance) confirmStays(ctx context.Context) error {
	name := instanceName(s.instance)
	instance, err := s.references.Find(ctx, []types.NamespacedName{name})
	if err != nil {
		return err
	}
	if instance == nil || instance.UID != s.instance.UID || !instance.DeletionTimestamp.IsZero() {
		return instanceGoing(name)
	}
	return nil
}

// checkSameInstance checks that the object still uses the Clerk instance in which its user is. After a creating call without a
// known result, the user may be there too.
func (r *reconciliation) checkSameInstance() error {
	location, now := index.LocationOf(r.user), instanceName(r.instance)
	switch {
	case location == nil, r.userID == "" && r.state.attempt.nothingCreated():
		return nil
	case location.ID != r.instanceID && r.userID == "":
		return createdElsewhere(location, now)
	case location.ID != r.instanceID, r.userID != "" && (location.Namespace != now.Namespace || location.Name != now.Name):
		return instanceChanged(location, now, r.instanceID)
	}
	return nil
}

// caller identifies the calls of this reconciliation to the rate limiter.
func (r *reconciliation) caller() ratelimit.Caller {
	return ratelimit.Caller{ID: r.uid(), Flow: r.flow(), Level: r.priorityLevel()}
}

// backgroundCaller identifies reads that nobody waits for.
func (r *reconciliation) backgroundCaller() ratelimit.Caller {
	return ratelimit.Caller{ID: r.uid(), Flow: r.flow(), Level: ratelimit.Background}
}

// flow is the part of the API budget that the calls use. New users of a namespace have their own flow, so that they do not
// delay calls for existing users.
func (r *reconciliation) flow() string {
	if r.userID == "" {
		return r.user.Namespace + " new users"
	}
	return r.user.Namespace
}

// priorityLevel is the urgency of the calls. Changes that a person made come before corrections of drift.
func (r *reconciliation) priorityLevel() ratelimit.PriorityLevel {
	if r.isDrift() && r.user.DeletionTimestamp.IsZero() && !r.reconcileRequested() {
		return ratelimit.Drift
	}
	return ratelimit.Interactive
}

func instanceName(instance *v1alpha1.ClerkInstance) types.NamespacedName {
	return types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name}
}

// recordFields are the fields of status that the operator cannot find out again: which user the object manages, and what was
// added to that user.
func recordFields() []string {
	return []string{"status.userID", "status.instance", "status.binding", "status.origin", "status.applied"}
}

// removalFields are the fields that decide about a removal.
func removalFields() []string {
	return append(recordFields(), "spec.suspend", "spec.mode", "spec.deletionPolicy", "spec.instanceRef")
}

// recordsDecoded reports whether the record fields in status were decoded. If not, the operator does not write them, since the
// stored values may contain more.
func (r *reconciliation) recordsDecoded() bool {
	return len(r.user.Undecoded.Of(recordFields()...)) == 0
}

// checkDecoded returns a problem if a value of spec or a record in status was not decoded. The request of such an object is
// unknown, so nothing is done at Clerk.
func (r *reconciliation) checkDecoded() error {
	if paths := r.user.Undecoded.Of("spec"); len(paths) > 0 {
		return &reconcile.Problem{Reason: v1alpha1.ReasonInvalidSpec, Message: undecoded.SpecMessage("clerkuser", paths), Stalled: true}
	}
	if paths := r.user.Undecoded.Of(recordFields()...); len(paths) > 0 {
		message := undecoded.StatusMessage("clerkuser", r.user.Name, paths)
		return &reconcile.Problem{Reason: v1alpha1.ReasonInvalidStatus, Message: message, Stalled: true}
	}
	return nil
}

// checkDecodedForRemoval returns a problem if a value that decides about the removal was not decoded. Other values of the spec
// do not matter any more.
func (r *reconciliation) checkDecodedForRemoval() error {
	if _, none := r.hasNoUser(); none && !r.user.Undecoded.Concern("status.userID") {
		return nil
	}
	paths := r.user.Undecoded.Of(removalFields()...)
	if len(paths) == 0 {
		return nil
	}
	message := undecoded.StatusMessage("clerkuser", r.user.Name, paths)
	if spec := paths.Of("spec"); len(spec) > 0 {
		message = undecoded.SpecMessage("clerkuser", spec)
	}
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonDeletionBlocked,
		Message: message + "; to leave the user at Clerk as it is, set spec.deletionPolicy to Retain on this object",
		Stalled: true,
	}
}

// checkInstanceDecoded returns a problem if a value of the ClerkInstance was not decoded: its policies are unknown then. The
// conditions of the ClerkInstance say the same.
func checkInstanceDecoded(instance *v1alpha1.ClerkInstance) error {
	if paths := instance.Undecoded.Of("spec"); len(paths) > 0 {
		return instanceNotReady(instanceName(instance), undecoded.SpecMessage("clerkinstance", paths))
	}
	if paths := instance.Undecoded.Of(undecoded.InstanceRecords()...); len(paths) > 0 {
		return instanceNotReady(instanceName(instance), undecoded.StatusMessage("clerkinstance", instance.Name, paths))
	}
	return nil
}
