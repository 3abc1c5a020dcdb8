// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// readSources reads the Secrets and ConfigMaps that the spec names, live, each once. Where some cannot be used, it takes over
// the others and returns an error.
func (p *pass) readSources(ctx context.Context) (err error) {
	reader, spec := source.NewReader(p.Live, p.user.Namespace), &p.user.Spec
	p.sources, err = source.Enforced(ctx, reader, spec, &p.applied, p.digest)
	if err == nil && p.mayCreate() {
		err = p.sources.ReadInitial(ctx, reader, spec, p.digest)
	}
	if err != nil {
		return err
	}
	recorded := p.user.Status.InputsDigest
	if p.rotated = recorded != p.sources.Digest && (recorded == "" || p.Key.Made(recorded)); p.rotated {
		p.in.client = p.caller()
	}
	return nil
}

// goesOnWithout reports whether everything else is carried out although a Secret or ConfigMap cannot be read, or does not
// hold what it should: who is to be kept out must not get in because a picture is gone. A user is not created without.
func (p *pass) goesOnWithout(err error) bool {
	if p.userID == "" {
		return false
	}
	p.missing = err
	return true
}

// thinksWithout is goesOnWithout for a spec whose values from Secrets do not go with the rest, and thinks again without them.
// If the spec is at fault itself, nothing but a ban and a lock is carried out.
func (p *pass) thinksWithout(err error) bool {
	if p.userID == "" {
		return false
	}
	if len(p.user.Spec.PrivateMetadataFrom) > 0 && p.missing == nil {
		p.rotated = false
		p.sources.LeaveOut(plan.FieldPrivateMetadata, &p.applied)
		if p.think() == nil {
			return p.goesOnWithout(err)
		}
	}
	spec := p.user.Spec
	if !ptr.Deref(spec.Banned, false) && !ptr.Deref(spec.Locked, false) {
		return false
	}
	p.onlyRestricts, p.invalid = true, err
	desired, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{Banned: spec.Banned, Locked: spec.Locked}, plan.Inputs{Mark: p.mark()})
	p.desired = desired
	return err == nil
}

// digest is a keyed digest of a value that was read for this object.
func (p *pass) digest(purpose string, value []byte) string {
	return p.Key.Digest(purpose, p.uid(), value)
}
