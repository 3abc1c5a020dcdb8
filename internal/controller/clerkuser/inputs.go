// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// defaultInstanceName is the ClerkInstance of its namespace that a ClerkUser without instanceRef means.
const defaultInstanceName = "default"

// inputs is what a pass is given by the cluster.
type inputs struct {
	instance   *v1alpha1.ClerkInstance
	connection *connection.Connection
	// client calls Clerk in the name of this object.
	client *clerk.Client
}

// findInputs finds the ClerkInstance, whether this namespace may use it, and the way to Clerk.
func (p *pass) findInputs(ctx context.Context) error {
	instance, err := p.findInstance(ctx)
	if err != nil {
		return err
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

// caller is the client in the name of this object.
func (p *pass) caller() *clerk.Client {
	return p.in.connection.Client.For(clerk.Caller{Key: p.uid(), Group: p.group(), Class: p.class()})
}

// group is whose part of the budget this pass's calls come out of: that of its namespace, where the creation of many users
// does not hold up what happens to those that there are.
func (p *pass) group() string {
	if p.userID == "" {
		return p.user.Namespace + " new users"
	}
	return p.user.Namespace
}

// class says how urgent this pass's calls are: what a person changed comes before what is merely compared.
func (p *pass) class() clerk.Class {
	if p.theirs() && p.user.DeletionTimestamp.IsZero() && !p.forced() {
		return clerk.Drift
	}
	return clerk.Person
}

func (p *pass) findInstance(ctx context.Context) (*v1alpha1.ClerkInstance, error) {
	for _, name := range p.instanceNames() {
		instance := &v1alpha1.ClerkInstance{}
		err := p.Client.Get(ctx, name, instance)
		if err == nil {
			return instance, nil
		}
		if !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("getting ClerkInstance %s: %w", name, err)
		}
	}
	return nil, instanceNotFound(p.instanceNames())
}

// instanceNames are the names to try, in order: the one referred to, or else the defaults.
func (p *pass) instanceNames() []types.NamespacedName {
	ref := p.user.Spec.InstanceRef
	if ref != nil {
		name := types.NamespacedName{Namespace: p.user.Namespace, Name: ref.Name}
		if ref.Namespace != nil {
			name.Namespace = *ref.Namespace
		}
		return []types.NamespacedName{name}
	}
	names := []types.NamespacedName{{Namespace: p.user.Namespace, Name: defaultInstanceName}}
	if p.DefaultInstance.Name != "" && p.DefaultInstance != names[0] {
		names = append(names, p.DefaultInstance)
	}
	return names
}

// allowed checks that the instance admits objects of this namespace.
func (p *pass) allowed(ctx context.Context, instance *v1alpha1.ClerkInstance) error {
	admits, err := Admits(ctx, p.Client, instance, p.user.Namespace)
	if err != nil || admits {
		return err
	}
	return notAllowed(instanceName(instance), p.user.Namespace)
}

// sameInstance checks that the object still leads to the Clerk instance in which its user lives.
func (p *pass) sameInstance() error {
	bound := p.user.Status.Instance
	if p.userID == "" || bound == nil {
		return nil
	}
	if bound.ID != p.in.connection.InstanceID || bound.Namespace != p.in.instance.Namespace || bound.Name != p.in.instance.Name {
		return instanceChanged(bound, instanceName(p.in.instance), p.in.connection.InstanceID)
	}
	return nil
}

func instanceName(instance *v1alpha1.ClerkInstance) types.NamespacedName {
	return types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name}
}
