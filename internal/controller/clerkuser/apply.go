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

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// writer is what carrying out may do at Clerk.
type writer interface {
	profileWriter
	imageWriter
	accessWriter
	identifierWriter
}

// profileWriter is the part of writer for the user as a whole.
type profileWriter interface {
	CreateUser(ctx context.Context, params clerk.CreateUserParams) (*clerk.User, error)
	UpdateUser(ctx context.Context, id string, params clerk.UpdateUserParams) (*clerk.User, error)
	MergeMetadata(ctx context.Context, id string, params clerk.MetadataParams) (*clerk.User, error)
	ReplaceMetadata(ctx context.Context, id string, params clerk.MetadataParams) (*clerk.User, error)
	DeleteUser(ctx context.Context, id string) error
}

// imageWriter is the part of writer for the profile image.
type imageWriter interface {
	SetProfileImage(ctx context.Context, userID string, image clerk.ProfileImage) (*clerk.User, error)
	DeleteProfileImage(ctx context.Context, userID string) (*clerk.User, error)
}

// accessWriter is the part of writer that takes access away and gives it back.
type accessWriter interface {
	BanUser(ctx context.Context, id string) (*clerk.User, error)
	UnbanUser(ctx context.Context, id string) (*clerk.User, error)
	LockUser(ctx context.Context, id string) (*clerk.User, error)
	UnlockUser(ctx context.Context, id string) (*clerk.User, error)
}

// identifierWriter is the part of writer whose answers hold an identifier and not the whole user.
type identifierWriter interface {
	CreateEmailAddress(ctx context.Context, params clerk.CreateEmailAddressParams) (clerk.EmailAddress, error)
	UpdateEmailAddress(ctx context.Context, id string, params clerk.UpdateEmailAddressParams) (clerk.EmailAddress, error)
	DeleteEmailAddress(ctx context.Context, id string) error
	CreatePhoneNumber(ctx context.Context, params clerk.CreatePhoneNumberParams) (clerk.PhoneNumber, error)
	UpdatePhoneNumber(ctx context.Context, id string, params clerk.UpdatePhoneNumberParams) (clerk.PhoneNumber, error)
	DeletePhoneNumber(ctx context.Context, id string) error
}

// apply carries changes out in order. What Clerk refuses is remembered, and holds back only what rests on it. After a call that
// Clerk answers with a failure, only what takes access or rights away is carried out before that is returned; any other error
// ends it. Calls that are answered without the whole user are followed by one read for all of them, and so is a refusal of an
// identifier that is taken: it may be the user's own.
func (p *pass) apply(ctx context.Context, do []plan.Change) error {
	var r round
	defer func() { p.fields().unseen = r.unseen }()
	for _, change := range do {
		if plan.RestsOn(change, p.failed) || r.failure != nil && !plan.TakesAway(change) {
			continue
		}
		if err := p.applyNext(ctx, change, &r); err != nil {
			return err
		}
	}
	if !r.stale || r.failure != nil {
		return r.failure
	}
	user, err := p.read(ctx, p.in.client, p.observed.ID)
	if err != nil {
		return err
	}
	p.observed = user
	did := r.unseen
	r.unseen = nil
	return p.compare(did)
}

// round is what the calls of one plan have told so far.
type round struct {
	// unseen are the changes since the user was seen as a whole, and stale says that it has to be read.
	unseen []plan.Change
	stale  bool
	// failure is the first failure that Clerk answered with.
	failure error
}

// applyNext makes the next call of a round.
func (p *pass) applyNext(ctx context.Context, change plan.Change, r *round) error {
	answer, err := p.applyOne(ctx, change)
	switch {
	case err != nil && answered(err):
		p.failed, r.failure = append(p.failed, change), cmp.Or(r.failure, err)
	case err != nil:
		return err
	case answer == identifierTaken:
		r.stale = true
	case answer == partOfUser:
		r.unseen, r.stale = append(r.unseen, change), true
	case answer == wholeUser:
		did := slices.Concat(r.unseen, []plan.Change{change})
		r.unseen, r.stale = nil, false
		return p.compare(did)
	}
	return nil
}

// answered reports whether Clerk, or something before it, answered one call with a failure that says nothing of other calls.
func answered(err error) bool {
	_, answer := errors.AsType[*clerk.Error](err)
	_, waiting := clerk.Waiting(err)
	return answer && !waiting && !clerk.Unauthorized(err)
}

// callAnswer is what a call tells of the user.
type callAnswer int

const (
	// wholeUser: how the user is now.
	wholeUser callAnswer = iota
	// partOfUser: nothing but the part that was changed, if that.
	partOfUser
	// refusedCall: nothing. Clerk did not carry it out, and the user is as it was.
	refusedCall
	// identifierTaken: that some user has the identifier, which may be this one.
	identifierTaken
)

// applyOne makes one call.
func (p *pass) applyOne(ctx context.Context, change plan.Change) (callAnswer, error) {
	id, mirror, asked := p.observed.ID, p.in.connection.Mirror, p.Now()
	user, err := carryOut(ctx, p.in.client, id, change)
	p.free(change, p.observed, err)
	if err != nil {
		return p.notDone(change, asked, err)
	}
	if _, unlocks := change.(plan.Unlock); unlocks {
		p.fields().unlocked = true
	}
	p.fields().wrote(plan.Intend(v1alpha1.Applied{}, p.desired, []plan.Change{change}))
	p.did = append(p.did, change)
	p.applied = plan.Confirm(p.applied, p.desired, []plan.Change{change})
	if user == nil {
		mirror.WrotePart(id)
		return partOfUser, nil
	}
	mirror.Wrote(user)
	p.observed = user
	return wholeUser, nil
}

// notDone decides what becomes of a call that was not carried out, or may not have been.
func (p *pass) notDone(change plan.Change, asked time.Time, err error) (callAnswer, error) {
	_, taken := clerk.IdentifierTaken(err)
	if clerk.AnswerLost(err) {
		p.lost = append(p.lost, change)
	}
	refused := p.refuse(change, asked, err)
	if refused {
		p.failed = append(p.failed, change)
	}
	if !refused || taken {
		// Whatever the call did or did not do, the copy is not to be trusted.
		p.doubt(p.observed.ID, change, err)
	}
	switch {
	case refused && taken:
		return identifierTaken, nil
	case refused:
		return refusedCall, nil
	default:
		p.failing = cmp.Or(p.failing, change.String())
		return 0, fmt.Errorf("%s: %w", change, err)
	}
}

// compare plans against Clerk's answer, and remembers at once what it does not show of the changes that led to it: if a later
// call has to wait, the same ones must not be sent again and again.
func (p *pass) compare(did []plan.Change) error {
	if err := p.think(); err != nil {
		return err
	}
	p.noteFutile(did)
	return nil
}

// carryOut makes the call that a change stands for. The user is nil where Clerk answers with a part of it or nothing.
func carryOut(ctx context.Context, w writer, id string, change plan.Change) (*clerk.User, error) {
	switch c := change.(type) {
	case plan.Create:
		return w.CreateUser(ctx, c.Params)
	case plan.Update:
		return w.UpdateUser(ctx, id, c.Params)
	case plan.MergeMetadata:
		return w.MergeMetadata(ctx, id, c.Params)
	case plan.ReplaceMetadata:
		return w.ReplaceMetadata(ctx, id, c.Params)
	case plan.SetProfileImage:
		return w.SetProfileImage(ctx, id, c.Image)
	case plan.DeleteProfileImage:
		return w.DeleteProfileImage(ctx, id)
	case plan.Ban:
		return w.BanUser(ctx, id)
	case plan.Unban:
		return w.UnbanUser(ctx, id)
	case plan.Lock:
		return w.LockUser(ctx, id)
	case plan.Unlock:
		return w.UnlockUser(ctx, id)
	case plan.Delete:
		return nil, w.DeleteUser(ctx, id)
	default:
		return nil, carryOutOnIdentifier(ctx, w, change)
	}
}

func carryOutOnIdentifier(ctx context.Context, w identifierWriter, change plan.Change) (err error) {
	switch c := change.(type) {
	case plan.AddEmailAddress:
		_, err = w.CreateEmailAddress(ctx, c.Params)
	case plan.UpdateEmailAddress:
		_, err = w.UpdateEmailAddress(ctx, c.Contact.ID, c.Params)
	case plan.DeleteEmailAddress:
		err = w.DeleteEmailAddress(ctx, c.Contact.ID)
	case plan.AddPhoneNumber:
		_, err = w.CreatePhoneNumber(ctx, c.Params)
	case plan.UpdatePhoneNumber:
		_, err = w.UpdatePhoneNumber(ctx, c.Contact.ID, c.Params)
	case plan.DeletePhoneNumber:
		err = w.DeletePhoneNumber(ctx, c.Contact.ID)
	default:
		err = fmt.Errorf("carrying out %s: no call is known for it", change)
	}
	return err
}
