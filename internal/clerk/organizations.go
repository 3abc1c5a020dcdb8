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
	// Items are the newest first, as Clerk lists them; nil where there are none.
	Items []OrganizationMembership
	// Total is how many there are on all pages.
	Total int
}

// OrganizationMembership is a user's place in an organization.
type OrganizationMembership struct {
	// ID is orgmem_ and letters and digits, OrganizationID org_ and letters and digits.
	ID, OrganizationID string
	// OrganizationSlug and OrganizationName are what the organization's members chose; the slug is "" where there is none.
	OrganizationSlug, OrganizationName string
	// Role is the role's key, for instance org:admin.
	Role      string
	CreatedAt time.Time
}

// OrganizationInvitations is a page of a user's invitations to organizations.
type OrganizationInvitations struct {
	// Items are the newest first, as Clerk lists them; nil where there are none.
	Items []OrganizationInvitation
	// Total is how many there are on all pages.
	Total int
}

// OrganizationInvitation is an invitation to an organization.
type OrganizationInvitation struct {
	// ID is orginv_ and letters and digits, OrganizationID org_ and letters and digits.
	ID, OrganizationID string
	// EmailAddress is where it was sent to, in lower case.
	EmailAddress string
	// Role is the role's key, for instance org:member.
	Role string
	// Status is pending, accepted, revoked or expired; "" where Clerk does not say.
	Status    string
	CreatedAt time.Time
}

// OrganizationMemberships returns up to limit (at most 500) of the user's memberships after leaving out the first offset.
// Rejected is true of the error if the instance has no organizations.
func (c *Client) OrganizationMemberships(ctx context.Context, userID string, limit, offset int) (OrganizationMemberships, error) {
	path, err := userPathOf(userID, "/organization_memberships")
	if err != nil {
		return OrganizationMemberships{}, err
	}
	answer := &membershipsAnswer{asked: userID}
	params := &user.ListOrganizationMembershipsParams{ListParams: page(limit, offset)}
	if err := c.call(ctx, http.MethodGet, path, params, answer); err != nil {
		return OrganizationMemberships{}, err
	}
	return answer.canonical, nil
}

// OrganizationInvitations returns up to limit (at most 500) of the user's invitations, whatever became of them, after leaving
// out the first offset. Rejected is true of the error if the instance has no organizations.
func (c *Client) OrganizationInvitations(ctx context.Context, userID string, limit, offset int) (OrganizationInvitations, error) {
	path, err := userPathOf(userID, "/organization_invitations")
	if err != nil {
		return OrganizationInvitations{}, err
	}
	answer := &invitationsAnswer{}
	params := &user.ListOrganizationInvitationsParams{ListParams: page(limit, offset)}
	if err := c.call(ctx, http.MethodGet, path, params, answer); err != nil {
		return OrganizationInvitations{}, err
	}
	return answer.canonical, nil
}

type membershipsAnswer struct {
	pagedAnswer[clerksdk.OrganizationMembership]
	// asked is the id of the user whose memberships they are.
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

// organizationOf returns the id of the organization that invites. Clerk promises neither of the places where it stands.
func organizationOf(from *clerksdk.OrganizationInvitation) string {
	if from.OrganizationID == "" && from.PublicOrganizationData != nil {
		return from.PublicOrganizationData.ID
	}
	return from.OrganizationID
}
