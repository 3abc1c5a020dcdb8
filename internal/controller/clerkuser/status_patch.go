// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/undecoded"
)

// errGoneOrRebound: the object no longer exists, or another process has bound it to another user than the one created.
var errGoneOrRebound = errors.New("the object is gone, or bound to another user")

// statusTries bounds how often a status is written again because the object was edited meanwhile.
const statusTries = 3

// reportIntent writes status.applied, and with it what the object is bound to, before the calls that it is about. An edit
// since the object was read makes it fail: the rest of the reconciliation would count as made for the new spec.
func (p *pass) reportIntent(ctx context.Context) error {
	p.fillBinding()
	err := p.patchStatus(ctx)
	if apierrors.IsNotFound(err) {
		return errOutdated
	}
	return err
}

// patchStatusAsObserved writes status unless somebody else has written it since this reconciliation read it. Edits of spec and
// metadata do not matter: conditions say which generation they are about.
func (p *pass) patchStatusAsObserved(ctx context.Context) error {
	for range statusTries {
		err := p.patchStatus(ctx)
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return err
		}
		if err := p.adoptEdits(ctx, err); err != nil {
			return err
		}
	}
	return errOutdated
}

// patchStatus writes status if it changed. The patch carries the resource version: what another leader has put on record must
// not be replaced by what was true before, since status.applied is all that is known of what is to be taken back.
func (p *pass) patchStatus(ctx context.Context) error {
	rewritten := undecoded.InStatus(p.user.Undecoded, records()...)
	if len(rewritten) == 0 && equality.Semantic.DeepEqual(p.stored.Status, p.user.Status) {
		return nil
	}
	patch := client.MergeFromWithOptions(p.stored, client.MergeFromWithOptimisticLock{})
	if err := p.Client.Status().Patch(ctx, p.user, undecoded.Rewriting(patch, rewritten)); err != nil {
		return fmt.Errorf("writing status: %w", err)
	}
	p.stored, p.upToDate = p.user.DeepCopy(), true
	p.memory.wroteObject(p.user.UID, p.user.ResourceVersion)
	p.memory.recordSince(p.user.UID, p.stored.Status.Applied, p.now)
	return nil
}

// adoptEdits takes the resource version from the API server if nothing but spec and metadata changed since this
// reconciliation read the object. Else it returns the conflict, or errGoneOrRebound.
func (p *pass) adoptEdits(ctx context.Context, conflict error) error {
	live := &v1alpha1.ClerkUser{}
	err := p.Live.Get(ctx, client.ObjectKeyFromObject(p.user), live)
	if client.IgnoreNotFound(err) != nil {
		return fmt.Errorf("reading the object live: %w", err)
	}
	rebound := p.justCreated() && live.Status.UserID != "" && live.Status.UserID != p.userID
	if err != nil || live.UID != p.user.UID || rebound {
		return errGoneOrRebound
	}
	if !equality.Semantic.DeepEqual(live.Status, p.stored.Status) {
		return conflict
	}
	p.stored.ResourceVersion = live.ResourceVersion
	return nil
}
