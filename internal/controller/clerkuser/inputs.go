// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// inputs is what a pass is given by the cluster.
type inputs struct {
	instance   *v1alpha1.ClerkInstance
	connection *connection.Connection
	// client calls Clerk in the name of this object.
	client *clerk.Client
}

// findInputs finds the ClerkInstance that spec refers to, whether this namespace may use it, and the way to Clerk.
func (p *pass) findInputs(ctx context.Context) error {
	return p.findInputsAmong(ctx, p.references().Names(p.user))
}

// findInputsAmong is findInputs with the first of these ClerkInstances that exists.
func (p *pass) findInputsAmong(ctx context.Context, names []types.NamespacedName) error {
	instance, err := p.references().Find(ctx, names)
	if err != nil {
		return err
	}
	if instance == nil {
		return instanceNotFound(names)
	}
	p.in.instance = instance
	if err := instanceUnderstood(instance); err != nil {
		return err
	}
	if err := p.allowed(ctx, instance); err != nil {
		return err
	}
	state, known := p.Pool.State(instanceName(instance))
	if !known || state.UID != instance.UID || state.Generation != instance.Generation {
		return errInstanceUnknown
	}
	if state.Connection == nil {
		return instanceNotReady(instanceName(instance), state.Problem)
	}
	p.in.connection = state.Connection
	p.in.client = p.caller()
	return nil
}

// findRemovalInputs finds the ClerkInstance through which the user can be removed, whatever spec refers to by now, and the
// way to Clerk. Another ClerkInstance of the same Clerk instance is as good.
func (p *pass) findRemovalInputs(ctx context.Context) error {
	if err := p.findInputsAmong(ctx, p.references().RemovalNames(p.user)); err != nil {
		return err
	}
	if location := index.LocationOf(p.user); location != nil && location.ID != p.in.connection.InstanceID {
		return instanceChanged(location, instanceName(p.in.instance), p.in.connection.InstanceID)
	}
	return nil
}

// references says which ClerkInstance an object leads to, and which objects lead to a ClerkInstance.
func (r *Reconciler) references() index.References {
	return index.References{Reader: r.Client, Default: r.DefaultInstance}
}

// caller is the client in the name of this object.
func (p *pass) caller() *clerk.Client {
	return p.in.connection.Client.For(ratelimit.Caller{ID: p.uid(), Flow: p.flow(), Level: p.level()})
}

// flow is whose part of the budget this pass's calls come out of: that of its namespace, where the creation of many users
// does not hold up what happens to those that there are.
func (p *pass) flow() string {
	if p.userID == "" {
		return p.user.Namespace + " new users"
	}
	return p.user.Namespace
}

// level says how urgent this pass's calls are: what a person changed comes before what is merely compared.
func (p *pass) level() ratelimit.PriorityLevel {
	if p.theirs() && p.user.DeletionTimestamp.IsZero() && !p.forced() {
		return ratelimit.Drift
	}
	return ratelimit.Interactive
}

// allowed checks that the instance admits objects of this namespace.
func (p *pass) allowed(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	admits, err := Admits(ctx, p.Client, instance, p.user.Namespace)
	if err != nil || admits {
		return err
	}
	return notAllowed(instanceName(instance), p.user.Namespace)
}

// sameInstance checks that the object still leads to the Clerk instance in which its user is, or may be after a creating
// call whose result is not known.
func (p *pass) sameInstance() error {
	location, now := index.LocationOf(p.user), instanceName(p.in.instance)
	switch {
	case location == nil, p.userID == "" && p.memory.nothingCreated(p.user.UID):
		return nil
	case location.ID != p.in.connection.InstanceID && p.userID == "":
		return createdElsewhere(location, now)
	case location.ID != p.in.connection.InstanceID, p.userID != "" && (location.Namespace != now.Namespace || location.Name != now.Name):
		return instanceChanged(location, now, p.in.connection.InstanceID)
	}
	return nil
}

// instanceStays checks that the ClerkInstance is not being deleted: it would not wait for a user that is created now.
func (p *pass) instanceStays(ctx context.Context) error {
	name := instanceName(p.in.instance)
	instance, err := p.references().Find(ctx, []types.NamespacedName{name})
	if err != nil {
		return err
	}
	if instance == nil || instance.UID != p.in.instance.UID || !instance.DeletionTimestamp.IsZero() {
		return instanceNotReady(name, "it is being deleted, so no user is created through it; create it again, or change spec.instanceRef")
	}
	return nil
}

func instanceName(instance *v1alpha1.ClerkInstance) types.NamespacedName {
	return types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name}
}
