// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// verdict is what a pass means for the conditions and for the next pass.
type verdict struct {
	// unchanged leaves the conditions as they were, and observedGeneration too; an object that has no Ready yet gets
	// reason Waiting.
	unchanged bool
	// silent says nothing of an object without Ready either: what it waits for is about to come.
	silent bool
	// pending says why a generation is not carried out yet although an earlier one was; nil says nothing of it.
	pending              *pending
	ready                metav1.ConditionStatus
	reason, message      string
	stalled, reconciling bool
	// after is when to look again; 0 leaves it to what wakes. low puts that look behind what people changed, and waited
	// behind what is new.
	after       time.Duration
	low, waited bool
	// err is given to the queue, which tries again with growing pauses.
	err error
}

const (
	// soon is how long a new object may wait for its turn in the API budget without that being said of it. Where many are
	// created at once, saying it of each would be a write for nothing.
	soon = 5 * time.Minute
	// sourceRetry is how soon a Secret or ConfigMap is looked at again that is missing, or that a failure may be due to.
	sourceRetry = time.Minute
	// recheck is how soon an object looks again whose instance is about to find out that its key is refused.
	recheck = 30 * time.Second
	jitter  = 0.1

	statusPaymentRequired = 402
)

func (v verdict) result() ctrl.Result {
	result := ctrl.Result{RequeueAfter: v.after}
	switch {
	case v.low:
		result.Priority = ptr.To(lowPriority)
	case v.waited:
		result.Priority = ptr.To(waitedPriority)
	}
	return result
}

// judge turns what a pass learned into its verdict. It is the one place where errors become fate: only an error that has
// a name here stops retries, and any other is tried again.
func (r *Reconciler) judge(p *pass) verdict {
	r.memory.finish(p)
	switch {
	case p.released:
		return verdict{unchanged: true}
	case p.suspended:
		return verdict{unchanged: true, reason: v1alpha1.ReasonSuspended, message: "spec.suspend is true, so nothing is read or written at Clerk"}
	case p.err == nil:
		r.memory.succeeded(p.user.UID)
		return judgeDone(p)
	}
	if v, final := r.judgeFinal(p); final {
		r.memory.succeeded(p.user.UID)
		return v
	}
	return r.judgePassing(p)
}

// judgeDone is for a pass without an error.
func judgeDone(p *pass) verdict {
	v := verdict{ready: metav1.ConditionTrue, after: sooner(nextLook(p), p.includeAfter), low: true}
	switch differing := p.differing(); {
	case p.user.Spec.Observes() && p.observed == nil:
		v.reason, v.message = v1alpha1.ReasonObserved, "there is no such user at Clerk; mode Enforce would create it"
	case p.user.Spec.Observes() && len(differing) == 0:
		v.reason, v.message = v1alpha1.ReasonObserved, fmt.Sprintf("user %s is as declared", p.observed.ID)
	case p.user.Spec.Observes():
		v.reason = v1alpha1.ReasonObserved
		v.message = fmt.Sprintf("user %s differs in: %s", p.observed.ID, strings.Join(differing, ", "))
	case len(p.contended) > 0:
		v.reason = v1alpha1.ReasonContended
		v.message = fmt.Sprintf("somebody else keeps changing %s back; it is put right at full comparisons only. "+
			"Find out who, or remove it from the spec", strings.Join(p.contended, ", "))
	default:
		v.reason, v.message = v1alpha1.ReasonInSync, "the user at Clerk is as declared"
	}
	return v
}

// sooner is the shorter of two pauses, where 0 is none.
func sooner(a, b time.Duration) time.Duration {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// nextLook is when to look again although nothing wakes the object: when a lock lapses, which shows nowhere. 0 is never.
func nextLook(p *pass) time.Duration {
	if p.observed == nil || p.observed.LockedUntil.IsZero() {
		return 0
	}
	return max(p.observed.LockedUntil.Sub(p.now), time.Second)
}

// judgeFinal is for errors that trying again at once will not cure.
func (r *Reconciler) judgeFinal(p *pass) (verdict, bool) {
	v := verdict{ready: metav1.ConditionFalse, low: true}
	if invalid, ok := errors.AsType[*plan.InvalidError](p.err); ok {
		v.reason, v.message, v.stalled = v1alpha1.ReasonInvalidSpec, invalid.Error(), true
		if p.bound {
			v.after = nextLook(p)
		}
		v.after = sooner(v.after, sourceLook(p))
		return v, true
	}
	if missing, ok := errors.AsType[*source.MissingError](p.err); ok {
		v.reason, v.message, v.after = missing.Reason, p.err.Error(), sourceRetry
		return v, true
	}
	if open, ok := errors.AsType[*unfinished](p.err); ok {
		return judgeUnfinished(p, open), true
	}
	if found, ok := errors.AsType[*problem](p.err); ok {
		v.reason, v.message, v.stalled, v.after = found.reason, found.message, found.stalled, found.after
		switch {
		case found.holds:
			v.after = r.hold(p)
		case v.after == 0 && p.bound:
			v.after = nextLook(p)
		}
		if clerk.Unauthorized(p.err) {
			r.Pool.RequestKeyCheck(instanceName(p.in.instance))
		}
		return v, true
	}
	if clerk.Unauthorized(p.err) {
		name := instanceName(p.in.instance)
		r.Pool.RequestKeyCheck(name)
		v.reason = v1alpha1.ReasonInstanceNotReady
		v.message = fmt.Sprintf("ClerkInstance %s cannot be used: Clerk rejects its key", name)
		v.after = recheck
		return v, true
	}
	if refused, ok := clerk.Rejected(p.err); ok {
		v.reason, v.message, v.stalled = v1alpha1.ReasonRejectedByClerk, refusalMessage(p, refused), true
		v.after = sooner(r.hold(p), sourceLook(p))
		return v, true
	}
	return verdict{}, false
}

// judgeUnfinished is for a pass that carried out everything but what is named.
func judgeUnfinished(p *pass, open *unfinished) verdict {
	v := verdict{ready: metav1.ConditionFalse, low: true, reason: open.reason(), message: open.Error(), stalled: open.stalled()}
	v.after = nextLook(p)
	if open.missing != nil {
		v.after = sooner(v.after, sourceRetry)
	}
	v.after = sooner(v.after, open.retryAfter(p.now))
	if len(open.refused) > 0 || len(open.unreachable) > 0 {
		v.after = sooner(v.after, sourceLook(p))
	}
	return v
}

// sourceLook is how soon to look whether somebody has put right what the spec's Secrets and ConfigMaps hold, which wakes nobody
// where they are not watched. A pass that finds them as they were is still held back. 0 is never.
func sourceLook(p *pass) time.Duration {
	if p.WatchSecrets || len(index.SourcesOf(p.user)) == 0 {
		return 0
	}
	return sourceRetry
}

// hold leaves the object alone for a growing time, and returns how long.
func (r *Reconciler) hold(p *pass) time.Duration {
	if h, stands := r.memory.held(p.user.UID, p.circumstances(), p.now); stands {
		return h.until.Sub(p.now)
	}
	return r.memory.holdBack(p.user.UID, p.circumstances(), p.err, p.now)
}

// judgePassing is for errors that pass by themselves, which includes every error that nobody has named.
func (r *Reconciler) judgePassing(p *pass) verdict {
	v := verdict{unchanged: true}
	var wait *waitError
	switch at, waiting := clerk.Waiting(p.err); {
	case waiting:
		v.after = max(at.Sub(p.now), time.Millisecond)
		_, turn := errors.AsType[*clerk.WaitError](p.err)
		v.silent = turn && at.Sub(p.seenFirst()) < soon
		v.waited = p.userID == ""
		if !turn || at.Sub(p.seenFirst()) >= ownPace {
			v.pending = waitsFor(p.err)
		}
		return v
	case errors.Is(p.err, errInstanceUnknown), errors.Is(p.err, errNotRead):
		left := reconcile.Impatience - p.now.Sub(p.seenFirst())
		switch ready := readyCondition(p.user); {
		case left <= 0:
			v.pending = waitsFor(p.err)
		case ready == nil:
			v.silent, v.after = true, left
		case ready.ObservedGeneration != p.user.Generation:
			v.after = left
		}
		return v
	case errors.Is(p.err, errOutdated), apierrors.IsConflict(p.err):
		v.after = reconcile.ConflictPause
		return v
	case errors.As(p.err, &wait):
		v.after = wait.after
		if p.now.Sub(p.seenFirst()) >= ownPace {
			v.pending = waitsFor(p.err)
		}
	default:
		v.err, v.pending = p.err, failsWith(p.failure())
	}
	// That it was missing is what an edit since then is understood by, so it stays written.
	if r.memory.failingFor(p.user.UID, p.now) >= reconcile.Impatience && !p.asksAnew() {
		v.unchanged, v.ready, v.reconciling = false, metav1.ConditionFalse, true
		v.reason, v.message = v1alpha1.ReasonRetrying, "calls keep failing and are tried again: "+p.failure()
	}
	return v
}

// failure says what fails, in a text that stays the same.
func (p *pass) failure() string {
	text := reconcile.StableText(p.err, errNotVisibleYet)
	if p.failing != "" {
		return p.failing + ": " + text
	}
	return text
}

// seenFirst is when this process saw first what is asked of the object.
func (p *pass) seenFirst() time.Time {
	return p.memory.firstSeen(p.user.UID, wish{generation: p.user.Generation, reconcileRequestedAt: p.user.ReconcileRequestedAt()}, p.now)
}

// circumstances are what this pass's failure depends on.
func (p *pass) circumstances() circumstances {
	c := circumstances{
		generation:           p.user.Generation,
		reconcileRequestedAt: p.user.ReconcileRequestedAt(),
		deleting:             !p.user.DeletionTimestamp.IsZero(),
		sources:              p.sources.Digest,
	}
	if p.userID == "" {
		// What only a creating call uses is not read once there is a user.
		c.sources += p.sources.InitialDigest
	}
	if p.in.instance != nil {
		c.instanceGeneration = p.in.instance.Generation
	}
	if p.in.connection != nil {
		c.instanceID = p.in.connection.InstanceID
	}
	return c
}

// heldBack returns the error of an earlier pass that is not worth repeating yet.
func (p *pass) heldBack() error {
	h, stands := p.memory.held(p.user.UID, p.circumstances(), p.now)
	if !stands {
		return nil
	}
	p.onHold = true
	return h.err
}

// refusalMessage says which field Clerk refused, why, and what to do.
func refusalMessage(p *pass, refused *clerk.Error) string {
	message := strings.TrimRight(refused.Error(), ". ") + ". " + clerk.Remedy(refused)
	field := strings.Join(plan.PathsOf(refused), ", ")
	if banned := p.user.Spec.Banned; field == "" && refused.Status == statusPaymentRequired && banned != nil && *banned {
		// Of all that is called for users, only bans are a matter of the plan; Clerk's answer does not name the field.
		field = "spec.banned"
	}
	if field != "" {
		return field + ": " + message
	}
	return message
}
