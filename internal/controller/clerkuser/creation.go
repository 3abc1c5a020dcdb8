// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// attempt is the remembered state of the creating calls for one object:
//
//	none ── the annotation is written ──> annotated ── created ──> none
//	                                         │
//	                                         ├── answer lost ──> lost ── nobody found ──> uncertain
//	                                         └── answer unclear ──────────────────────────> uncertain
//
// In the state annotated, and neither lost nor uncertain, every call was refused: no user was created.
type attempt struct {
	// annotated is true if this process wrote the annotation before the first call, and so knows all calls.
	annotated bool
	// certainty is whether a call may have been carried out.
	certainty certainty
	// taken is a call that Clerk refused because an identifier is taken. The user with the identifier is not looked up yet.
	taken *takenRefusal
	// tokenGeneration is the generation of the spec whose creating call waits for a token; 0 is none.
	tokenGeneration int64
}

// certainty is whether it is known that no creating call was carried out.
type certainty int

const (
	// refusedOnly: Clerk refused every call that this process made.
	refusedOnly certainty = iota
	// uncertain: the answer to a call is missing or unclear.
	uncertain
	// lost: an answer was lost, and no look-up of the user was made since.
	lost
)

// takenRefusal is a creating call for one generation of the spec that Clerk refused because an identifier is taken.
type takenRefusal struct {
	generation int64
	kind       clerk.IdentifierKind
	err        error
	// calledAt is when the call was made.
	calledAt time.Time
}

// loseAnswer records that a creating call may have been carried out although its answer was lost.
func (a *attempt) loseAnswer() { a.certainty = lost }

// succeed records that the user exists.
func (a *attempt) succeed() { a.annotated, a.certainty, a.taken = false, refusedOnly, nil }

// lookedUp records that a look-up after a lost answer found no user. The attempt stays uncertain, since lists lag.
func (a *attempt) lookedUp() { a.certainty = uncertain }

// fail records what a failed creating call leaves open. After a lost answer, a look-up comes first. An unclear answer does not
// count as a refusal.
func (a *attempt) fail(err error) {
	if clerk.AnswerLost(err) {
		a.loseAnswer()
		return
	}
	if _, answered := errors.AsType[*clerk.Error](err); answered && !refused(err) {
		a.certainty = max(a.certainty, uncertain)
	}
}

// nothingCreated reports whether every creating call for the object was refused.
func (a *attempt) nothingCreated() bool { return a.annotated && a.certainty == refusedOnly }

// lookUpDue reports whether a creating call may have been carried out, and no look-up was made since.
func (a *attempt) lookUpDue() bool { return a.certainty == lost }

// takenUnder returns the refusal of this generation whose identifier has to be looked up; nil if there is none.
func (a *attempt) takenUnder(generation int64) *takenRefusal {
	if a.taken != nil && a.taken.generation == generation {
		return a.taken
	}
	return nil
}

// setWaiting records whether the creating call waits for a token.
func (a *attempt) setWaiting(generation int64, waiting bool) {
	a.tokenGeneration = 0
	if waiting {
		a.tokenGeneration = generation
	}
}

// isWaiting reports whether the creating call of this generation waits for a token.
func (a *attempt) isWaiting(generation int64) bool {
	return a.tokenGeneration == generation && generation != 0
}

// refused reports whether Clerk answered that it did not carry out a call. Answers from proxies and temporary failures leave
// that open.
func refused(err error) bool {
	if _, rejected := clerk.Rejected(err); rejected {
		return true
	}
	answer, answered := errors.AsType[*clerk.Error](err)
	_, waiting := clerk.Waiting(err)
	return waiting || clerk.Unauthorized(err) && (!answered || answer.Code != "")
}

// mayCreate reports whether the object has no user and gets one by creation.
func (r *reconciliation) mayCreate() bool {
	_, _, bound := r.mirror.BoundTo(r.uid())
	return r.userID == "" && !bound && r.user.Spec.UserID == nil && r.origin != v1alpha1.OriginAdopted
}

// nextAttempt is the annotation for the next creating call. The identifier of an earlier attempt stays, since its call may have
// been carried out. What the calls add accumulates. The time is renewed, since lists may lag behind the next call.
func (r *reconciliation) nextAttempt(earlier *creation.Attempt) *creation.Attempt {
	identifiers := r.desired.Identifiers()
	if len(identifiers) == 0 {
		return earlier
	}
	next := &creation.Attempt{Kind: identifiers[0].Kind, Value: identifiers[0].Value, At: r.now.UTC().Truncate(time.Second)}
	if earlier != nil {
		at := earlier.At
		if slices.Contains(identifiers, earlier.Identifier()) && r.now.Sub(at).Abs() > clerk.LagTime/2 {
			at = next.At
		}
		next = &creation.Attempt{Kind: earlier.Kind, Value: earlier.Value, At: at, Applied: earlier.Applied}
	}
	next.Instance = &v1alpha1.BoundInstance{Namespace: r.instance.Namespace, Name: r.instance.Name, ID: r.instanceID}
	former := next.Applied.PasswordDigest
	next.Applied = plan.Intend(next.Applied, r.desired, plan.For(r.desired, nil))
	if earlier != nil && former != next.Applied.PasswordDigest {
		// If the earlier call was carried out after all, the user has another password: an earlier one, or one from
		// spec.initial.
		next.Applied.PasswordDigest = r.key.NoDigest()
	}
	return next
}

// formerAttempt returns the annotation of an earlier creating call whose identifier has left the spec; nil otherwise.
func (r *reconciliation) formerAttempt() *creation.Attempt {
	c := creation.Of(r.user)
	if c == nil || slices.Contains(r.desired.Identifiers(), c.Identifier()) {
		return nil
	}
	return c
}

// hasNoUser reports whether the object certainly has no user, and why.
func (r *reconciliation) hasNoUser() (why string, none bool) {
	switch {
	case r.userID != "":
		return "", false
	case creation.Of(r.user) == nil:
		return "no user was created or adopted for the object, so no user was removed", true
	default:
		return "Clerk refused to create the user, so no user was removed", r.state.attempt.nothingCreated()
	}
}
