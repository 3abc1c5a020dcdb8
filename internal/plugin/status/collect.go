// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// scope is what is read.
type scope struct {
	// namespace is where objects are read; "" is all namespaces.
	namespace string
	// instance limits the report to one ClerkInstance; empty for all.
	instance types.NamespacedName
}

// collector reads the cluster.
type collector struct {
	reader client.Reader
	lease  leaseReader
	now    func() time.Time
	// measured is nil if the operator's metrics were not read.
	measured metrics
}

// run reads what is in the scope.
func (c collector) run(ctx context.Context, s scope) (Report, error) {
	started := c.now()
	f := newFacts(s, started)
	f.measured = c.measured
	if err := c.readInstances(ctx, s, f); err != nil {
		return Report{}, err
	}
	var forbidden error
	err := cli.EachUser(ctx, c.reader, s.namespace, f.addUser)
	if apierrors.IsForbidden(err) && len(f.instances) > 0 {
		forbidden, err = err, nil
	}
	if err != nil {
		return Report{}, err
	}
	if forbidden != nil {
		f.notRead = append(f.notRead, forbidden.Error())
	}
	if err := c.readReferred(ctx, f); err != nil {
		return Report{}, err
	}
	operator, err := c.lease.run(ctx)
	if err != nil {
		return Report{}, err
	}
	return f.report(operator), nil
}

// readInstances reads the ClerkInstances of the scope. A caller without the right to list them can still see ClerkUsers.
func (c collector) readInstances(ctx context.Context, s scope, f *facts) error {
	if s.instance.Name != "" {
		return c.readNamed(ctx, s.instance, f)
	}
	list := &v1alpha1.ClerkInstanceList{}
	err := c.reader.List(ctx, list, client.InNamespace(s.namespace))
	explained := cli.Explain(err, cli.Request{Verb: "list", Resource: "clerkinstances", Namespace: s.namespace})
	if apierrors.IsForbidden(err) {
		f.notRead = append(f.notRead, explained.Error())
		return nil
	}
	if err != nil {
		return explained
	}
	f.listed = true
	for i := range list.Items {
		f.addInstance(&list.Items[i])
	}
	return nil
}

// readNamed reads the ClerkInstance that the command names. It must exist.
func (c collector) readNamed(ctx context.Context, name types.NamespacedName, f *facts) error {
	instance := &v1alpha1.ClerkInstance{}
	if err := c.reader.Get(ctx, name, instance); err != nil {
		return cli.ExplainInstance(err, name)
	}
	f.addInstance(instance)
	return nil
}

// readReferred reads the ClerkInstances in other namespaces to which ClerkUsers refer.
func (c collector) readReferred(ctx context.Context, f *facts) error {
	for _, name := range f.unread() {
		instance := &v1alpha1.ClerkInstance{}
		err := c.reader.Get(ctx, name, instance)
		switch {
		case err == nil:
			f.addInstance(instance)
		case cli.IsAbsent(err):
			f.tally(name).presence = Absent
		case apierrors.IsForbidden(err):
			f.tally(name).presence = NotReadable
		default:
			return cli.Explain(err, cli.Request{Verb: "get", Resource: "clerkinstances", Namespace: name.Namespace, Name: name.Name})
		}
	}
	return nil
}
