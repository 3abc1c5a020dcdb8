// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// simulatedReader, simulatedCreator, simulatedWriter and simulatedDeleter are the rights at a simulated Clerk instance. Each is a
// type of its own, so that a step of the reconciler cannot do more here than in the operator.
type (
	simulatedReader  struct{ s *simulation }
	simulatedCreator struct{ s *simulation }
	simulatedWriter  struct{ s *simulation }
	simulatedDeleter struct{ s *simulation }
)

// User returns the user with this id.
func (r simulatedReader) User(ctx context.Context, id string) (*clerk.User, error) {
	return r.s.user(ctx, id)
}

// Listed reports whether a list shows a user.
func (r simulatedReader) Listed(ctx context.Context, id string) (bool, error) {
	if user, known := r.s.users[id]; known {
		return user != nil, nil
	}
	listed, err := r.s.real.Listed(ctx, id)
	return listed, r.s.fail(err)
}

// UsersBy returns the users that have one of the values.
func (r simulatedReader) UsersBy(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error) {
	var identifiers []clerk.Identifier
	for _, value := range values {
		if value != "" {
			identifiers = append(identifiers, clerk.Identifier{Kind: kind, Value: value})
		}
	}
	return r.s.held(ctx, identifiers...)
}

// OrganizationMemberships returns none. No call of the operator depends on them, so they are not read.
func (simulatedReader) OrganizationMemberships(context.Context, string, int, int) (clerk.OrganizationMemberships, error) {
	return clerk.OrganizationMemberships{}, nil
}

// OrganizationInvitations returns none. No call of the operator depends on them, so they are not read.
func (simulatedReader) OrganizationInvitations(context.Context, string, int, int) (clerk.OrganizationInvitations, error) {
	return clerk.OrganizationInvitations{}, nil
}

// Reserve always succeeds: the preview does not wait for the API budget.
func (simulatedCreator) Reserve() error { return nil }

// Reserve always succeeds: the preview does not wait for the API budget.
func (simulatedWriter) Reserve() error { return nil }

// Reserve always succeeds: the preview does not wait for the API budget.
func (simulatedDeleter) Reserve() error { return nil }

// CreateUser records the creation of a user.
func (r simulatedCreator) CreateUser(ctx context.Context, w audit.Write, p clerk.CreateUserParams) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.Create{Params: p})
}

// DeleteUser records the deletion of a user.
func (r simulatedDeleter) DeleteUser(ctx context.Context, w audit.Write, _ string) error {
	_, err := r.s.carryOut(ctx, w, plan.Delete{})
	return err
}

// UpdateUser records a change of the profile.
func (r simulatedWriter) UpdateUser(ctx context.Context, w audit.Write, _ string, p clerk.UpdateUserParams) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.Update{Params: p})
}

// MergeMetadata records a change of metadata.
func (r simulatedWriter) MergeMetadata(ctx context.Context, w audit.Write, _ string, p clerk.MetadataParams) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.MergeMetadata{Params: p})
}

// ReplaceMetadata records a replacement of metadata.
func (r simulatedWriter) ReplaceMetadata(ctx context.Context, w audit.Write, _ string, p clerk.MetadataParams) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.ReplaceMetadata{Params: p})
}

// SetProfileImage records a new image.
func (r simulatedWriter) SetProfileImage(ctx context.Context, w audit.Write, _ string, image clerk.ProfileImage) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.SetProfileImage{Image: image})
}

// DeleteProfileImage records the removal of the image.
func (r simulatedWriter) DeleteProfileImage(ctx context.Context, w audit.Write, _ string) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.DeleteProfileImage{})
}

// BanUser records a ban.
func (r simulatedWriter) BanUser(ctx context.Context, w audit.Write, _ string) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.Ban{})
}

// UnbanUser records the end of a ban.
func (r simulatedWriter) UnbanUser(ctx context.Context, w audit.Write, _ string) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.Unban{})
}

// LockUser records a lock.
func (r simulatedWriter) LockUser(ctx context.Context, w audit.Write, _ string) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.Lock{})
}

// UnlockUser records the end of a lock.
func (r simulatedWriter) UnlockUser(ctx context.Context, w audit.Write, _ string) (*clerk.User, error) {
	return r.s.carryOut(ctx, w, plan.Unlock{})
}

// CreateEmailAddress records a new address.
func (r simulatedWriter) CreateEmailAddress(
	ctx context.Context, w audit.Write, p clerk.CreateEmailAddressParams,
) (clerk.EmailAddress, error) {
	_, err := r.s.carryOut(ctx, w, plan.AddEmailAddress{Params: p})
	return clerk.EmailAddress{}, err
}

// UpdateEmailAddress records a change of an address.
func (r simulatedWriter) UpdateEmailAddress(
	ctx context.Context, w audit.Write, id string, p clerk.UpdateEmailAddressParams,
) (clerk.EmailAddress, error) {
	_, err := r.s.carryOut(ctx, w, plan.UpdateEmailAddress{Contact: plan.Contact{ID: id}, Params: p})
	return clerk.EmailAddress{}, err
}

// DeleteEmailAddress records the removal of an address.
func (r simulatedWriter) DeleteEmailAddress(ctx context.Context, w audit.Write, id string) error {
	_, err := r.s.carryOut(ctx, w, plan.DeleteEmailAddress{Contact: plan.Contact{ID: id}})
	return err
}

// CreatePhoneNumber records a new number.
func (r simulatedWriter) CreatePhoneNumber(
	ctx context.Context, w audit.Write, p clerk.CreatePhoneNumberParams,
) (clerk.PhoneNumber, error) {
	_, err := r.s.carryOut(ctx, w, plan.AddPhoneNumber{Params: p})
	return clerk.PhoneNumber{}, err
}

// UpdatePhoneNumber records a change of a number.
func (r simulatedWriter) UpdatePhoneNumber(
	ctx context.Context, w audit.Write, id string, p clerk.UpdatePhoneNumberParams,
) (clerk.PhoneNumber, error) {
	_, err := r.s.carryOut(ctx, w, plan.UpdatePhoneNumber{Contact: plan.Contact{ID: id}, Params: p})
	return clerk.PhoneNumber{}, err
}

// DeletePhoneNumber records the removal of a number.
func (r simulatedWriter) DeletePhoneNumber(ctx context.Context, w audit.Write, id string) error {
	_, err := r.s.carryOut(ctx, w, plan.DeletePhoneNumber{Contact: plan.Contact{ID: id}})
	return err
}
