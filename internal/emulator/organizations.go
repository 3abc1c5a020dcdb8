// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"slices"
	"time"
)

// Organization is an organization as a membership shows it. Missing fields of a seeded one are filled in.
type Organization struct {
	Object                string         `json:"object"`
	ID                    string         `json:"id"`
	Name                  string         `json:"name"`
	Slug                  string         `json:"slug"`
	ImageURL              string         `json:"image_url"`
	HasImage              bool           `json:"has_image"`
	MaxAllowedMemberships int            `json:"max_allowed_memberships"`
	AdminDeleteEnabled    bool           `json:"admin_delete_enabled"`
	PublicMetadata        map[string]any `json:"public_metadata"`
	PrivateMetadata       map[string]any `json:"private_metadata"`
	CreatedAt             int64          `json:"created_at"`
	UpdatedAt             int64          `json:"updated_at"`
}

// OrganizationMembership is a user's membership in an organization. The list filter organization_id finds the user by
// it.
type OrganizationMembership struct {
	Object string `json:"object"`
	ID     string `json:"id"`
	// Role is the role's key; "" in a seeded membership means org:member.
	Role            string         `json:"role"`
	RoleName        string         `json:"role_name"`
	Permissions     []string       `json:"permissions"`
	PublicMetadata  map[string]any `json:"public_metadata"`
	PrivateMetadata map[string]any `json:"private_metadata"`
	Organization    Organization   `json:"organization"`
	CreatedAt       int64          `json:"created_at"`
	UpdatedAt       int64          `json:"updated_at"`
}

// OrganizationInvitation invites a user into an organization.
type OrganizationInvitation struct {
	Object string `json:"object"`
	ID     string `json:"id"`
	// EmailAddress is the address of the recipient; "" in a seeded one means the user's primary address.
	EmailAddress   string `json:"email_address"`
	Role           string `json:"role"`
	RoleName       string `json:"role_name"`
	OrganizationID string `json:"organization_id"`
	// InviterID is the user who invited; nil for none.
	InviterID *string `json:"inviter_id"`
	// Status is pending, accepted, revoked or expired; "" in a seeded one means pending. A pending invitation shows as
	// expired from ExpiresAt on.
	Status          string                 `json:"status"`
	PublicMetadata  map[string]any         `json:"public_metadata"`
	PrivateMetadata map[string]any         `json:"private_metadata"`
	URL             *string                `json:"url"`
	ExpiresAt       *int64                 `json:"expires_at"`
	Organization    PublicOrganizationData `json:"public_organization_data"`
	CreatedAt       int64                  `json:"created_at"`
	UpdatedAt       int64                  `json:"updated_at"`
}

// PublicOrganizationData is what an invitation shows of its organization.
type PublicOrganizationData struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Slug     string `json:"slug"`
	ImageURL string `json:"image_url"`
	HasImage bool   `json:"has_image"`
}

const (
	invitationPending = "pending"
	invitationExpired = "expired"

	memberRole = "org:member"
	memberName = "Member"
	// defaultMaxMemberships is the number that the Dashboard proposes.
	defaultMaxMemberships = 5
)

// organizations returns the ids of the organizations that the user is a member of.
func (u *User) organizations() []string {
	ids := slices.Clone(u.OrganizationIDs)
	for n := range u.OrganizationMemberships {
		ids = append(ids, u.OrganizationMemberships[n].Organization.ID)
	}
	return ids
}

// completeOrganizations fills in missing fields of seeded memberships and invitations.
func (i *Instance) completeOrganizations(u *User, now time.Time) {
	for n := range u.OrganizationMemberships {
		m := &u.OrganizationMemberships[n]
		m.Object, m.ID = "organization_membership", cmp.Or(m.ID, i.server.ids.next("orgmem_", now))
		m.Permissions = notNil(m.Permissions)
		completeRole(&m.Role, &m.RoleName)
		completeTimes(&m.CreatedAt, &m.UpdatedAt, now)
		m.PublicMetadata, m.PrivateMetadata = normalObject(m.PublicMetadata), normalObject(m.PrivateMetadata)
		i.completeOrganization(&m.Organization, now)
	}
	for n := range u.OrganizationInvitations {
		v := &u.OrganizationInvitations[n]
		v.Object, v.ID = "organization_invitation", cmp.Or(v.ID, i.server.ids.next("orginv_", now))
		v.EmailAddress, v.Status = cmp.Or(v.EmailAddress, u.primaryEmail()), cmp.Or(v.Status, invitationPending)
		completeRole(&v.Role, &v.RoleName)
		completeTimes(&v.CreatedAt, &v.UpdatedAt, now)
		v.PublicMetadata, v.PrivateMetadata = normalObject(v.PublicMetadata), normalObject(v.PrivateMetadata)
		v.OrganizationID = cmp.Or(v.OrganizationID, v.Organization.ID, i.server.ids.next("org_", now))
		v.Organization.ID = v.OrganizationID
		completeName(v.OrganizationID, &v.Organization.Name, &v.Organization.Slug, &v.Organization.ImageURL)
	}
}

func (i *Instance) completeOrganization(o *Organization, now time.Time) {
	o.Object, o.ID = "organization", cmp.Or(o.ID, i.server.ids.next("org_", now))
	completeName(o.ID, &o.Name, &o.Slug, &o.ImageURL)
	completeTimes(&o.CreatedAt, &o.UpdatedAt, now)
	o.MaxAllowedMemberships = cmp.Or(o.MaxAllowedMemberships, defaultMaxMemberships)
	o.PublicMetadata, o.PrivateMetadata = normalObject(o.PublicMetadata), normalObject(o.PrivateMetadata)
}

func completeName(id string, name, slug, image *string) {
	*name = cmp.Or(*name, id)
	*slug = cmp.Or(*slug, id)
	*image = cmp.Or(*image, imageURL(id))
}

func completeRole(role, name *string) {
	if *role == "" {
		*role, *name = memberRole, cmp.Or(*name, memberName)
	}
	*name = cmp.Or(*name, *role)
}

func completeTimes(created, updated *int64, now time.Time) {
	*created = cmp.Or(*created, millis(now))
	*updated = cmp.Or(*updated, *created)
}
