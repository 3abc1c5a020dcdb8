// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"time"
)

// personDocument is what Clerk shows of a user to other users.
type personDocument struct {
	UserID    string  `json:"user_id"`
	FirstName *string `json:"first_name"`
	LastName  *string `json:"last_name"`
	ImageURL  string  `json:"image_url"`
	HasImage  bool    `json:"has_image"`
}

// memberDocument is Clerk's schema OrganizationMembershipPublicUserData.
type memberDocument struct {
	personDocument

	// ProfileImageURL is deprecated but still required.
	ProfileImageURL *string `json:"profile_image_url"`
	Identifier      string  `json:"identifier"`
	Username        *string `json:"username"`
	Banned          bool    `json:"banned"`
	Deprovisioned   bool    `json:"deprovisioned"`
}

// inviterDocument is Clerk's schema OrganizationInvitationPublicUserData.
type inviterDocument struct {
	personDocument

	Identifier string `json:"identifier"`
}

// membershipDocument is Clerk's schema OrganizationMembership.
type membershipDocument struct {
	OrganizationMembership

	Member memberDocument `json:"public_user_data"`
}

// invitationDocument is Clerk's schema OrganizationInvitationWithPublicOrganizationData.
type invitationDocument struct {
	OrganizationInvitation

	Inviter *inviterDocument `json:"public_inviter_data"`
}

func personOf(u *User) personDocument {
	return personDocument{
		UserID: u.ID, FirstName: u.FirstName, LastName: u.LastName, ImageURL: u.ImageURL, HasImage: u.HasImage,
	}
}

// identifier returns the text by which others identify the user.
func (u *User) identifier() string {
	return cmp.Or(u.primaryEmail(), u.primaryPhone(), u.primaryWallet(), valueOf(u.Username))
}

func listMemberships(c *call) (any, error) {
	u, err := c.organizationsUser("limit", "offset")
	if err != nil {
		return nil, err
	}
	member := memberDocument{
		personDocument: personOf(u), ProfileImageURL: &u.ImageURL, Identifier: u.identifier(), Username: u.Username,
		Banned: u.Banned, Deprovisioned: u.Deprovisioned,
	}
	documents := make([]membershipDocument, len(u.OrganizationMemberships))
	for n, m := range u.OrganizationMemberships {
		documents[n] = membershipDocument{OrganizationMembership: m, Member: member}
	}
	slices.SortFunc(documents, func(a, b membershipDocument) int {
		return cmp.Or(cmp.Compare(b.CreatedAt, a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return pageOf(c, documents)
}

func listInvitations(c *call) (any, error) {
	u, err := c.organizationsUser("limit", "offset", "status")
	if err != nil {
		return nil, err
	}
	wanted := notEmpty(c.request.URL.Query()["status"])
	for _, status := range wanted {
		if !slices.Contains([]string{invitationPending, "accepted", "revoked", invitationExpired}, status) {
			return nil, unprocessable(invalidValue("status"))
		}
	}
	documents := []invitationDocument{}
	for _, v := range u.OrganizationInvitations {
		v.Status = v.statusAt(c.now)
		if len(wanted) == 0 || slices.Contains(wanted, v.Status) {
			documents = append(documents, invitationDocument{OrganizationInvitation: v, Inviter: c.inviter(v.InviterID)})
		}
	}
	slices.SortFunc(documents, func(a, b invitationDocument) int {
		return cmp.Or(cmp.Compare(b.CreatedAt, a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return pageOf(c, documents)
}

// organizationsUser returns the user in the path. It fails on an instance without organizations, and for unknown query
// parameters.
func (c *call) organizationsUser(known ...string) (*User, error) {
	if c.settings().OrganizationsDisabled {
		return nil, refuse(http.StatusForbidden, "organization_not_enabled_in_instance", "access denied",
			"Organizations are not enabled for this instance.")
	}
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	return u, refuseUnknown(c.request.URL.Query(), known...)
}

// statusAt returns the status of the invitation: one that was not answered in time has expired.
func (v *OrganizationInvitation) statusAt(now time.Time) string {
	if v.Status == invitationPending && v.ExpiresAt != nil && *v.ExpiresAt <= millis(now) {
		return invitationExpired
	}
	return v.Status
}

// inviter returns who invited; nil if nobody is named or the user no longer exists.
func (c *call) inviter(id *string) *inviterDocument {
	u := c.instance.store.find(valueOf(id))
	if u == nil {
		return nil
	}
	return &inviterDocument{personDocument: personOf(u), Identifier: u.identifier()}
}

// pageOf returns the requested page of the list.
func pageOf[T any](c *call, list []T) (any, error) {
	shown, err := sublist(c.request.URL.Query(), list)
	if err != nil {
		return nil, err
	}
	return listPage[T]{Data: shown, TotalCount: len(list)}, nil
}
