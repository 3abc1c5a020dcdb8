// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// desiredState is the user as declared, and the last plan for it. Both are made once for each change of what they rest on.
type desiredState struct {
	// desired is nil until the spec was understood. builtFrom is what it rests on.
	desired   *plan.Desired
	builtFrom desiredInputs
	// diffs are the changes between desired and a user.
	diffs diff
}

// desiredInputs is what desired rests on besides the spec, which does not change during a reconcile.
type desiredInputs struct {
	mark     plan.Mark
	applied  v1alpha1.Applied
	liftLock bool
	// reads counts how often the sources were read.
	reads int
}

// same reports whether nothing has changed.
func (i desiredInputs) same(o desiredInputs) bool {
	return i.mark == o.mark && i.liftLock == o.liftLock && i.reads == o.reads && plan.SameApplied(i.applied, o.applied)
}

// diff is the changes that make a user as desired, and what they were computed from.
type diff struct {
	desired *plan.Desired
	user    *clerk.User
	changes []plan.Change
}

// buildDesired turns the spec into what is desired, if what it rests on has changed since.
func (r *reconciliation) buildDesired() error {
	if r.onlyRestricts {
		return nil
	}
	from := desiredInputs{mark: r.mark(), applied: r.record.Value(), liftLock: r.liftsLock(), reads: r.reads}
	if r.desired != nil && from.same(r.builtFrom) {
		return nil
	}
	in := r.sources.Inputs
	in.Mark, in.Applied, in.LiftLock = from.mark, from.applied, from.liftLock
	desired, err := plan.FromSpec(&r.user.Spec, in)
	if err != nil {
		return err
	}
	r.desired, r.builtFrom = desired, from
	return nil
}

// diff returns the changes that make a user as desired.
func (r *reconciliation) diff(user *clerk.User) []plan.Change {
	if r.diffs.desired != r.desired || r.diffs.user != user {
		r.diffs = diff{r.desired, user, plan.For(r.desired, user)}
	}
	return r.diffs.changes
}

// readSources reads the Secrets and ConfigMaps that the spec names, live, each once.
type readSources struct {
	*reconciliation
	apiReader client.Reader
}

// run reads them. Where some cannot be used, it takes over the others and returns an error.
func (s readSources) run(ctx context.Context) error {
	reader, spec, sent := source.NewReader(s.apiReader, s.user.Namespace), &s.user.Spec, s.record.Value()
	values, err := source.Enforced(ctx, reader, spec, &sent, s.digest)
	if err == nil && s.mayCreate() {
		err = values.ReadInitial(ctx, reader, spec, s.digest)
	}
	s.sources, s.reads = values, s.reads+1
	if err != nil {
		return err
	}
	recorded := s.user.Status.InputsDigest
	s.sourcesChanged = recorded != values.Digest && (recorded == "" || s.key.Made(recorded))
	return nil
}

// digest is a keyed digest of a value that was read for this object.
func (r *reconciliation) digest(purpose string, value []byte) string {
	return r.key.Digest(purpose, r.uid(), value)
}

// continueWithoutSources reports whether everything else is carried out although a Secret or ConfigMap cannot be read, or does not
// hold what it should: who is to be kept out must not get in because a picture is gone. A user is not created without.
func (r *reconciliation) continueWithoutSources(err error) bool {
	if r.userID == "" {
		return false
	}
	r.sourcesErr = err
	return true
}

// buildWithoutSources is goesOnWithout for a spec whose values from Secrets do not go with the rest, and builds what is desired without
// them. If the spec is at fault itself, nothing but a ban and a lock is carried out.
func (r *reconciliation) buildWithoutSources(err error) bool {
	if r.userID == "" {
		return false
	}
	if len(r.user.Spec.PrivateMetadataFrom) > 0 && r.sourcesErr == nil {
		sent := r.record.Value()
		r.sources.LeaveOut(plan.FieldPrivateMetadata, &sent)
		r.sourcesChanged, r.reads = false, r.reads+1
		if r.buildDesired() == nil {
			return r.continueWithoutSources(err)
		}
	}
	spec := r.user.Spec
	if !ptr.Deref(spec.Banned, false) && !ptr.Deref(spec.Locked, false) {
		return false
	}
	r.onlyRestricts, r.specErr = true, err
	desired, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{Banned: spec.Banned, Locked: spec.Locked}, plan.Inputs{Mark: r.mark()})
	r.desired = desired
	return err == nil
}
