// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// recordSince notes what status.applied holds, and returns a time by which all of it was on record: when this process saw its
// newest entry first.
func (m *memory) recordSince(uid types.UID, applied *v1alpha1.Applied, now time.Time) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	if applied == nil {
		applied = &v1alpha1.Applied{}
	}
	if o.record == nil || plan.Forgets(*applied, *o.record) {
		o.recordAt = now
	}
	o.record = applied
	return o.recordAt
}

// lastRecord is status.applied as this process knew it last, or the one given if it knew none.
func (m *memory) lastRecord(uid types.UID, otherwise v1alpha1.Applied) v1alpha1.Applied {
	m.mu.Lock()
	defer m.mu.Unlock()
	if known := m.of(uid).record; known != nil {
		return *known.DeepCopy()
	}
	return otherwise
}

// wouldForget reports whether a copy of the user would have an entry leave status.applied that was put there after the copy was
// read. Another process may have written it, and what it is about to Clerk: the copy is not to be acted upon.
func (p *pass) wouldForget(copied *clerk.User) bool {
	settles := p.desired != nil && !p.onlyRestricts && !p.user.Spec.Observes()
	if !settles || !plan.Forgets(p.applied, plan.Settle(p.applied, p.desired, copied)) {
		return false
	}
	_, newer := p.in.connection.Mirror.Recent(copied.ID, p.Now().Sub(p.appliedSince))
	return !newer
}

// confirmRecord checks, before what is on record is written to Clerk once more, that it is still on record. An old copy may show
// what another process has taken back since, and nobody would take it back again.
func (p *pass) confirmRecord(ctx context.Context, do []plan.Change) error {
	if p.upToDate || plan.SameApplied(plan.Intend(v1alpha1.Applied{}, p.desired, do), v1alpha1.Applied{}) {
		return nil
	}
	return p.stillPresent(ctx)
}
