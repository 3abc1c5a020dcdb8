// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// report writes what a pass learned into status, in one patch and only if something changed, and announces an end. It and
// begin are the only writers of status.
func (p *pass) report(ctx context.Context, v verdict) error {
	p.fillStatus(v)
	if p.called {
		p.memory.endCall(p.action.UID)
	}
	err := p.patchStatus(ctx)
	if err != nil && p.called {
		p.memory.owe(p.action.UID, p.action.Status.DeepCopy())
	}
	if err == nil && v.over() {
		p.announce(ctx)
	}
	if apierrors.IsInvalid(err) && len(p.action.Undecoded) > 0 {
		// The API server refuses every change of such an object, also of its status.
		p.Recorder.Eventf(p.action, nil, corev1.EventTypeWarning, v.reason, "RunAction", "%s", v.message)
	}
	return err
}

// reportOwed writes the end of an earlier pass.
func (p *pass) reportOwed(ctx context.Context, end *v1alpha1.ClerkUserActionStatus) error {
	p.action.Status, p.called = *end.DeepCopy(), true
	if err := p.patchStatus(ctx); err != nil {
		return err
	}
	p.memory.pay(p.action.UID)
	p.announce(ctx)
	return nil
}

// patchStatus writes status. What was learned by a call is written whatever else has changed meanwhile, for nobody else knows
// it. What was not is only true of the copy that this pass worked from.
func (p *pass) patchStatus(ctx context.Context) error {
	if equality.Semantic.DeepEqual(p.stored.Status, p.action.Status) {
		return nil
	}
	var options []client.MergeFromOption
	if !p.called {
		options = append(options, client.MergeFromWithOptimisticLock{})
	}
	status := p.action.Status.DeepCopy()
	err := p.Client.Status().Patch(ctx, p.action, client.MergeFromWithOptions(p.stored, options...))
	if apierrors.IsNotFound(err) {
		// Its deletion has been heard of already, so nobody would forget it later.
		p.memory.forget(p.action.UID)
		return nil
	}
	if err != nil {
		p.action.Status = *status
		return fmt.Errorf("writing status: %w", err)
	}
	p.stored = p.action.DeepCopy()
	p.memory.wroteObject(p.action.UID, p.action.ResourceVersion)
	return nil
}

func (p *pass) fillStatus(v verdict) {
	p.fillSubject()
	status := &p.action.Status
	if p.began && p.takesBack() {
		status.StartedAt = nil
	}
	switch {
	case v.over():
		p.fillEnd(v)
	case !v.unchanged:
		p.fillReconciling(v.reason, v.message)
	case len(status.Conditions) == 0:
		p.fillReconciling(v1alpha1.ReasonWaiting, "the first pass was not finished yet")
	case p.began && !p.retrying():
		p.fillReconciling(v1alpha1.ReasonWaiting, "the call did not come to its end; it is made again")
	}
}

// retrying reports whether the conditions say that calls keep failing, which another try does not make untrue.
func (p *pass) retrying() bool {
	c := meta.FindStatusCondition(p.action.Status.Conditions, v1alpha1.ConditionReconciling)
	return c != nil && c.Reason == v1alpha1.ReasonRetrying
}

// takesBack reports whether the start that this pass wrote down is no start after all: the call was not made, or refused for
// a reason that says nothing about what it asks.
func (p *pass) takesBack() bool {
	if p.err == nil || clerk.AnswerLost(p.err) {
		return false
	}
	_, final := judgeEnd(p)
	return !final
}

// fillSubject says what the action is, and on whom.
func (p *pass) fillSubject() {
	status := &p.action.Status
	status.ObservedGeneration, status.Action = p.action.Generation, p.actionType
	if p.user != nil && status.UserID == "" {
		status.UserID, status.Instance = p.userID, p.user.Status.Instance.DeepCopy()
	}
}

// fillEnd says how the action ended. Stalled goes along with Failed, by which tools that know neither see that nothing more is to
// come.
func (p *pass) fillEnd(v verdict) {
	status := &p.action.Status
	at := metav1.NewTime(p.Now().Truncate(time.Second))
	status.CompletedAt, status.Result = &at, p.answer.result
	kinds := []string{v.kind}
	if v.kind == v1alpha1.ConditionFailed {
		kinds = append(kinds, v1alpha1.ConditionStalled)
	}
	p.fillConditions(kinds, v.reason, v.message)
}

func (p *pass) fillReconciling(reason, message string) {
	p.fillConditions([]string{v1alpha1.ConditionReconciling}, reason, message)
}

// fillConditions leaves these conditions, in this order: columns show the first one.
func (p *pass) fillConditions(kinds []string, reason, message string) {
	conditions := &p.action.Status.Conditions
	for _, kind := range kinds {
		meta.SetStatusCondition(conditions, metav1.Condition{
			Type:               kind,
			Status:             metav1.ConditionTrue,
			Reason:             reason,
			Message:            message,
			ObservedGeneration: p.action.Generation,
		})
	}
	*conditions = slices.DeleteFunc(*conditions, func(c metav1.Condition) bool { return !slices.Contains(kinds, c.Type) })
	slices.SortFunc(*conditions, func(a, b metav1.Condition) int { return slices.Index(kinds, a.Type) - slices.Index(kinds, b.Type) })
}
