// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// result is what an outcome means for the conditions, for the queue and for others.
type result struct {
	reconcile.Result

	// end is the condition with which the action is finished, Complete or Failed; "" if it is not.
	end string
	// takeBackStart means that the start which this reconciliation put on record is no start after all: the call was not made,
	// or refused for a reason that says nothing about what it asks.
	takeBackStart bool
	// checkKey names the ClerkInstance whose key Clerk refused; empty is none.
	checkKey types.NamespacedName
	// state is what is to be remembered of the object.
	state objectState
}

func complete(message string) result {
	return result{
		end: v1alpha1.ConditionComplete, Result: reconcile.Result{Reason: v1alpha1.ReasonCarriedOut, Message: message},
	}
}

func failed(reason, message string) result {
	return result{
		end: v1alpha1.ConditionFailed, Result: reconcile.Result{Stalled: true, Reason: reason, Message: message},
	}
}

func waiting(reason, message string, after time.Duration) result {
	return result{Result: reconcile.Result{
		Reconciling: true, Reason: reason, Message: message, RequeueAfter: after, Priority: ptr.To(reconcile.PriorityLow),
	}}
}

// ResultFor says what an outcome means.
func (k kind) ResultFor(_ *v1alpha1.ClerkUserAction, o *outcome) result { return resultFor(o) }

// resultFor says what an outcome means. It is the one place where errors get consequences: only an error that has a name here
// ends an action, and any other is retried.
func resultFor(o *outcome) result {
	if o.state.unwritten != nil {
		return result{Result: reconcile.Result{Unchanged: true, RequeueAfter: reconcile.ConflictPause}, state: o.state}
	}
	r, named := resultOfEnd(o)
	if !named {
		r, named = resultOfWait(o)
	}
	if !named {
		r = resultOfPassingFailure(o)
	}
	if r.end == v1alpha1.ConditionFailed && o.repeats && r.Reason != v1alpha1.ReasonOutcomeUnknown {
		r.Message += "; a call was made before, whose answer was lost"
	}
	if _, budget := clerk.Waiting(o.err); named && !budget {
		r.Failures = reconcile.FailuresEnd
	}
	r.takeBackStart = o.began && r.end == "" && !clerk.AnswerLost(o.err)
	r.state = nextState(o, named)
	return r
}

// nextState is what is to be remembered after an outcome. named says that its result is not one of a failure that passes by
// itself.
func nextState(o *outcome, named bool) objectState {
	next := o.state
	next.called = next.called || o.called
	if _, waits := clerk.Waiting(o.err); !waits {
		next.tokenWait = time.Time{}
	}
	problem, is := errors.AsType[*reconcile.Problem](o.err)
	switch {
	case named && is && o.began && !problem.Stalled:
		// That the start is taken back would have the next call made at once.
		next.backOff = &backOff{Delay: problem.RetryAfter, Until: o.ended.Add(problem.RetryAfter)}
	case named:
		next.backOff = nil
	case retried(o.err):
		next.backOff = next.backOff.Next(reconcile.AfterPassingFailures(), noInputs{}, nil, o.ended)
	}
	return next
}

// retried reports whether an error is left to the queue, which retries with growing delays.
func retried(err error) bool {
	_, waits := errors.AsType[*reconcile.WaitError](err)
	return !waits && !reconcile.IsOutdated(err)
}

// resultOfEnd is for what ends an action.
func resultOfEnd(o *outcome) (r result, ends bool) {
	err := o.err
	switch {
	case err == nil && o.answer.message != "":
		return complete(o.answer.message), true
	case err == nil:
		return complete(fmt.Sprintf("Clerk carried out %s", o.actionType)), true
	case errors.Is(err, errNothingThere), o.called && o.target != "" && clerk.IsNotFound(err) && !partMayLag(o):
		return resultOfNothingThere(o), true
	case o.called && o.target != "" && clerk.IsNotFound(err):
		return result{}, false
	case o.called && clerk.IsNotFound(err):
		return resultOfNotFound(o)
	case clerk.AnswerLost(err) && repetitionOf(&o.stored.Spec) == never:
		return failed(v1alpha1.ReasonOutcomeUnknown, outcomeUnknown(o.actionType).Error()), true
	}
	if problem, ok := errors.AsType[*reconcile.Problem](err); ok && problem.Stalled {
		return failed(problem.Reason, problem.Message), true
	}
	if refused, ok := clerk.Rejected(err); ok {
		message := strings.TrimRight(refused.Error(), ". ") + ". " + clerk.Remedy(refused)
		return failed(v1alpha1.ReasonRejectedByClerk, message), true
	}
	return result{}, false
}

// resultOfNothingThere is for a user who does not have what the action is about: an earlier call of this action may have
// removed it.
func resultOfNothingThere(o *outcome) result {
	if o.repeats {
		return complete(fmt.Sprintf("what %s removes was gone already; an earlier call whose answer was lost may have removed it", o.actionType))
	}
	return failed(v1alpha1.ReasonNotFoundAtClerk, fmt.Sprintf("the user has nothing at Clerk that %s matches; "+
		"look at the user in Clerk's dashboard, and create another ClerkUserAction for what is there", o.actionType))
}

// resultOfNotFound is for an action on the user as a whole to which Clerk answered that there is no such thing. Clerk does not
// document whether that is also its answer for a user without any second factor.
func resultOfNotFound(o *outcome) (r result, ends bool) {
	switch {
	case hadNone(o):
		return complete(fmt.Sprintf("the user had nothing that %s removes", o.actionType)), true
	case o.lag > 0:
		return result{}, false
	}
	return failed(v1alpha1.ReasonMissing, missing(o.userID()).Error()), true
}

// partMayLag reports whether Clerk may not show one of the things that the user has, since the user was created or written to
// a moment ago. Whatever is written meanwhile, an action does not wait for longer than that lasts.
func partMayLag(o *outcome) bool {
	return min(o.lag, clerk.LagLeft(o.now, o.stored.CreationTimestamp.Time)) > 0
}

// hadNone reports whether the user had none of the second factors that the action removes.
func hadNone(o *outcome) bool {
	user := o.observed
	switch {
	case user == nil:
		return false
	case o.actionType == v1alpha1.ActionDisableMFA:
		return !user.TwoFactorEnabled && !user.TOTPEnabled && !user.BackupCodeEnabled
	case o.actionType == v1alpha1.ActionDeleteTOTP:
		return !user.TOTPEnabled
	case o.actionType == v1alpha1.ActionDeleteBackupCodes:
		return !user.BackupCodeEnabled
	}
	return false
}

// resultOfWait is for what the action waits for, and is enqueued by or told when.
func resultOfWait(o *outcome) (r result, waits bool) {
	err := o.err
	if at, is := clerk.Waiting(err); is {
		r := waiting(v1alpha1.ReasonWaiting, "the action waits for the API budget", max(at.Sub(o.now), time.Millisecond))
		r.Priority = nil
		return r, true
	}
	if problem, ok := errors.AsType[*reconcile.Problem](err); ok {
		if silence := o.arrival.Silence(); problem.Reason == v1alpha1.ReasonUserNotFound && silence > 0 {
			// The ClerkUser may exist already, and not be in the cache yet.
			return result{Result: reconcile.Result{Unchanged: true, RequeueAfter: silence}}, true
		}
		return waiting(problem.Reason, problem.Message, problem.RetryAfter), true
	}
	if gone, ok := errors.AsType[*source.MissingError](err); ok {
		return waiting(gone.Reason, gone.Error(), o.arrival.Poll(reconcile.SourceRetry)), true
	}
	if clerk.Unauthorized(err) {
		name := instanceName(o.user)
		message := fmt.Sprintf("ClerkInstance %s cannot be used: Clerk rejects its key", name)
		r := waiting(v1alpha1.ReasonInstanceNotReady, message, reconcile.RecheckInterval)
		r.checkKey = name
		return r, true
	}
	return result{}, false
}

// sharedError is the error for the log, in which objects share the lines about their Clerk instance.
func (o *outcome) sharedError() error {
	if o.user == nil || o.user.Status.Instance == nil {
		return o.err
	}
	return reconcile.SharedByInstance(o.err, instanceName(o.user))
}

// resultOfPassingFailure is for errors that pass by themselves, which includes every error that nobody has named.
func resultOfPassingFailure(o *outcome) result {
	r := result{Result: reconcile.Result{Unchanged: true}}
	if reconcile.IsOutdated(o.err) {
		r.RequeueAfter = reconcile.ConflictPause
		return r
	}
	if wait, ok := errors.AsType[*reconcile.WaitError](o.err); ok {
		r.RequeueAfter = wait.After
	} else {
		r.Err = o.sharedError()
	}
	r.Failures = reconcile.FailuresContinue
	if reconcile.FailingFor(o.failingSince, o.now) >= reconcile.Impatience {
		r.Unchanged, r.Reconciling = false, true
		r.Reason = v1alpha1.ReasonRetrying
		r.Message = "calls fail and are retried: " + reconcile.StableText(o.err, errNotVisibleYet)
	}
	return r
}
