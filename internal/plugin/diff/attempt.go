// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// attempt is what the API server says of the manifests.
type attempt struct {
	outcomes []outcome
	// namespaces are the Namespaces of the manifests as they are after the apply.
	namespaces map[string]*corev1.Namespace
	// pruned are the objects that --prune deletes.
	pruned []client.Object
}

// attempt has the API server run the manifests.
func (c comparison) attempt(ctx context.Context, cluster cli.DryRunner, read manifests) (attempt, error) {
	absent, err := absentNamespaces(ctx, cluster, read.namespaces)
	if err != nil {
		return attempt{}, err
	}
	objects, err := withoutUnused(ctx, cluster, read.objects)
	if err != nil {
		return attempt{}, err
	}
	pruned, err := c.pruned(ctx, cluster, read)
	if err != nil {
		return attempt{}, err
	}
	standIn, err := c.environment.Namespace()
	if err != nil {
		return attempt{}, err
	}
	if absent[standIn] != nil {
		standIn = corev1.NamespaceDefault
	}
	run := dryRun{cluster: cluster, kind: c.options.applyKind(), absent: absent, standIn: standIn}
	progress := c.environment.Progress("asking the API server")
	defer progress.Done()
	outcomes, err := run.all(ctx, objects, func(n int) { progress.Set(n, len(objects)) })
	if err != nil {
		return attempt{}, err
	}
	namespaces, others, err := run.namespaces(ctx, read.namespaces)
	if err != nil {
		return attempt{}, err
	}
	return attempt{outcomes: append(outcomes, others...), namespaces: namespaces, pruned: pruned}, nil
}

// pruned returns what --prune deletes; nil without it.
func (c comparison) pruned(ctx context.Context, cluster client.Reader, read manifests) ([]client.Object, error) {
	if !c.options.prune {
		return nil, nil
	}
	selector, err := c.options.labels()
	if err != nil {
		return nil, err
	}
	mapper, err := c.environment.Flags.ToRESTMapper()
	if err != nil {
		return nil, fmt.Errorf("reading which kinds the cluster has: %w", err)
	}
	namespace, err := c.environment.Namespace()
	if err != nil {
		return nil, err
	}
	return pruned(ctx, cluster, namespacesOf(read, mapper, namespace), selector, read.objects)
}

// refused returns the manifests that the API server refuses.
func (a attempt) refused() []Refusal {
	var refused []Refusal
	for _, o := range a.outcomes {
		if o.err != nil {
			refused = append(refused, refusalOf(o))
		}
	}
	return refused
}

// input returns what would be applied and deleted.
func (a attempt) input() (preview.Input, error) {
	scheme, err := controller.Scheme()
	if err != nil {
		return preview.Input{}, err
	}
	in := preview.Input{Deleted: a.pruned}
	for _, o := range a.outcomes {
		if o.err != nil || o.stored == nil {
			continue
		}
		made, err := scheme.New(o.stored.GroupVersionKind())
		if err != nil {
			return preview.Input{}, fmt.Errorf("decoding %s: %w", o.manifest.id(), err)
		}
		object, ok := made.(client.Object)
		if !ok {
			return preview.Input{}, fmt.Errorf("decoding %s: %T is not an object", o.manifest.id(), made)
		}
		if err := decode(o.stored, object); err != nil {
			return preview.Input{}, err
		}
		in.Applied = append(in.Applied, object)
	}
	return in, nil
}
