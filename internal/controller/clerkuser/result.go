// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// result is what the outcome means for the conditions and the next reconciliation, with the effects that report carries out.
type result struct {
	reconcile.Result
	// silent is true if an object without a Ready condition gets none, because the next reconciliation is expected soon. Any
	// other result that leaves the conditions unchanged sets the reason Waiting on such an object.
	silent bool
	// waitingGeneration is why a new generation was not applied yet after an earlier one was; nil sets nothing.
	waitingGeneration *waitingGeneration
	// backOff is the new back-off; nil leaves it unchanged.
	backOff *backOff
	// checkKey requests a check of the ClerkInstance's key.
	checkKey bool
	// finished is true if the reconciliation finished, and does not wait for a token.
	finished bool
}

const (
	// waitingAfter is how long a new object may wait for a token before its conditions say so. If many users are created at
	// once, the condition would be a needless write for each.
	waitingAfter = 5 * time.Minute

	statusPaymentRequired = 402
)

// resultFor returns the result of an outcome. It is pure, and the only place that decides what an error leads to. Only errors
// that are named here stop retries; all others are retried.
func resultFor(r *reconciliation) result {
	_, waiting := clerk.Waiting(r.err)
	res := classify(r)
	res.finished = !waiting
	return res
}

func classify(r *reconciliation) result {
	switch {
	case r.released, r.suspended:
		res := unchanged()
		res.Failures = reconcile.FailuresEnd
		return res
	case r.err == nil:
		return resultOfSuccess(r)
	}
	if res, lasting := resultOfLastingFailure(r); lasting {
		res.Failures = reconcile.FailuresEnd
		return awaitArrival(r, res)
	}
	return resultOfPassingFailure(r)
}

func unchanged() result {
	return result{Result: reconcile.Result{Unchanged: true}}
}

// resultOfSuccess is the result of a reconciliation without an error.
func resultOfSuccess(r *reconciliation) result {
	res := result{Result: reconcile.Result{
		Ready: metav1.ConditionTrue, Priority: ptr.To(reconcile.PriorityLow), Failures: reconcile.FailuresEnd,
		RequeueAfter: sooner(untilUnlocked(r), r.extrasAfter),
	}}
	switch differing := r.differing(); {
	case r.user.Spec.Observes() && r.observed == nil:
		res.Reason, res.Message = v1alpha1.ReasonObserved, "there is no such user at Clerk; mode Enforce would create it"
	case r.user.Spec.Observes() && len(differing) == 0:
		res.Reason, res.Message = v1alpha1.ReasonObserved, fmt.Sprintf("user %s is as declared", r.observed.ID)
	case r.user.Spec.Observes():
		res.Reason = v1alpha1.ReasonObserved
		res.Message = fmt.Sprintf("user %s differs in: %s", r.observed.ID, strings.Join(differing, ", "))
	case len(r.contended) > 0:
		res.Reason = v1alpha1.ReasonContended
		res.Message = fmt.Sprintf("somebody else keeps changing %s back; the operator corrects it at full syncs only. "+
			"Find out who changes it, or remove it from the spec", strings.Join(r.contended, ", "))
	default:
		res.Reason, res.Message = v1alpha1.ReasonInSync, "the user at Clerk is as declared"
	}
	return res
}

// sooner is the shorter of two delays; 0 is none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// untilUnlocked is how long until a lock lapses, since no event shows that. 0 is never.
func untilUnlocked(r *reconciliation) time.Duration {
	if r.observed == nil || r.observed.LockedUntil.IsZero() {
		return 0
	}
	return max(r.observed.LockedUntil.Sub(r.now), time.Second)
}

// resultOfLastingFailure is the result of an error that an immediate retry does not resolve.
func resultOfLastingFailure(r *reconciliation) (result, bool) {
	res := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Priority: ptr.To(reconcile.PriorityLow)}}
	if invalid, ok := errors.AsType[*plan.InvalidError](r.err); ok {
		res.Reason, res.Message, res.Stalled = v1alpha1.ReasonInvalidSpec, invalid.Error(), true
		if r.owned {
			res.RequeueAfter = untilUnlocked(r)
		}
		res.RequeueAfter = sooner(res.RequeueAfter, untilSourcePoll(r))
		return res, true
	}
	if missing, ok := errors.AsType[*source.MissingError](r.err); ok {
		res.Reason, res.Message, res.RequeueAfter = missing.Reason, r.err.Error(), r.arrival().Poll(reconcile.SourceRetry)
		return res, true
	}
	if open, ok := errors.AsType[*unfinished](r.err); ok {
		return resultOfUnfinished(r, open), true
	}
	if found, ok := errors.AsType[*reconcile.Problem](r.err); ok {
		return resultOfProblem(r, found), true
	}
	if clerk.Unauthorized(r.err) {
		res.checkKey = true
		res.Reason = v1alpha1.ReasonInstanceNotReady
		res.Message = fmt.Sprintf("ClerkInstance %s cannot be used: Clerk rejects its key", instanceName(r.instance))
		res.RequeueAfter = reconcile.RecheckInterval
		return res, true
	}
	if refused, ok := clerk.Rejected(r.err); ok {
		res.Reason, res.Message, res.Stalled = v1alpha1.ReasonRejectedByClerk, refusalMessage(r, refused), true
		res.backOff = r.nextBackOff(0)
		res.RequeueAfter = sooner(res.backOff.Until.Sub(r.now), untilSourcePoll(r))
		return res, true
	}
	return result{}, false
}

// resultOfProblem is the result of a failure that already has its consequence.
func resultOfProblem(r *reconciliation, found *reconcile.Problem) result {
	res := result{Result: reconcile.Result{
		Ready: metav1.ConditionFalse, Reason: found.Reason, Message: found.Message, Stalled: found.Stalled, Reconciling: found.Progressing,
		RequeueAfter: found.RetryAfter, Priority: ptr.To(reconcile.PriorityLow),
	}}
	switch {
	case found.BackOff:
		res.backOff = r.nextBackOff(found.RetryAfter)
		res.RequeueAfter = res.backOff.Until.Sub(r.now)
	case res.RequeueAfter == 0 && r.owned:
		res.RequeueAfter = untilUnlocked(r)
	}
	res.checkKey = clerk.Unauthorized(r.err)
	return res
}

// resultOfUnfinished is the result of a reconciliation that applied everything except what the error names.
func resultOfUnfinished(r *reconciliation, open *unfinished) result {
	res := result{Result: reconcile.Result{
		Ready: metav1.ConditionFalse, Reason: open.reason(), Message: open.Error(), Stalled: open.stalled(),
		RequeueAfter: sooner(untilUnlocked(r), open.retryAfter(r.now)), Priority: ptr.To(reconcile.PriorityLow),
	}}
	if open.sourcesErr != nil {
		res.RequeueAfter = sooner(res.RequeueAfter, r.arrival().Poll(reconcile.SourceRetry))
	}
	if len(open.refused) > 0 || len(open.unreachable) > 0 {
		res.RequeueAfter = sooner(res.RequeueAfter, untilSourcePoll(r))
	}
	return res
}

// untilSourcePoll is how soon to check whether somebody corrected the spec's Secrets and ConfigMaps, if the operator does not
// watch them. If they are unchanged, the reconciliation is still in back-off. 0 is never.
func untilSourcePoll(r *reconciliation) time.Duration {
	if r.watchesSources || len(index.SourcesOf(r.user)) == 0 {
		return 0
	}
	return reconcile.SourceRetry
}

// resultOfPassingFailure is the result of temporary errors, which includes all errors without a name here.
func resultOfPassingFailure(r *reconciliation) result {
	res := unchanged()
	var wait *reconcile.WaitError
	switch at, waiting := clerk.Waiting(r.err); {
	case waiting:
		return resultOfWaiting(r, at)
	case errors.Is(r.err, errInstanceUnknown), errors.Is(r.err, errNotRead):
		return resultOfNotReadYet(r)
	case reconcile.IsOutdated(r.err):
		res.RequeueAfter = reconcile.ConflictPause
		return res
	case errors.As(r.err, &wait):
		res.RequeueAfter = wait.After
		if r.now.Sub(r.firstSeen) >= reconcilingAfter {
			res.waitingGeneration = waitingFor(r.err)
		}
	default:
		res.Err, res.waitingGeneration = r.sharedError(), failingWith(r.failure())
	}
	res.Failures = reconcile.FailuresContinue
	// A later edit is recognized by the condition that reports the user as missing, so that condition stays.
	if reconcile.FailingFor(r.failingSince, r.now) >= reconcile.Impatience && !r.recreationRequested() {
		res.Unchanged, res.Ready, res.Reconciling = false, metav1.ConditionFalse, true
		res.Reason, res.Message = v1alpha1.ReasonRetrying, "calls fail and are retried: "+r.failure()
	}
	return res
}

// resultOfWaiting is the result of a call that waits for a token until the given time.
func resultOfWaiting(r *reconciliation, at time.Time) result {
	res := unchanged()
	res.RequeueAfter = max(at.Sub(r.now), time.Millisecond)
	_, token := errors.AsType[*clerk.WaitError](r.err)
	res.silent = token && at.Sub(r.firstSeen) < waitingAfter
	if r.userID == "" {
		res.Priority = ptr.To(reconcile.PriorityWaited)
	}
	if !token || at.Sub(r.firstSeen) >= reconcilingAfter {
		res.waitingGeneration = waitingFor(r.err)
	}
	return res
}

// resultOfNotReadYet is the result for an object whose ClerkInstance or user was not read yet. The object is enqueued after
// that.
func resultOfNotReadYet(r *reconciliation) result {
	res := unchanged()
	left := reconcile.Impatience - r.now.Sub(r.firstSeen)
	switch ready := readyCondition(r.user); {
	case ready != nil && ready.Reason == v1alpha1.ReasonInstanceNotFound && r.instance != nil:
		// The ClerkInstance came after that was reported.
		return result{Result: reconcile.Result{
			Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInstanceNotReady, Reconciling: true,
			Message: instanceNotReady(instanceName(r.instance), "the operator has not checked it yet").Error(),
		}}
	case left <= 0:
		res.waitingGeneration = waitingFor(r.err)
	case ready == nil:
		res.silent, res.RequeueAfter = true, left
	case ready.ObservedGeneration != r.user.Generation:
		res.RequeueAfter = left
	}
	return res
}

// sharedError is the error for the log, in which objects share the lines about their Clerk instance.
func (r *reconciliation) sharedError() error {
	if r.instance == nil {
		return r.err
	}
	return reconcile.SharedByInstance(r.err, instanceName(r.instance))
}

// failure is what fails, in a text that does not change between retries.
func (r *reconciliation) failure() string {
	text := reconcile.StableText(r.err, errNotVisibleYet)
	if r.failing != "" {
		return r.failing + ": " + text
	}
	return text
}

// refusalMessage names the refused field, the reason and the remedy.
func refusalMessage(r *reconciliation, refused *clerk.Error) string {
	message := strings.TrimRight(refused.Error(), ". ") + ". " + clerk.Remedy(refused)
	field := strings.Join(plan.PathsOf(refused), ", ")
	if banned := r.user.Spec.Banned; field == "" && refused.Status == statusPaymentRequired && banned != nil && *banned {
		// Among the calls for users, only bans depend on the plan, and Clerk's answer does not name the field.
		field = "spec.banned"
	}
	if field != "" {
		return field + ": " + message
	}
	return message
}
