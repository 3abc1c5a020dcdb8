// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/user"
)

// OrganizationMemberships is a page of the organizations that a user belongs to.
type OrganizationMemberships struct {
	// Items are sorted newest first, as in Clerk's list; nil if there are none.
	Items []OrganizationMembership
	// Total is the number on all pages.
	Total int
}

// OrganizationMembership is a user's membership in an organization.
type OrganizationMembership struct {
	// ID is orgmem_ and letters and digits, OrganizationID org_ and letters and digits.
	ID, OrganizationID string
	// OrganizationSlug and OrganizationName are chosen by the organization's members. The slug is "" if there is none.
	OrganizationSlug, OrganizationName string
	// Role is the role's key, for instance org:admin.
	Role      string
	CreatedAt time.Time
}

// OrganizationInvitations is a page of a user's invitations to organizations.
type OrganizationInvitations struct {
	// Items are sorted newest first, as in Clerk's list; nil if there are none.
	Items []OrganizationInvitation
	// Total is the number on all pages.
	Total int
}

// OrganizationInvitation is an invitation to an organization.
type OrganizationInvitation struct {
	// ID is orginv_ and letters and digits, OrganizationID org_ and letters and digits.
	ID, OrganizationID string
	// EmailAddress is the address of the recipient, in lower case.
	EmailAddress string
	// Role is the role's key, for instance org:member.
	Role string
	// Status is pending, accepted, revoked or expired; "" if Clerk does not say.
	Status    string
	CreatedAt time.Time
}

// OrganizationMemberships returns up to limit (at most 500) of the user's memberships, after the first offset. Rejected
// is true for the error if the instance has no organizations.
func (c *Client) OrganizationMemberships(ctx context.Context, userID string, limit, offset int) (OrganizationMemberships, error) {
	path, err := userPathOf(userID, "/organization_memberships")
	if err != nil {
		return OrganizationMemberships{}, err
	}
	answer := &membershipsAnswer{asked: userID}
	params := &user.ListOrganizationMembershipsParams{ListParams: page(limit, offset)}
	if err := c.call(ctx, endpoint{OperationOrganizationMemberships, http.MethodGet}, path, params, answer); err != nil {
		return OrganizationMemberships{}, err
	}
	return answer.canonical, nil
}

// OrganizationInvitations returns up to limit (at most 500) of the user's invitations in any status, after the first
// offset. Rejected is true for the error if the instance has no organizations.
func (c *Client) OrganizationInvitations(ctx context.Context, userID string, limit, offset int) (OrganizationInvitations, error) {
	path, err := userPathOf(userID, "/organization_invitations")
	if err != nil {
		return OrganizationInvitations{}, err
	}
	answer := &invitationsAnswer{}
	params := &user.ListOrganizationInvitationsParams{ListParams: page(limit, offset)}
	if err := c.call(ctx, endpoint{OperationOrganizationInvitations, http.MethodGet}, path, params, answer); err != nil {
		return OrganizationInvitations{}, err
	}
	return answer.canonical, nil
}

type membershipsAnswer struct {
	pagedAnswer[clerksdk.OrganizationMembership]
	// asked is the id of the requested user.
	asked     string
	canonical OrganizationMemberships
}

func (a *membershipsAnswer) canonicalize() error {
	if err := a.pagedAnswer.canonicalize(); err != nil {
		return err
	}
	a.canonical.Total = int(*a.Total)
	for _, from := range a.Data {
		if from.Organization == nil || !partIDShape.MatchString(from.ID) || !partIDShape.MatchString(from.Organization.ID) {
			return errMissingPart
		}
		if member := from.PublicUserData; member != nil && member.UserID != a.asked {
			return &malformedError{problem: "it is not about the user asked for"}
		}
		a.canonical.Items = append(a.canonical.Items, OrganizationMembership{
			ID:               from.ID,
			OrganizationID:   from.Organization.ID,
			OrganizationSlug: from.Organization.Slug,
			OrganizationName: from.Organization.Name,
			Role:             from.Role,
			CreatedAt:        fromMilliseconds(from.CreatedAt),
		})
	}
	return nil
}

type invitationsAnswer struct {
	pagedAnswer[clerksdk.OrganizationInvitation]
	canonical OrganizationInvitations
}

func (a *invitationsAnswer) canonicalize() error {
	if err := a.pagedAnswer.canonicalize(); err != nil {
		return err
	}
	a.canonical.Total = int(*a.Total)
	for _, from := range a.Data {
		if !partIDShape.MatchString(from.ID) {
			return errMissingPart
		}
		a.canonical.Items = append(a.canonical.Items, OrganizationInvitation{
			ID:             from.ID,
			OrganizationID: organizationOf(from),
			EmailAddress:   LowerASCII(from.EmailAddress),
			Role:           from.Role,
			Status:         from.Status,
			CreatedAt:      fromMilliseconds(from.CreatedAt),
		})
	}
	return nil
}

// organizationOf returns the id of the inviting organization. Clerk documents neither of the two places as present.
func organizationOf(from *clerksdk.OrganizationInvitation) string {
	if from.OrganizationID == "" && from.PublicOrganizationData != nil {
		return from.PublicOrganizationData.ID
	}
	return from.OrganizationID
}
