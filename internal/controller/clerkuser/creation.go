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

// creating is the annotation that is written before the creating call.
type creating = creation.Attempt

// attempt is what this process knows of the creating calls for one object:
//
//	none ── the annotation is written ──> announced ── created ──> none
//	                                         │
//	                                         ├── answer lost ──> lost ── nobody found ──> uncertain
//	                                         └── answer unclear ──────────────────────────> uncertain
//
// Every call of an object that is announced, and neither lost nor uncertain, was refused: no user was created.
type attempt struct {
	// annotated is true if this process wrote the annotation that precedes the first call, and so knows of all of them.
	annotated bool
	// certainty is about whether a call was carried out.
	certainty certainty
	// taken is a call that Clerk refused because an identifier is taken; whose it is has still to be looked up.
	taken *takenRefusal
	// waitingGeneration is the generation of a spec whose user is not created yet for want of a token; 0 is none.
	waitingGeneration int64
}

// certainty is whether it is known that no creating call was carried out.
type certainty int

const (
	// refusedOnly: every call that this process made was refused.
	refusedOnly certainty = iota
	// uncertain: the answer to a call is missing or unclear.
	uncertain
	// lost: so it is, and nobody has looked for the user since.
	lost
)

// takenRefusal is a creating call that Clerk refused because an identifier is taken, under one generation of the spec.
type takenRefusal struct {
	generation int64
	kind       clerk.IdentifierKind
	err        error
	// asked is when the call was made.
	asked time.Time
}

// loseAnswer records that a creating call may have been carried out without our knowing.
func (a *attempt) loseAnswer() { a.certainty = lost }

// succeed records that the user exists, and that everything about how is settled.
func (a *attempt) succeed() { a.annotated, a.certainty, a.taken = false, refusedOnly, nil }

// lookedUp records that a look for the user of a lost answer found none. It stays uncertain, since lists lag.
func (a *attempt) lookedUp() { a.certainty = uncertain }

// fail records what a creating call that failed leaves open: a lost answer is looked for first, and an unclear one is not taken
// for a refusal.
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

// lookUpDue reports whether a creating call may have been carried out without our knowing, and nobody has looked since.
func (a *attempt) lookUpDue() bool { return a.certainty == lost }

// takenUnder returns the refusal whose look-up is due under this generation, if any.
func (a *attempt) takenUnder(generation int64) *takenRefusal {
	if a.taken != nil && a.taken.generation == generation {
		return a.taken
	}
	return nil
}

// setWaiting records whether the creating call waits for a token.
func (a *attempt) setWaiting(generation int64, waiting bool) {
	a.waitingGeneration = 0
	if waiting {
		a.waitingGeneration = generation
	}
}

// isWaiting reports whether the creating call waited for a token under this generation.
func (a *attempt) isWaiting(generation int64) bool {
	return a.waitingGeneration == generation && generation != 0
}

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

// mayCreate reports whether the object has no user and is to get one by creation.
func (r *reconciliation) mayCreate() bool {
	_, _, bound := r.mirror.BoundTo(r.uid())
	return r.userID == "" && !bound && r.user.Spec.UserID == nil && r.origin != v1alpha1.OriginAdopted
}

// nextAttempt is the annotation for the creating call that the spec now asks for. An earlier one keeps its identifier, since
// an earlier call may have been carried out; what calls add accumulates. Its time is renewed, since lists may lag behind
// the call that is about to be made.
func (r *reconciliation) nextAttempt(earlier *creating) *creating {
	identifiers := r.desired.Identifiers()
	if len(identifiers) == 0 {
		return earlier
	}
	next := &creating{Kind: identifiers[0].Kind, Value: identifiers[0].Value, At: r.now.UTC().Truncate(time.Second)}
	if earlier != nil {
		at := earlier.At
		if slices.Contains(identifiers, earlier.Identifier()) && r.now.Sub(at).Abs() > clerk.LagTime/2 {
			at = next.At
		}
		next = &creating{Kind: earlier.Kind, Value: earlier.Value, At: at, Applied: earlier.Applied}
	}
	next.Instance = &v1alpha1.BoundInstance{Namespace: r.instance.Namespace, Name: r.instance.Name, ID: r.instanceID}
	former := next.Applied.PasswordDigest
	next.Applied = plan.Intend(next.Applied, r.desired, plan.For(r.desired, nil))
	if earlier != nil && former != next.Applied.PasswordDigest {
		// If the earlier call was carried out after all, the user has another password than the one declared now, or one of
		// spec.initial.
		next.Applied.PasswordDigest = r.key.NoDigest()
	}
	return next
}

// formerAttempt returns the annotation of an earlier creating call whose identifier has left the spec, and nil otherwise.
func (r *reconciliation) formerAttempt() *creating {
	c := creation.Of(r.user)
	if c == nil || slices.Contains(r.desired.Identifiers(), c.Identifier()) {
		return nil
	}
	return c
}

// ownsNobody reports whether it is certain that no creating call for the object made a user, and why there is none.
func (r *reconciliation) ownsNobody() (why string, nobody bool) {
	switch {
	case r.userID != "":
		return "", false
	case creation.Of(r.user) == nil:
		return "no user was created or adopted for the object, so there was none to remove", true
	default:
		return "Clerk refused to create the user, so there was none to remove", r.state.attempt.nothingCreated()
	}
}
