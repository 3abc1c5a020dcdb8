// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// report writes what a pass learned into status, in one patch and only if something changed, and announces it. It and
// reportIntent are the only writers of status.
func (r *Reconciler) report(ctx context.Context, before *v1alpha1.ClerkUser, p *pass, v verdict) error {
	p.notePasswordChange()
	if p.released {
		r.announce(ctx, before, p, v)
		return nil
	}
	p.fillStatus(v)
	err := p.patchStatusAsObserved(ctx)
	if errors.Is(err, lease.ErrLost) {
		// The next leader finds out the same.
		return err
	}
	if errors.Is(err, errGoneOrRebound) {
		err = p.undoCreation(ctx)
	}
	if err != nil && !apierrors.IsInvalid(err) {
		// A verdict that could not be written is told once it is. Where the API server refuses any change of the object, an event is
		// all that can be written.
		v.unchanged = true
	}
	r.announce(ctx, before, p, v)
	return err
}

func (p *pass) fillStatus(v verdict) {
	p.fillBinding()
	p.fillObserved()
	status := &p.user.Status
	if wrote(p.did) {
		now := metav1.NewTime(p.Now().Truncate(time.Second))
		status.LastWriteTime = &now
	}
	if p.err == nil && !p.suspended {
		status.LastHandledReconcileAt = p.user.ReconcileRequestedAt()
	}
	if p.planned {
		status.PendingChanges = p.differing()
	}
	fillConditions(p.user, v)
	if lastWord(v) && p.sources.Complete {
		status.InputsDigest = p.sources.Digest
	}
}

// fillBinding says whom the object manages. Where the connection is not known, what is on record stays.
func (p *pass) fillBinding() {
	if !p.recordsUnderstood() {
		return
	}
	status := &p.user.Status
	status.UserID, status.Origin = p.userID, p.origin
	status.Applied = nil
	if !plan.SameApplied(p.applied, v1alpha1.Applied{}) {
		status.Applied = p.applied.DeepCopy()
	}
	if p.userID == "" {
		status.Binding, status.OnDelete, status.Instance = "", "", nil
		return
	}
	if !p.user.Undecoded.Concern("spec.deletionPolicy") {
		status.OnDelete = p.user.Spec.OnDelete(p.origin)
	}
	if !p.bound || p.observed == nil || p.observed.ID != p.userID {
		return
	}
	status.Binding = p.Key.Sign(p.subject(p.userID))
	status.Instance = &v1alpha1.BoundInstance{
		Namespace: p.in.instance.Namespace,
		Name:      p.in.instance.Name,
		ID:        p.in.connection.InstanceID,
	}
}

// lockSlack is by how much two readings of a lock's end may differ and mean the same.
const lockSlack = 5 * time.Second

func (p *pass) fillObserved() {
	u, status := p.observed, &p.user.Status
	if u == nil {
		return
	}
	// Copies, since u is shared and the answer to a patch is decoded into what status points at.
	status.Banned, status.Locked = ptr.To(u.Banned), ptr.To(u.Locked)
	status.PasswordEnabled, status.TwoFactorEnabled = ptr.To(u.PasswordEnabled), ptr.To(u.TwoFactorEnabled)
	status.TOTPEnabled, status.BackupCodeEnabled = ptr.To(u.TOTPEnabled), ptr.To(u.BackupCodeEnabled)
	p.fillPasswordTime()
	status.HasImage, status.DirectoryManaged = ptr.To(u.HasImage), ptr.To(u.DirectoryManaged)
	if u.LockedUntil.IsZero() {
		status.LockExpiresAt = nil
		return
	}
	if have := status.LockExpiresAt; have != nil && have.Sub(u.LockedUntil).Abs() <= lockSlack {
		return
	}
	until := metav1.NewTime(u.LockedUntil.Truncate(time.Second))
	status.LockExpiresAt = &until
}

func (p *pass) fillPasswordTime() {
	p.user.Status.PasswordLastUpdatedAt = nil
	if at := p.observed.PasswordUpdatedAt; !at.IsZero() {
		whole := metav1.NewTime(at.Truncate(time.Second))
		p.user.Status.PasswordLastUpdatedAt = &whole
	}
}

// wrote reports whether one of the changes was made at Clerk.
func wrote(did []plan.Change) bool { return len(did) > 0 }

func fillConditions(user *v1alpha1.ClerkUser, v verdict) {
	if v.unchanged {
		if !v.silent {
			fillFirstCondition(user, v)
		}
		fillPending(user, v.pending)
		return
	}
	if lastWord(v) {
		// Any other verdict is not the last word on this generation: the conditions say that they are about it, and the
		// pass that carries it out still knows it to be new.
		user.Status.ObservedGeneration = user.Generation
	}
	conditions := &user.Status.Conditions
	setCondition(user, v1alpha1.ConditionReady, v.ready, v.reason, v.message)
	for kind, holds := range map[string]bool{v1alpha1.ConditionStalled: v.stalled, v1alpha1.ConditionReconciling: v.reconciling} {
		if holds {
			setCondition(user, kind, metav1.ConditionTrue, v.reason, v.message)
		} else {
			meta.RemoveStatusCondition(conditions, kind)
		}
	}
	sortConditions(user)
}

// sortConditions has their order not left to a map.
func sortConditions(user *v1alpha1.ClerkUser) {
	slices.SortFunc(user.Status.Conditions, func(a, b metav1.Condition) int { return slices.Index(order, a.Type) - slices.Index(order, b.Type) })
}

// lastWord reports whether a verdict is the last word on what was asked for.
func lastWord(v verdict) bool { return !v.unchanged && (v.ready == metav1.ConditionTrue || v.stalled) }

// order in which conditions are shown.
//
//nolint:gochecknoglobals // a list that nothing writes to
var order = []string{v1alpha1.ConditionReady, v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled}

// fillFirstCondition says of an object that has no verdict yet why it has none. Every other keeps what it has.
func fillFirstCondition(user *v1alpha1.ClerkUser, v verdict) {
	suspended := v.reason == v1alpha1.ReasonSuspended
	ready := readyCondition(user)
	if ready != nil && ready.Status != metav1.ConditionUnknown {
		if suspended {
			meta.RemoveStatusCondition(&user.Status.Conditions, v1alpha1.ConditionReconciling)
		}
		return
	}
	if suspended {
		setCondition(user, v1alpha1.ConditionReady, metav1.ConditionUnknown, v.reason, v.message)
		meta.RemoveStatusCondition(&user.Status.Conditions, v1alpha1.ConditionReconciling)
		return
	}
	const message = "the first pass was not finished yet; it waits for Clerk or for its turn in the API budget"
	setCondition(user, v1alpha1.ConditionReady, metav1.ConditionUnknown, v1alpha1.ReasonWaiting, message)
	setCondition(user, v1alpha1.ConditionReconciling, metav1.ConditionTrue, v1alpha1.ReasonWaiting, message)
}

func setCondition(user *v1alpha1.ClerkUser, kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(&user.Status.Conditions, metav1.Condition{
		Type:               kind,
		Status:             status,
		Reason:             reason,
		Message:            message,
		ObservedGeneration: user.Generation,
	})
}

func readyCondition(user *v1alpha1.ClerkUser) *metav1.Condition {
	return meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
}
