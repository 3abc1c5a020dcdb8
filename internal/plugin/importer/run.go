// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"context"
	"errors"
	"fmt"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
)

// run is one import.
type run struct {
	walk     walk
	filter   filter
	chosen   map[Group]bool
	declared *declared
	namer    *namer
	out      output
	progress *cli.Progress

	// namespace is that of the manifests; instanceRef is nil where the manifests need none.
	namespace   string
	instanceRef *v1alpha1.InstanceReference
	// enforce leaves mode Observe out. includeManaged imports users with the mark of another cluster. limit is how many manifests are
	// written; 0 is all.
	enforce, includeManaged bool
	limit                   int
	// total is how many users there are; 0 if that is not known.
	total int

	counts counts
}

// all imports all users, or, after an interruption, the rest of them.
func (r *run) all(ctx context.Context, from *position) error {
	var cursors []string
	begun := from != nil
	if begun && r.walk.ids == nil {
		cursors, r.counts = from.Cursors, from.Counts
	}
	err := r.walk.each(ctx, cursors, func(p page) (bool, error) {
		if !begun {
			if err := r.out.begin(); err != nil {
				return false, err
			}
			begun = true
		}
		return r.page(ctx, p)
	})
	missing, isMissing := errors.AsType[*missingError](err)
	if err != nil && !isMissing {
		return err
	}
	if !begun {
		if err := r.out.begin(); err != nil {
			return err
		}
	}
	if err := r.out.end(); err != nil || !isMissing {
		return err
	}
	return missing
}

// page imports the users of one page. It reports whether more are wanted.
func (r *run) page(ctx context.Context, p page) (more bool, err error) {
	for _, u := range p.users {
		if r.full() {
			return false, nil
		}
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("interrupted: %w", context.Cause(ctx))
		}
		if err := r.user(u); err != nil {
			return false, err
		}
		r.progress.Set(r.counts.Read, r.total)
	}
	return !r.full(), r.out.endPage(position{Cursors: p.cursors, Counts: r.counts})
}

func (r *run) full() bool { return r.limit > 0 && r.counts.Written >= r.limit }

// user imports one user, if it is to be imported.
func (r *run) user(u *clerk.User) error {
	r.counts.Read++
	if !r.filter.matches(u) {
		return nil
	}
	if why := r.declared.standingOf(u); why != "" && (why != ofAnotherCluster || !r.includeManaged) {
		r.counts.skip(why)
		return nil
	}
	name, seen, err := r.namer.name(u)
	if err != nil || seen {
		return err
	}
	if err := r.out.write(manifest.Of(r.namespace, name, r.specOf(u, name))); err != nil {
		return err
	}
	r.counts.Written++
	return nil
}

// specOf returns the spec that adopts a user and changes nothing of it.
func (r *run) specOf(u *clerk.User, name string) *v1alpha1.ClerkUserSpec {
	d := fieldsOf(u, r.chosen)
	mark := plan.Mark{Cluster: r.declared.clusterID, Namespace: r.namespace, Name: name, UID: likeUID, Origin: v1alpha1.OriginAdopted}
	if !d.settle(u, mark) {
		r.counts.NoRoom = r.counts.NoRoom.with(u.ID)
	}
	for _, field := range d.left {
		r.counts.leaveOut(field, u.ID)
	}
	d.spec.UserID, d.spec.InstanceRef = &u.ID, r.instanceRef
	if !r.enforce {
		d.spec.Mode = new(v1alpha1.ModeObserve)
	}
	return &d.spec
}

// likeUID is as long as the uid of an object.
const likeUID = "00000000-0000-0000-0000-000000000000"
