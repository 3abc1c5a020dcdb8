// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
)

// refused reports whether Clerk answered that it did not carry a call out. What proxies answer, and what is about the
// moment only, leaves that open.
func refused(err error) bool {
	if _, rejected := clerk.Rejected(err); rejected {
		return true
	}
	answer, answered := errors.AsType[*clerk.Error](err)
	_, waiting := clerk.Waiting(err)
	return waiting || clerk.Unauthorized(err) && (!answered || answer.Code != "")
}

// noteCreationFailure records what a creating call that failed leaves open: a lost answer is looked for first, and an
// unclear one is not taken for a refusal.
func (p *pass) noteCreationFailure(err error) {
	if clerk.AnswerLost(err) {
		p.memory.loseAnswer(p.user.UID)
		return
	}
	if _, answered := errors.AsType[*clerk.Error](err); answered && !refused(err) {
		p.memory.doubt(p.user.UID)
	}
}

// ownsNobody reports whether it is certain that no creating call for the object made a user, and why there is none.
func (p *pass) ownsNobody() (why string, nobody bool) {
	switch {
	case p.userID != "":
		return "", false
	case creation.Of(p.user) == nil:
		return "no user was created or adopted for the object, so there was none to remove", true
	default:
		return "Clerk refused to create the user, so there was none to remove", p.memory.nothingCreated(p.user.UID)
	}
}

// withdraw removes the annotation that was written before the first creating call, if a reconcile ends with a failure that is
// not tried again soon and every creating call was refused. The deletion of the object then needs neither its ClerkInstance nor
// Clerk, also after a restart. It returns the failure. If the patch fails, the next reconcile repeats it.
func (p *pass) withdraw(ctx context.Context, failure error) error {
	if p.userID != "" || !p.memory.nothingCreated(p.user.UID) || p.user.Annotations[v1alpha1.AnnotationCreating] == "" || !lasting(failure) {
		return failure
	}
	before := p.user.DeepCopy()
	delete(p.user.Annotations, v1alpha1.AnnotationCreating)
	status := p.user.Status
	err := p.Client.Patch(ctx, p.user, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	if err != nil {
		p.user = before
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			log.FromContext(ctx).Error(err, "removing the annotation of a creating call that was refused")
		}
		return failure
	}
	p.stored = p.user.DeepCopy()
	p.user.Status = status
	p.memory.wroteObject(p.user.UID, p.user.ResourceVersion)
	return failure
}

// lasting reports whether a failure keeps the object from being tried again until something changes or a long time has
// passed.
func lasting(failure error) bool {
	if found, ok := errors.AsType[*problem](failure); ok {
		return found.holds
	}
	_, rejected := clerk.Rejected(failure)
	return rejected || clerk.Unauthorized(failure)
}
