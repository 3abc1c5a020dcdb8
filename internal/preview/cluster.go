// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// cluster is the cluster as it would be after the apply, in memory. ClerkUsers and ClerkInstances are copies, and writes change only
// these. Secrets, ConfigMaps and Namespaces are read from the real cluster on demand, unless they are among the applied objects.
type cluster struct {
	// Client is nil: the operator's reconciler of ClerkUsers calls no other methods than those below.
	client.Client

	live      client.Reader
	users     *store[*v1alpha1.ClerkUser]
	instances *store[*v1alpha1.ClerkInstance]
	sources   *sources
	version   versions
	// usersIn and instancesIn are the namespaces whose ClerkUsers and ClerkInstances are copied; nil for all. Others are read by
	// their names.
	usersIn, instancesIn []string
	// changed is called with each object before and after a change; with nil after it, the object is gone.
	changed func(ctx context.Context, was, is client.Object)
	// failed is the first error of the real cluster that ends the preview.
	failed error
}

func newCluster(ctx context.Context, live client.Reader) (*cluster, error) {
	c := &cluster{
		live: live, users: newStore[*v1alpha1.ClerkUser](), instances: newStore[*v1alpha1.ClerkInstance](),
		sources: newSources(live), changed: func(context.Context, client.Object, client.Object) {},
	}
	if err := index.Register(ctx, c.users); err != nil {
		return nil, err
	}
	return c, index.RegisterInstances(ctx, c.instances)
}

// Get reads an object. It implements client.Reader.
func (c *cluster) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	switch into := into.(type) {
	case *v1alpha1.ClerkUser:
		if stored, found := c.users.objects[key]; found {
			stored.DeepCopyInto(into)
			return nil
		}
		if c.usersIn == nil || slices.Contains(c.usersIn, key.Namespace) {
			return notFound("clerkusers", key)
		}
		return c.fail(c.live.Get(ctx, key, into, options...))
	case *v1alpha1.ClerkInstance:
		stored, err := c.instance(ctx, key)
		if err != nil {
			return err
		}
		stored.DeepCopyInto(into)
	case *corev1.Secret, *corev1.ConfigMap:
		return c.fail(c.sources.get(ctx, key, into, options...))
	default:
		return c.fail(c.live.Get(ctx, key, into, options...))
	}
	return nil
}

// instance returns a ClerkInstance. One that the caller may not list is read by its name.
func (c *cluster) instance(ctx context.Context, key client.ObjectKey) (*v1alpha1.ClerkInstance, error) {
	if stored, found := c.instances.objects[key]; found {
		return stored, nil
	}
	if c.instancesIn == nil || slices.Contains(c.instancesIn, key.Namespace) {
		return nil, notFound("clerkinstances", key)
	}
	read := &v1alpha1.ClerkInstance{}
	if err := c.live.Get(ctx, key, read); err != nil {
		return nil, c.fail(err)
	}
	read.ResourceVersion = c.version.next()
	c.instances.put(read)
	return read, nil
}

// fail remembers an error that says nothing about an object, and returns it.
func (c *cluster) fail(err error) error {
	if err != nil && c.failed == nil && !apierrors.IsNotFound(err) && !apierrors.IsForbidden(err) {
		c.failed = err
	}
	return err
}

func notFound(resource string, key client.ObjectKey) error {
	return apierrors.NewNotFound(schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: resource}, key.String())
}

// List lists ClerkUsers or ClerkInstances by an index. It implements client.Reader. As with a cache, the objects must not be changed
// if the caller asks for no copies.
func (c *cluster) List(_ context.Context, into client.ObjectList, options ...client.ListOption) error {
	var chosen client.ListOptions
	chosen.ApplyOptions(options)
	values := map[string]string{}
	if chosen.FieldSelector != nil {
		for _, requirement := range chosen.FieldSelector.Requirements() {
			values[requirement.Field] = requirement.Value
		}
	}
	shared := chosen.UnsafeDisableDeepCopy != nil && *chosen.UnsafeDisableDeepCopy
	switch into := into.(type) {
	case *v1alpha1.ClerkUserList:
		into.Items = nil
		for _, user := range c.users.list(chosen.Namespace, values) {
			if !shared {
				user = user.DeepCopy()
			}
			into.Items = append(into.Items, *user)
		}
	case *v1alpha1.ClerkInstanceList:
		into.Items = nil
		for _, instance := range c.instances.list(chosen.Namespace, values) {
			if !shared {
				instance = instance.DeepCopy()
			}
			into.Items = append(into.Items, *instance)
		}
	default:
		return fmt.Errorf("listing %T: the preview does not have these", into)
	}
	return nil
}

// add adds an object, or replaces it, without an event.
func (c *cluster) add(o client.Object) {
	o.SetResourceVersion(c.version.next())
	switch o := o.(type) {
	case *v1alpha1.ClerkUser:
		c.users.put(o)
	case *v1alpha1.ClerkInstance:
		c.instances.put(o)
	}
}

// remove removes an object whose deletion nothing delays, and marks any other one as being deleted. It returns the object as it is
// then; nil if it is gone.
func (c *cluster) remove(o client.Object, at metav1.Time) client.Object {
	if len(o.GetFinalizers()) == 0 {
		switch o.(type) {
		case *v1alpha1.ClerkUser:
			c.users.remove(client.ObjectKeyFromObject(o))
		case *v1alpha1.ClerkInstance:
			c.instances.remove(client.ObjectKeyFromObject(o))
		}
		return nil
	}
	if o.GetDeletionTimestamp().IsZero() {
		o.SetDeletionTimestamp(&at)
		o.SetGeneration(o.GetGeneration() + 1)
	}
	c.add(o)
	return o
}
