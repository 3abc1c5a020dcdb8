// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
)

// verdict is what a pass means for the conditions and for the next pass.
type verdict struct {
	// unchanged leaves the conditions as they were; an object that has none yet gets reason Waiting.
	unchanged bool
	// kind is the condition that turns True: Complete and Failed for good, Reconciling else.
	kind            string
	reason, message string
	// after is when to look again; 0 leaves it to what wakes. low puts that look behind what people changed.
	after time.Duration
	low   bool
	// err is given to the queue, which tries again with growing pauses.
	err error
}

const (
	// missingSourceRetry is how soon a Secret that is missing is looked for again, where none are watched.
	missingSourceRetry = time.Minute
)

func (v verdict) result() ctrl.Result {
	result := ctrl.Result{RequeueAfter: v.after}
	if v.low {
		result.Priority = ptr.To(handler.LowPriority)
	}
	return result
}

// over reports whether the action is.
func (v verdict) over() bool {
	return v.kind == v1alpha1.ConditionComplete || v.kind == v1alpha1.ConditionFailed
}

func complete(message string) verdict {
	return verdict{kind: v1alpha1.ConditionComplete, reason: v1alpha1.ReasonCarriedOut, message: message}
}

func failed(reason, message string) verdict {
	return verdict{kind: v1alpha1.ConditionFailed, reason: reason, message: message}
}

func waiting(reason, message string, after time.Duration) verdict {
	return verdict{kind: v1alpha1.ConditionReconciling, reason: reason, message: message, after: after, low: true}
}

// judge turns what a pass learned into its verdict. It is the one place where errors become fate: only an error that has
// a name here ends an action, and any other is tried again.
func (r *Reconciler) judge(p *pass) verdict {
	if _, waits := clerk.Waiting(p.err); !waits {
		r.memory.leaveQueue(p.action.UID)
	}
	v, named := judgeEnd(p)
	if !named {
		v, named = r.judgeWait(p)
	}
	if !named {
		return r.judgePassing(p)
	}
	r.memory.succeeded(p.action.UID)
	if found, ok := errors.AsType[*problem](p.err); ok && p.began && !found.final {
		// That the start is taken back would have the next call made at once.
		r.memory.restFor(p.action.UID, p.Now(), found.after)
	}
	if v.kind == v1alpha1.ConditionFailed && p.repeats && v.reason != v1alpha1.ReasonOutcomeUnknown {
		v.message += "; a call was made before, whose answer was lost"
	}
	return v
}

// judgeEnd is for what ends an action.
func judgeEnd(p *pass) (verdict, bool) {
	err := p.err
	switch {
	case err == nil && p.answer.message != "":
		return complete(p.answer.message), true
	case err == nil:
		return complete(fmt.Sprintf("Clerk carried out %s", p.actionType)), true
	case errors.Is(err, errNothingThere), p.called && p.target != "" && clerk.IsNotFound(err) && !p.partMayLag():
		return judgeNothingThere(p), true
	case p.called && p.target != "" && clerk.IsNotFound(err):
		return verdict{}, false
	case p.called && clerk.IsNotFound(err):
		return judgeNotFound(p)
	case clerk.AnswerLost(err) && repetitionOf(&p.action.Spec) == never:
		return failed(v1alpha1.ReasonOutcomeUnknown, outcomeUnknown(p.actionType).Error()), true
	}
	if found, ok := errors.AsType[*problem](err); ok && found.final {
		return failed(found.reason, found.message), true
	}
	if refused, ok := clerk.Rejected(err); ok {
		message := strings.TrimRight(refused.Error(), ". ") + ". " + clerk.Remedy(refused)
		return failed(v1alpha1.ReasonRejectedByClerk, message), true
	}
	return verdict{}, false
}

// judgeNothingThere is for a user who does not have what the action is about: it may be gone by an earlier call of this action.
func judgeNothingThere(p *pass) verdict {
	if p.repeats {
		return complete(fmt.Sprintf("what %s is about was gone already, as it would be after an earlier call whose answer was lost", p.actionType))
	}
	return failed(v1alpha1.ReasonNotFoundAtClerk, fmt.Sprintf("the user has nothing at Clerk that %s could mean; "+
		"look at the user in Clerk's dashboard, and create another ClerkUserAction for what is there", p.actionType))
}

// judgeNotFound is for an action about the user as a whole to which Clerk answered that there is no such thing. It does not
// document whether a user without any second factor is told of in that way, too.
func judgeNotFound(p *pass) (verdict, bool) {
	switch {
	case p.hadNone():
		return complete(fmt.Sprintf("the user had nothing left that %s removes", p.actionType)), true
	case p.lag > 0:
		return verdict{}, false
	}
	return failed(v1alpha1.ReasonMissing, missing(p.userID).Error()), true
}

// partMayLag reports whether Clerk may not show one of the things that the user has, since the user was created or written to
// a moment ago. Whatever is written meanwhile, an action does not wait for longer than that lasts.
func (p *pass) partMayLag() bool {
	return min(p.lag, clerk.LagLeft(p.now, p.action.CreationTimestamp.Time)) > 0
}

// hadNone reports whether the user had none of the second factors that the action removes.
func (p *pass) hadNone() bool {
	user := p.observed
	switch {
	case user == nil:
		return false
	case p.actionType == v1alpha1.ActionDisableMFA:
		return !user.TwoFactorEnabled && !user.TOTPEnabled && !user.BackupCodeEnabled
	case p.actionType == v1alpha1.ActionDeleteTOTP:
		return !user.TOTPEnabled
	case p.actionType == v1alpha1.ActionDeleteBackupCodes:
		return !user.BackupCodeEnabled
	}
	return false
}

// judgeWait is for what the action waits for, and is woken by or told when.
func (r *Reconciler) judgeWait(p *pass) (verdict, bool) {
	err := p.err
	if at, is := clerk.Waiting(err); is {
		v := waiting(v1alpha1.ReasonWaiting, "the action waits for its turn in the API budget", max(at.Sub(p.now), time.Millisecond))
		v.low = false
		return v, true
	}
	if found, ok := errors.AsType[*problem](err); ok {
		return waiting(found.reason, found.message, found.after), true
	}
	if gone, ok := errors.AsType[*source.MissingError](err); ok {
		return waiting(gone.Reason, gone.Error(), missingSourceRetry), true
	}
	if clerk.Unauthorized(err) {
		name := p.instanceName()
		r.Pool.RequestKeyCheck(name)
		return waiting(v1alpha1.ReasonInstanceNotReady, fmt.Sprintf("ClerkInstance %s cannot be used: Clerk rejects its key", name), recheck), true
	}
	return verdict{}, false
}

// judgePassing is for errors that pass by themselves, which includes every error that nobody has named.
func (r *Reconciler) judgePassing(p *pass) verdict {
	v := verdict{unchanged: true}
	var wait *waitError
	switch {
	case errors.Is(p.err, errOutdated), apierrors.IsConflict(p.err):
		v.after = reconcile.ConflictPause
		return v
	case errors.As(p.err, &wait):
		v.after = wait.after
	default:
		v.err = p.err
		r.memory.rest(p.action.UID, p.Now())
	}
	if r.memory.failingFor(p.action.UID, p.now) >= reconcile.Impatience {
		v.unchanged, v.kind = false, v1alpha1.ConditionReconciling
		v.reason, v.message = v1alpha1.ReasonRetrying, "calls keep failing and are tried again: "+reconcile.StableText(p.err, errNotVisibleYet)
	}
	return v
}
