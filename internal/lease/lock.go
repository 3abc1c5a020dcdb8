// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// lock is the lock that leader election uses. It reports each renewal to the guard, and renews nothing after the lease
// counts as lost.
type lock struct {
	resourcelock.Interface

	guard *Guard
}

// Get reads the lease.
func (l *lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	return record, raw, l.explain(err)
}

// Create creates the lease with this process as holder.
func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	return l.renew(ctx, record, l.Interface.Create)
}

// Update renews the lease, takes it, or releases it. Before it releases the lease, it waits for the last writes to the API server.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity != l.Identity() {
		l.guard.writes.wait(ctx)
	}
	return l.renew(ctx, record, l.Interface.Update)
}

// renew makes a request. The time of its beginning counts, because other processes measure the lease from when they saw
// it, which is later.
//
// A lost lease is not released either: client-go clears the holder without checking who it is.
func (l *lock) renew(
	ctx context.Context, record resourcelock.LeaderElectionRecord, request func(context.Context, resourcelock.LeaderElectionRecord) error,
) error {
	began, err := l.guard.beginRenewal()
	if err != nil {
		return err
	}
	if err := request(ctx, record); err != nil {
		return l.explain(err)
	}
	if record.HolderIdentity != l.Identity() {
		l.guard.givenBack()
		return nil
	}
	if first := l.guard.renewedAt(began); first {
		log.FromContext(ctx).Info("this process leads", "lease", l.Describe(), "identity", l.Identity())
	}
	return nil
}

// explain adds what to do about a refused request. A process that never was the leader ends, because it could only wait
// for ever.
func (l *lock) explain(err error) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	err = fmt.Errorf("leader election needs the rights get, create and update on leases.coordination.k8s.io for lease %s; "+
		"grant them, name another namespace with --operator-namespace, or run a single replica with --leader-elect=false: %w",
		l.Describe(), err)
	l.guard.cannotBeHad(err)
	return err
}

// beginRenewal returns the present time, or ErrLost if the lease is lost.
func (g *Guard) beginRenewal() (instant, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.clock()
	if g.renewed != nil {
		return now, g.check(now)
	}
	if g.lost {
		return now, ErrLost
	}
	return now, nil
}

// renewedAt records a renewal whose request began at began, and reports whether it was the first.
func (g *Guard) renewedAt(began instant) (first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	first = g.renewed == nil
	g.renewed = &began
	return first
}

// givenBack records that this process released the lease.
func (g *Guard) givenBack() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lost = true
}

// cannotBeHad records why the lease cannot be read or written.
func (g *Guard) cannotBeHad(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.renewed == nil {
		g.end(err)
	}
}
