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

// desiredState is the desired user and the last diff. Both are computed once for each change of their inputs.
type desiredState struct {
	// desired is nil until the spec was validated. builtFrom has the inputs from which it was built.
	desired   *plan.Desired
	builtFrom desiredInputs
	// diffs are the changes between desired and a user.
	diffs diff
}

// desiredInputs are the inputs of desired besides the spec, which does not change during a reconciliation.
type desiredInputs struct {
	mark     plan.Mark
	applied  v1alpha1.Applied
	liftLock bool
	// reads counts how often the sources were read.
	reads int
}

// same reports whether the inputs are equal.
func (i desiredInputs) same(o desiredInputs) bool {
	return i.mark == o.mark && i.liftLock == o.liftLock && i.reads == o.reads && plan.SameApplied(i.applied, o.applied)
}

// diff has the changes that make a user match the desired state, and the values from which it was computed.
type diff struct {
	desired *plan.Desired
	user    *clerk.User
	changes []plan.Change
}

// buildDesired builds the desired state, if its inputs have changed since the last time.
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

// diff returns the changes that make a user match the desired state.
func (r *reconciliation) diff(user *clerk.User) []plan.Change {
	if r.diffs.desired != r.desired || r.diffs.user != user {
		r.diffs = diff{r.desired, user, plan.For(r.desired, user)}
	}
	return r.diffs.changes
}

// readSources reads the Secrets and ConfigMaps that the spec names from the API server, each once.
type readSources struct {
	*reconciliation
	apiReader client.Reader
}

// run reads the sources. If some cannot be used, it keeps the values of the others and returns an error.
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

// continueWithoutSources reports whether to apply everything else although a Secret or ConfigMap is missing or has a wrong
// value. A ban, for instance, must not be delayed by a missing image. A user is not created without its sources.
func (r *reconciliation) continueWithoutSources(err error) bool {
	if r.userID == "" {
		return false
	}
	r.sourcesErr = err
	return true
}

// buildWithoutSources handles a spec that is invalid together with its values from Secrets, and builds the desired state
// without them. If the spec itself is invalid, only a declared ban or lock is applied.
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
