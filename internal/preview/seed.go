// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"cmp"
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// change is a change of an object by the apply. was is nil for a new object, is for one that is gone.
type change struct{ was, is client.Object }

// load copies the ClerkUsers and ClerkInstances of the cluster.
func (p *preview) load(ctx context.Context, in Input) error {
	users, instances := &v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}
	var err error
	if p.cluster.usersIn, err = p.list(ctx, users, namespacesOf(in)); err != nil {
		return fmt.Errorf("listing ClerkUsers: %w", err)
	}
	if p.cluster.instancesIn, err = p.list(ctx, instances, namespacesOf(in)); err != nil {
		return fmt.Errorf("listing ClerkInstances: %w", err)
	}
	for i := range users.Items {
		users.Items[i].ManagedFields = nil
		p.cluster.add(&users.Items[i])
	}
	for i := range instances.Items {
		instances.Items[i].ManagedFields = nil
		p.cluster.add(&instances.Items[i])
	}
	return nil
}

// list lists the objects of a kind in all namespaces, or if that is forbidden, in those of the given ones in which it is allowed. It
// returns the listed namespaces; nil for all.
func (p *preview) list(ctx context.Context, into client.ObjectList, namespaces []string) (listed []string, err error) {
	err = p.config.Cluster.List(ctx, into)
	if !apierrors.IsForbidden(err) {
		return nil, err
	}
	listed = []string{}
	for _, namespace := range namespaces {
		some, _ := into.DeepCopyObject().(client.ObjectList)
		err := p.config.Cluster.List(ctx, some, client.InNamespace(namespace))
		if apierrors.IsForbidden(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		listed = append(listed, namespace)
		appendItems(into, some)
	}
	return listed, nil
}

// appendItems appends the objects of a list to another one of the same kind.
func appendItems(into, some client.ObjectList) {
	switch some := some.(type) {
	case *v1alpha1.ClerkUserList:
		all, _ := into.(*v1alpha1.ClerkUserList)
		all.Items = append(all.Items, some.Items...)
	case *v1alpha1.ClerkInstanceList:
		all, _ := into.(*v1alpha1.ClerkInstanceList)
		all.Items = append(all.Items, some.Items...)
	}
}

// namespacesOf are the namespaces of the input, each once.
func namespacesOf(in Input) []string {
	seen := map[string]bool{}
	var namespaces []string
	for _, o := range append(append([]client.Object{}, in.Applied...), in.Deleted...) {
		if name := o.GetNamespace(); name != "" && !seen[name] {
			seen[name] = true
			namespaces = append(namespaces, name)
		}
	}
	return namespaces
}

// seed makes the copies as they are after the apply, and enqueues what the operator would reconcile because of it.
func (p *preview) seed(ctx context.Context, in Input) error {
	if err := p.load(ctx, in); err != nil {
		return err
	}
	var changes []change
	var sources []client.Object
	for _, o := range in.Applied {
		switch o := o.(type) {
		case *v1alpha1.ClerkUser:
			changes = append(changes, p.apply(o.DeepCopy(), p.cluster.users.objects[client.ObjectKeyFromObject(o)]))
		case *v1alpha1.ClerkInstance:
			changes = append(changes, p.applyInstance(o.DeepCopy()))
		case *v1alpha1.ClerkUserAction:
			p.objects.addAction(o)
		default:
			if kindOfSource(o) != "" {
				p.cluster.sources.add(o)
				sources = append(sources, o)
			}
		}
	}
	for _, o := range in.Deleted {
		if deletion, found := p.delete(o); found {
			changes = append(changes, deletion)
		}
	}
	for _, c := range changes {
		p.deliver(ctx, c.was, c.is)
	}
	p.enqueueSources(sources)
	return p.prepare(ctx, p.queue.names())
}

// apply puts an applied ClerkUser in its place.
func (p *preview) apply(is, was *v1alpha1.ClerkUser) change {
	p.complete(is)
	p.cluster.add(is)
	record := p.objects.of(is.UID, client.ObjectKeyFromObject(is))
	record.listed, record.Applied, record.New = true, true, was == nil
	record.manifest.add(&is.Spec)
	if was == nil {
		return change{nil, is}
	}
	record.manifest.add(&was.Spec)
	record.rejected = rejectedBefore(was, is)
	return change{was, is}
}

// rejectedBefore says why Clerk refused the calls for an object that does not change; "" if it did not, or if the object changes.
func rejectedBefore(was, is *v1alpha1.ClerkUser) string {
	ready := meta.FindStatusCondition(was.Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Reason != v1alpha1.ReasonRejectedByClerk || ready.ObservedGeneration != is.Generation {
		return ""
	}
	return ready.Message
}

// applyInstance puts an applied ClerkInstance in its place.
func (p *preview) applyInstance(is *v1alpha1.ClerkInstance) change {
	was, found := p.cluster.instances.objects[client.ObjectKeyFromObject(is)]
	p.complete(is)
	p.cluster.add(is)
	if !found {
		return change{nil, is}
	}
	return change{was, is}
}

// complete fills in what the API server sets in a new object, if it was not asked.
func (p *preview) complete(o client.Object) {
	if o.GetUID() == "" {
		o.SetUID(types.UID(NewID + "-" + o.GetNamespace() + "-" + o.GetName()))
	}
	if created := o.GetCreationTimestamp(); created.IsZero() {
		o.SetCreationTimestamp(metav1.NewTime(p.clock.now))
	}
	o.SetGeneration(cmp.Or(o.GetGeneration(), 1))
	o.SetManagedFields(nil)
}

// delete deletes an object. found is false if it is not in the cluster.
func (p *preview) delete(o client.Object) (c change, found bool) {
	name, at := client.ObjectKeyFromObject(o), metav1.NewTime(p.clock.now)
	switch o.(type) {
	case *v1alpha1.ClerkUser:
		was, found := p.cluster.users.objects[name]
		if !found {
			return change{}, false
		}
		record := p.objects.of(was.UID, name)
		record.listed, record.Deleted, record.UserID = true, true, was.Status.UserID
		record.manifest.add(&was.Spec)
		return change{was, p.cluster.remove(was.DeepCopy(), at)}, true
	case *v1alpha1.ClerkInstance:
		was, found := p.cluster.instances.objects[name]
		if !found {
			return change{}, false
		}
		return change{was, p.cluster.remove(was.DeepCopy(), at)}, true
	}
	return change{}, false
}

// deliver tells the controller of a change, as a watch does.
func (p *preview) deliver(ctx context.Context, was, is client.Object) {
	handler := p.parts.Users
	if _, instance := is.(*v1alpha1.ClerkInstance); instance {
		handler = p.parts.Instances
	} else if _, instance := was.(*v1alpha1.ClerkInstance); instance {
		handler = p.parts.Instances
	}
	switch {
	case was == nil:
		handler.Create(ctx, event.CreateEvent{Object: is}, p.queue)
	case is == nil:
		handler.Delete(ctx, event.DeleteEvent{Object: was}, p.queue)
	default:
		handler.Update(ctx, event.UpdateEvent{ObjectOld: was, ObjectNew: is}, p.queue)
	}
}

// enqueueSources enqueues the ClerkUsers that name applied Secrets and ConfigMaps.
func (p *preview) enqueueSources(sources []client.Object) {
	for _, o := range sources {
		named := index.SourceOf(kindOfSource(o), o.GetNamespace(), o.GetName())
		for _, user := range p.cluster.users.list("", map[string]string{index.Source: named}) {
			p.queue.Add(ctrl.Request{NamespacedName: client.ObjectKeyFromObject(user)})
		}
	}
}
