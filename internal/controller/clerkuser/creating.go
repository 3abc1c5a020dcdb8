// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// creating is the annotation that is written before the creating call.
type creating = creation.Attempt

// prepare ensures the finalizer before anything is written to Clerk, or the user would be left behind by an object
// deleted meanwhile. For a user to be created, the same patch says what is about to be created; it is not made before the
// call can be, or where many users are to be created at once, nothing else would be written for a while.
func (p *pass) prepare(ctx context.Context) error {
	if p.user.Spec.Observes() {
		return nil
	}
	if !p.mayCreate() {
		return p.patchPrepared(ctx, nil)
	}
	if err := p.instanceStays(ctx); err != nil {
		return err
	}
	if err := p.ready(); err != nil {
		return err
	}
	if err := p.patchPrepared(ctx, p.toCreate(creation.Of(p.user))); err != nil {
		return err
	}
	// A ClerkInstance that is deleted from now on waits for what was just written.
	return p.instanceStays(ctx)
}

// ready asks for the ticket of a creating call, and remembers if there is none yet.
func (p *pass) ready() error {
	err := p.in.client.Reserve()
	_, waiting := clerk.Waiting(err)
	p.memory.queue(p.user.UID, p.user.Generation, waiting)
	if err != nil {
		return fmt.Errorf("waiting to create the user: %w", err)
	}
	return nil
}

// stillQueued returns an error if an earlier pass over this spec had to wait for the ticket of a creating call and there
// still is none. It spares that wait everything else, since where many wait each may come several times.
func (p *pass) stillQueued() error {
	if !p.memory.queued(p.user.UID, p.user.Generation) || !p.mayCreate() {
		return nil
	}
	return p.ready()
}

// mayCreate reports whether the object has no user and is to get one by creation.
func (p *pass) mayCreate() bool {
	_, _, onRecord := p.in.connection.Mirror.BoundTo(p.uid())
	return p.userID == "" && !onRecord && p.user.Spec.UserID == nil && p.origin != v1alpha1.OriginAdopted
}

// toCreate is the annotation for the creating call that the spec now asks for. An earlier one keeps its identifier, since
// an earlier call may have been carried out; what calls add accumulates. Its time is renewed, since lists may lag behind
// the call that is about to be made.
func (p *pass) toCreate(earlier *creating) *creating {
	identifiers := p.desired.Identifiers()
	if len(identifiers) == 0 {
		return earlier
	}
	next := &creating{Kind: identifiers[0].Kind, Value: identifiers[0].Value, At: p.now.UTC().Truncate(time.Second)}
	if earlier != nil {
		at := earlier.At
		if slices.Contains(identifiers, earlier.Identifier()) && p.now.Sub(at).Abs() > clerk.LagTime/2 {
			at = next.At
		}
		next = &creating{Kind: earlier.Kind, Value: earlier.Value, At: at, Applied: earlier.Applied}
	}
	next.Instance = &v1alpha1.BoundInstance{
		Namespace: p.in.instance.Namespace, Name: p.in.instance.Name, ID: p.in.connection.InstanceID,
	}
	former := next.Applied.PasswordDigest
	next.Applied = plan.Intend(next.Applied, p.desired, plan.For(p.desired, nil))
	if earlier != nil && former != next.Applied.PasswordDigest {
		// If the earlier call was carried out after all, the user has another password than the one declared now, or one of
		// spec.initial.
		next.Applied.PasswordDigest = p.Key.NoDigest()
	}
	return next
}

// patchPrepared writes finalizer and annotation, if they are not there. The optimistic lock is for the list of
// finalizers, which has other owners and is replaced whole; it also makes a pass that works from an old copy of the
// object fail here, before it creates anything.
func (p *pass) patchPrepared(ctx context.Context, c *creating) error {
	before := p.user.DeepCopy()
	controllerutil.AddFinalizer(p.user, v1alpha1.Finalizer)
	if c != nil {
		text, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("writing annotation %s: %w", v1alpha1.AnnotationCreating, err)
		}
		if p.user.Annotations == nil {
			p.user.Annotations = map[string]string{}
		}
		p.user.Annotations[v1alpha1.AnnotationCreating] = string(text)
	}
	if equality.Semantic.DeepEqual(before.ObjectMeta, p.user.ObjectMeta) {
		return nil
	}
	status := p.user.Status
	err := p.Client.Patch(ctx, p.user, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		return fmt.Errorf("adding the finalizer: %w", err)
	}
	p.stored, p.upToDate = p.user.DeepCopy(), true
	p.user.Status = status
	if c != nil && creation.Of(before) == nil {
		p.memory.announce(p.user.UID)
	}
	p.memory.wroteObject(p.user.UID, p.user.ResourceVersion)
	return nil
}

// former returns the annotation of an earlier creating call whose identifier has left the spec, and nil otherwise.
func (p *pass) former() *creating {
	c := creation.Of(p.user)
	if c == nil || slices.Contains(p.desired.Identifiers(), c.Identifier()) {
		return nil
	}
	return c
}
