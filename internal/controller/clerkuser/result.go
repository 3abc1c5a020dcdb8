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

// result is what the outcome of a reconcile means for the conditions and for the next reconcile, and the effects that report
// carries out.
type result struct {
	reconcile.Result
	// silent says nothing of an object without Ready either: what it waits for is about to come. Any other result that leaves
	// the conditions unchanged gives such an object reason Waiting.
	silent bool
	// pending says why a generation is not carried out yet although an earlier one was; nil says nothing of it.
	pending *pending
	// backOff is the back-off from now on; nil leaves it as it is.
	backOff *backOff
	// checkKey asks for a check of the ClerkInstance's key.
	checkKey bool
	// finished is true if the reconcile came to its end, and not to a wait for a token.
	finished bool
}

const (
	// soon is how long a new object may wait for its turn in the API budget without that being said of it. Where many are
	// created at once, saying it of each would be a write for nothing.
	soon = 5 * time.Minute

	statusPaymentRequired = 402
)

// resultFor turns the outcome of a reconcile into its result. It is pure, and the one place where errors get their consequence:
// only an error that has a name here stops retries, and any other is tried again.
func resultFor(r *reconciliation) result {
	_, waiting := clerk.Waiting(r.err)
	v := classify(r)
	v.finished = !waiting
	return v
}

func classify(r *reconciliation) result {
	switch {
	case r.released:
		return unchanged("", "")
	case r.suspended:
		return unchanged(v1alpha1.ReasonSuspended, "spec.suspend is true, so nothing is read or written at Clerk")
	case r.err == nil:
		return resultOfSuccess(r)
	}
	if v, lasting := resultOfLastingFailure(r); lasting {
		v.Failures = reconcile.FailuresEnd
		return v
	}
	return resultOfPassingFailure(r)
}

func unchanged(reason, message string) result {
	return result{Result: reconcile.Result{Unchanged: true, Reason: reason, Message: message}}
}

// resultOfSuccess is for a reconcile without an error.
func resultOfSuccess(r *reconciliation) result {
	v := result{Result: reconcile.Result{
		Ready: metav1.ConditionTrue, Priority: ptr.To(reconcile.PriorityLow), Failures: reconcile.FailuresEnd,
		RequeueAfter: sooner(nextLook(r), r.extrasAfter),
	}}
	switch differing := r.differing(); {
	case r.user.Spec.Observes() && r.observed == nil:
		v.Reason, v.Message = v1alpha1.ReasonObserved, "there is no such user at Clerk; mode Enforce would create it"
	case r.user.Spec.Observes() && len(differing) == 0:
		v.Reason, v.Message = v1alpha1.ReasonObserved, fmt.Sprintf("user %s is as declared", r.observed.ID)
	case r.user.Spec.Observes():
		v.Reason = v1alpha1.ReasonObserved
		v.Message = fmt.Sprintf("user %s differs in: %s", r.observed.ID, strings.Join(differing, ", "))
	case len(r.contended) > 0:
		v.Reason = v1alpha1.ReasonContended
		v.Message = fmt.Sprintf("somebody else keeps changing %s back; the operator corrects it at full syncs only. "+
			"Find out who changes it, or remove it from the spec", strings.Join(r.contended, ", "))
	default:
		v.Reason, v.Message = v1alpha1.ReasonInSync, "the user at Clerk is as declared"
	}
	return v
}

// sooner is the shorter of two delays, where 0 is none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// nextLook is when to look again although no event comes: when a lock lapses, which shows nowhere. 0 is never.
func nextLook(r *reconciliation) time.Duration {
	if r.observed == nil || r.observed.LockedUntil.IsZero() {
		return 0
	}
	return max(r.observed.LockedUntil.Sub(r.now), time.Second)
}

// resultOfLastingFailure is for errors that trying again at once will not cure.
func resultOfLastingFailure(r *reconciliation) (result, bool) {
	v := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Priority: ptr.To(reconcile.PriorityLow)}}
	if invalid, ok := errors.AsType[*plan.InvalidError](r.err); ok {
		v.Reason, v.Message, v.Stalled = v1alpha1.ReasonInvalidSpec, invalid.Error(), true
		if r.owned {
			v.RequeueAfter = nextLook(r)
		}
		v.RequeueAfter = sooner(v.RequeueAfter, sourceLook(r))
		return v, true
	}
	if missing, ok := errors.AsType[*source.MissingError](r.err); ok {
		v.Reason, v.Message, v.RequeueAfter = missing.Reason, r.err.Error(), reconcile.SourceRetry
		return v, true
	}
	if open, ok := errors.AsType[*unfinished](r.err); ok {
		return resultOfUnfinished(r, open), true
	}
	if found, ok := errors.AsType[*reconcile.Problem](r.err); ok {
		return resultOfProblem(r, found), true
	}
	if clerk.Unauthorized(r.err) {
		v.checkKey = true
		v.Reason = v1alpha1.ReasonInstanceNotReady
		v.Message = fmt.Sprintf("ClerkInstance %s cannot be used: Clerk rejects its key", instanceName(r.instance))
		v.RequeueAfter = reconcile.RecheckInterval
		return v, true
	}
	if refused, ok := clerk.Rejected(r.err); ok {
		v.Reason, v.Message, v.Stalled = v1alpha1.ReasonRejectedByClerk, refusalMessage(r, refused), true
		v.backOff = r.nextBackOff()
		v.RequeueAfter = sooner(v.backOff.Until.Sub(r.now), sourceLook(r))
		return v, true
	}
	return result{}, false
}

// resultOfProblem is for a failure whose consequence was known where it was found.
func resultOfProblem(r *reconciliation, found *reconcile.Problem) result {
	v := result{Result: reconcile.Result{
		Ready: metav1.ConditionFalse, Reason: found.Reason, Message: found.Message, Stalled: found.Stalled,
		RequeueAfter: found.RetryAfter, Priority: ptr.To(reconcile.PriorityLow),
	}}
	switch {
	case found.BackOff:
		v.backOff = r.nextBackOff()
		v.RequeueAfter = v.backOff.Until.Sub(r.now)
	case v.RequeueAfter == 0 && r.owned:
		v.RequeueAfter = nextLook(r)
	}
	v.checkKey = clerk.Unauthorized(r.err)
	return v
}

// resultOfUnfinished is for a reconcile that carried out everything but what is named.
func resultOfUnfinished(r *reconciliation, open *unfinished) result {
	v := result{Result: reconcile.Result{
		Ready: metav1.ConditionFalse, Reason: open.reason(), Message: open.Error(), Stalled: open.stalled(),
		RequeueAfter: sooner(nextLook(r), open.retryAfter(r.now)), Priority: ptr.To(reconcile.PriorityLow),
	}}
	if open.missing != nil {
		v.RequeueAfter = sooner(v.RequeueAfter, reconcile.SourceRetry)
	}
	if len(open.refused) > 0 || len(open.unreachable) > 0 {
		v.RequeueAfter = sooner(v.RequeueAfter, sourceLook(r))
	}
	return v
}

// sourceLook is how soon to look whether somebody has corrected what the spec's Secrets and ConfigMaps hold, of which no event
// comes where they are not watched. A reconcile that finds them as they were is still in back-off. 0 is never.
func sourceLook(r *reconciliation) time.Duration {
	if r.watchesSources || len(index.SourcesOf(r.user)) == 0 {
		return 0
	}
	return reconcile.SourceRetry
}

// resultOfPassingFailure is for errors that pass by themselves, which includes every error that nobody has named.
func resultOfPassingFailure(r *reconciliation) result {
	v := unchanged("", "")
	var wait *reconcile.WaitError
	switch at, waiting := clerk.Waiting(r.err); {
	case waiting:
		return resultOfWaiting(r, at)
	case errors.Is(r.err, errInstanceUnknown), errors.Is(r.err, errNotRead):
		return resultOfNotReadYet(r)
	case reconcile.IsOutdated(r.err):
		v.RequeueAfter = reconcile.ConflictPause
		return v
	case errors.As(r.err, &wait):
		v.RequeueAfter = wait.After
		if r.now.Sub(r.firstSeen) >= ownPace {
			v.pending = waitsFor(r.err)
		}
	default:
		v.Err, v.pending = r.err, failsWith(r.failure())
	}
	v.Failures = reconcile.FailuresContinue
	// That it was missing is what an edit since then is understood by, so it stays written.
	if reconcile.FailingFor(r.failingSince, r.now) >= reconcile.Impatience && !r.asksAnew() {
		v.Unchanged, v.Ready, v.Reconciling = false, metav1.ConditionFalse, true
		v.Reason, v.Message = v1alpha1.ReasonRetrying, "calls keep failing and are tried again: "+r.failure()
	}
	return v
}

// resultOfWaiting is for a call that waits for a token until the time given.
func resultOfWaiting(r *reconciliation, at time.Time) result {
	v := unchanged("", "")
	v.RequeueAfter = max(at.Sub(r.now), time.Millisecond)
	_, token := errors.AsType[*clerk.WaitError](r.err)
	v.silent = token && at.Sub(r.firstSeen) < soon
	if r.userID == "" {
		v.Priority = ptr.To(reconcile.PriorityWaited)
	}
	if !token || at.Sub(r.firstSeen) >= ownPace {
		v.pending = waitsFor(r.err)
	}
	return v
}

// resultOfNotReadYet is for an object whose ClerkInstance or user this process has not read yet; it is enqueued when that is read.
func resultOfNotReadYet(r *reconciliation) result {
	v := unchanged("", "")
	left := reconcile.Impatience - r.now.Sub(r.firstSeen)
	switch ready := readyCondition(r.user); {
	case left <= 0:
		v.pending = waitsFor(r.err)
	case ready == nil:
		v.silent, v.RequeueAfter = true, left
	case ready.ObservedGeneration != r.user.Generation:
		v.RequeueAfter = left
	}
	return v
}

// failure says what fails, in a text that stays the same.
func (r *reconciliation) failure() string {
	text := reconcile.StableText(r.err, errNotVisibleYet)
	if r.failing != "" {
		return r.failing + ": " + text
	}
	return text
}

// refusalMessage says which field Clerk refused, why, and what to do.
func refusalMessage(r *reconciliation, refused *clerk.Error) string {
	message := strings.TrimRight(refused.Error(), ". ") + ". " + clerk.Remedy(refused)
	field := strings.Join(plan.PathsOf(refused), ", ")
	if banned := r.user.Spec.Banned; field == "" && refused.Status == statusPaymentRequired && banned != nil && *banned {
		// Of all that is called for users, only bans are a matter of the plan; Clerk's answer does not name the field.
		field = "spec.banned"
	}
	if field != "" {
		return field + ": " + message
	}
	return message
}
