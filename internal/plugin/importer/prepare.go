// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// run imports. What the flags say wrong is found before anybody is asked.
func (o *options) run(ctx context.Context, e *cli.Environment, argument string) error {
	r, err := o.prepared()
	if err != nil {
		return err
	}
	instance, err := clerkaccess.FindInstance(ctx, e, argument)
	if err != nil {
		return err
	}
	reader, err := e.Reader()
	if err != nil {
		return err
	}
	if r.namespace = instance.Namespace; e.Flags.Namespace != nil && *e.Flags.Namespace != "" {
		r.namespace = *e.Flags.Namespace
	}
	r.instanceRef = referenceTo(instance, r.namespace)
	if r.declared, err = readDeclared(ctx, reader, r.namespace, instance.Status.ClusterID); err != nil {
		return err
	}
	o.warn(e, r.declared, refusals(ctx, reader, instance, r.namespace))
	access, err := o.access.Open(ctx, e, instance)
	if err != nil {
		return err
	}
	r.walk.reader = access.Reader
	from, err := o.open(e, r, access.InstanceID)
	if err != nil {
		return err
	}
	return o.importAll(ctx, e, r, from)
}

// prepared returns an import with what follows from the flags alone.
func (o *options) prepared() (*run, error) {
	switch {
	case o.resume && o.outputDir == "", o.overwrite && o.outputDir == "":
		return nil, errors.New("--resume and --overwrite need --output-dir")
	case o.limit < 0:
		return nil, fmt.Errorf("--limit is %d; want a number from 1 on, or 0 for all", o.limit)
	}
	chosen, err := parseGroups(o.fields)
	if err != nil {
		return nil, err
	}
	names, err := newNamer(o.name)
	if err != nil {
		return nil, err
	}
	f, err := o.filter()
	if err != nil {
		return nil, err
	}
	return &run{
		filter: f, chosen: chosen, namer: names, enforce: o.enforce, includeManaged: o.includeManaged, limit: o.limit,
		walk: walk{match: f.match(), ids: f.ids},
	}, nil
}

// referenceTo returns the instanceRef of ClerkUsers in a namespace; nil where they find the ClerkInstance without one.
func referenceTo(instance *v1alpha1.ClerkInstance, namespace string) *v1alpha1.InstanceReference {
	if instance.Namespace != namespace {
		return &v1alpha1.InstanceReference{Name: instance.Name, Namespace: &instance.Namespace}
	}
	if instance.Name == "default" {
		return nil
	}
	return &v1alpha1.InstanceReference{Name: instance.Name}
}

// warn says what will be in the way of the manifests.
func (o *options) warn(e *cli.Environment, d *declared, refusals []string) {
	if d.partial {
		refusals = append(refusals, "you may not list the ClerkUsers of all namespaces, so that users are imported that a ClerkUser elsewhere observes")
	}
	for _, text := range refusals {
		fmt.Fprintln(e.ErrOut, "warning: "+cli.Line(text))
	}
}

// open opens the output. It returns where an interrupted import stopped; nil for one that begins.
func (o *options) open(e *cli.Environment, r *run, instanceID string) (*position, error) {
	for name, id := range r.declared.names {
		r.namer.taken[name] = claim{userID: id, unfinished: true}
	}
	if o.outputDir == "" {
		r.out = newStream(e.Out, o.format)
		return nil, nil
	}
	d, from, err := openDirectory(o.outputDir, settings{
		InstanceID: instanceID, Namespace: r.namespace, Query: o.query, EmailDomain: o.emailDomain, IDs: o.ids, Metadata: o.metadata,
		Banned: o.bannedFilter, Enforce: o.enforce, Name: o.name, Fields: o.fields, Limit: o.limit, IncludeManaged: o.includeManaged,
	}, o.resume, o.overwrite)
	if err != nil {
		return nil, err
	}
	r.out = d
	if from == nil {
		return nil, nil
	}
	claims, err := d.claims()
	maps.Copy(r.namer.taken, claims)
	return from, err
}

// importAll imports and says what was done and what is next.
func (o *options) importAll(ctx context.Context, e *cli.Environment, r *run, from *position) error {
	if o.outputDir != "" || !cli.IsTerminal(e.Out) {
		r.progress = e.Progress("reading users from Clerk")
	}
	defer r.progress.Done()
	// A count with a filter takes Clerk minutes in large instances.
	whole := r.walk.ids == nil && r.walk.match == (clerk.UserMatch{})
	if whole {
		total, err := r.walk.reader.CountUsers(ctx)
		if err != nil {
			return fmt.Errorf("counting the users at Clerk: %w", err)
		}
		r.total = int(total)
	}
	err := r.all(ctx, from)
	r.progress.Done()
	if err != nil {
		if o.outputDir != "" && r.walk.ids == nil {
			err = fmt.Errorf("%w\n%s written; continue with --resume", err, plural(r.counts.Written, "manifest"))
		}
		return err
	}
	for _, line := range r.counts.lines(o.enforce) {
		fmt.Fprintln(e.ErrOut, line)
	}
	if whole && !r.full() && r.counts.Read < r.total {
		fmt.Fprintf(e.ErrOut, "warning: Clerk counted %d users and its list showed %d; the others were deleted meanwhile or cannot be read\n", r.total, r.counts.Read)
	}
	if o.outputDir != "" {
		fmt.Fprintf(e.ErrOut, "next:\n  %s\n  %s\n",
			e.SameCluster("kubectl apply -k "+cli.Quote(o.outputDir)), e.SameCluster("kubectl get clerkusers -n "+r.namespace))
	}
	return nil
}
