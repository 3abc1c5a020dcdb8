// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// apply makes the changes in order. A refusal is remembered, and only changes that depend on it are skipped. After a call that
// Clerk answers with a failure, only changes that take access or rights away follow before the failure is returned. Any other
// error ends the round. Some answers do not contain the whole user. One read follows for all of them, and for a refusal because
// an identifier is taken: the user itself may have it.
func (e enforce) apply(ctx context.Context, do []plan.Change) error {
	var r round
	defer func() { e.fields().unverified = r.unverified }()
	for _, change := range do {
		if plan.DependsOn(change, e.failed) || r.failure != nil && !plan.Revokes(change) {
			continue
		}
		if err := e.applyNext(ctx, change, &r); err != nil {
			return err
		}
	}
	if !r.stale || r.failure != nil {
		return r.failure
	}
	user, err := e.finder.read(ctx, e.observed.ID)
	if err != nil {
		return err
	}
	e.observed = user
	did := r.unverified
	r.unverified = nil
	return e.compare(did)
}

// round is the state of the calls for one plan.
type round struct {
	// unverified are the changes since the last answer that contained the whole user. stale is true if the user has to be read.
	unverified []plan.Change
	stale      bool
	// failure is the first failure that Clerk answered with.
	failure error
}

// applyNext makes the next call of a round.
func (e enforce) applyNext(ctx context.Context, change plan.Change, r *round) error {
	answer, err := e.applyOne(ctx, change)
	switch {
	case err != nil && answered(err):
		e.failed, r.failure = append(e.failed, change), cmp.Or(r.failure, err)
	case err != nil:
		return err
	case answer == identifierTaken:
		r.stale = true
	case answer == partOfUser:
		r.unverified, r.stale = append(r.unverified, change), true
	case answer == wholeUser:
		did := slices.Concat(r.unverified, []plan.Change{change})
		r.unverified, r.stale = nil, false
		return e.compare(did)
	}
	return nil
}

// answered reports whether a failed call was answered, by Clerk or by a proxy, with an error that concerns only this call.
func answered(err error) bool {
	_, answer := errors.AsType[*clerk.Error](err)
	_, waiting := clerk.Waiting(err)
	return answer && !waiting && !clerk.Unauthorized(err)
}

// callAnswer is what an answer contains.
type callAnswer int

const (
	// wholeUser: the user as it is now.
	wholeUser callAnswer = iota
	// partOfUser: at most the part that was changed.
	partOfUser
	// refusedCall: a refusal. Clerk did not carry out the call, and the user is unchanged.
	refusedCall
	// identifierTaken: a refusal because some user has the identifier, maybe this one.
	identifierTaken
)

// applyOne makes one call.
func (e enforce) applyOne(ctx context.Context, change plan.Change) (callAnswer, error) {
	id, called := e.observed.ID, e.clock()
	user, err := carryOut(ctx, e.writer, e.write(id, change, e.causeOf(change)), change)
	e.freeIdentifiers(change, e.observed, err, e.clock())
	if err != nil {
		return e.notDone(change, called, err)
	}
	fields := e.fields()
	if _, unlocks := change.(plan.Unlock); unlocks {
		fields.unlocked = true
	}
	fields.removeIntended(e.metadataPointers(change))
	e.did = append(e.did, change)
	e.record.Commit(e.desired, change)
	if user == nil {
		e.mirror.WrotePart(id)
		return partOfUser, nil
	}
	e.mirror.Wrote(user, called)
	e.observed = user
	return wholeUser, nil
}

// notDone handles a call that was not carried out, or for which this is unknown.
func (r *reconciliation) notDone(change plan.Change, called time.Time, err error) (callAnswer, error) {
	_, taken := clerk.IdentifierTaken(err)
	if clerk.AnswerLost(err) {
		r.lost = append(r.lost, change)
	}
	refused := r.refuse(change, called, err)
	if refused {
		r.failed = append(r.failed, change)
	}
	if !refused || taken {
		// The call may have changed the user, or shows that the copy is outdated.
		r.invalidateCopy(r.observed.ID, change, err)
	}
	switch {
	case refused && taken:
		return identifierTaken, nil
	case refused:
		return refusedCall, nil
	default:
		r.failing = cmp.Or(r.failing, change.String())
		return 0, fmt.Errorf("%s: %w", change, err)
	}
}

// refuse remembers that Clerk refused a change, and reports whether the refusal is final. If Clerk names none of several
// fields, the next plan has one call for each field.
func (r *reconciliation) refuse(change plan.Change, called time.Time, err error) bool {
	refused, final := clerk.Rejected(err)
	parts := plan.Parts(change)
	if !final || len(parts) == 0 {
		return false
	}
	r.refusals++
	fields := r.fields()
	if named := namedParts(parts, refused); len(named) > 0 {
		parts = named
	} else if len(parts) > 1 {
		fields.single = true
		return true
	}
	for _, part := range parts {
		fields.refuse(part, refused, r.backOffInputs(), r.now)
	}
	if _, taken := clerk.IdentifierTaken(err); taken {
		r.identifiers.Await(r.uid(), r.instanceID, plan.Claimed(change), called)
	}
	return true
}

// freeIdentifiers makes objects retry whose identifiers were refused as taken, if this change removed them from the user. After
// a lost answer the change may have done so; the objects then make at most one call in vain.
func (r *reconciliation) freeIdentifiers(change plan.Change, user *clerk.User, err error, now time.Time) {
	if err == nil || clerk.AnswerLost(err) || clerk.IsNotFound(err) {
		r.identifiers.Free(r.instanceID, plan.Freed(change, user), now)
	}
}

// invalidateCopy marks the copy in the mirror as doubtful after a call whose answer does not contain the user. A deletion, or a
// call that was answered with 404, wrote nothing that Clerk would have to show.
func (r *reconciliation) invalidateCopy(userID string, change plan.Change, err error) {
	if _, waiting := clerk.Waiting(err); waiting {
		return
	}
	if _, deletes := change.(plan.Delete); deletes || clerk.IsNotFound(err) {
		r.mirror.Forget(userID)
		return
	}
	r.mirror.WrotePart(userID)
}

// carryOut makes the call for a change of the existing user that about names. The user is nil if the answer contains only a part of it.
func carryOut(ctx context.Context, w connection.Writer, about audit.Write, change plan.Change) (*clerk.User, error) {
	id := about.UserID
	switch c := change.(type) {
	case plan.Update:
		return w.UpdateUser(ctx, about, id, c.Params)
	case plan.MergeMetadata:
		return w.MergeMetadata(ctx, about, id, c.Params)
	case plan.ReplaceMetadata:
		return w.ReplaceMetadata(ctx, about, id, c.Params)
	case plan.SetProfileImage:
		return w.SetProfileImage(ctx, about, id, c.Image)
	case plan.DeleteProfileImage:
		return w.DeleteProfileImage(ctx, about, id)
	case plan.Ban:
		return w.BanUser(ctx, about, id)
	case plan.Unban:
		return w.UnbanUser(ctx, about, id)
	case plan.Lock:
		return w.LockUser(ctx, about, id)
	case plan.Unlock:
		return w.UnlockUser(ctx, about, id)
	default:
		return nil, carryOutOnIdentifier(ctx, w, about, change)
	}
}

func carryOutOnIdentifier(ctx context.Context, w connection.IdentifierWriter, about audit.Write, change plan.Change) (err error) {
	switch c := change.(type) {
	case plan.AddEmailAddress:
		_, err = w.CreateEmailAddress(ctx, about, c.Params)
	case plan.UpdateEmailAddress:
		_, err = w.UpdateEmailAddress(ctx, about, c.Contact.ID, c.Params)
	case plan.DeleteEmailAddress:
		err = w.DeleteEmailAddress(ctx, about, c.Contact.ID)
	case plan.AddPhoneNumber:
		_, err = w.CreatePhoneNumber(ctx, about, c.Params)
	case plan.UpdatePhoneNumber:
		_, err = w.UpdatePhoneNumber(ctx, about, c.Contact.ID, c.Params)
	case plan.DeletePhoneNumber:
		err = w.DeletePhoneNumber(ctx, about, c.Contact.ID)
	default:
		err = fmt.Errorf("carrying out %s: there is no call for it", change)
	}
	return err
}
