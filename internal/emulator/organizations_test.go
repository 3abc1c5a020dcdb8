// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// organizationPage is a page of memberships or invitations.
type organizationPage struct {
	Data []struct {
		Object, ID, Role, Status string
		RoleName                 string `json:"role_name"`
		EmailAddress             string `json:"email_address"`
		OrganizationID           string `json:"organization_id"`
		Organization             struct{ ID, Name, Slug string }
		PublicOrganizationData   struct{ ID, Name string } `json:"public_organization_data"`
		PublicUserData           struct {
			UserID     string `json:"user_id"`
			Identifier string
			FirstName  *string `json:"first_name"`
			ImageURL   string  `json:"image_url"`
			FormerURL  *string `json:"profile_image_url"`
			Banned     bool
		} `json:"public_user_data"`
		PublicInviterData *struct {
			UserID     string `json:"user_id"`
			Identifier string
		} `json:"public_inviter_data"`
	}
	TotalCount int `json:"total_count"`
}

func (a answer) page() organizationPage {
	a.t.Helper()
	var page organizationPage
	a.ok().decode(&page)
	return page
}

// ids returns the ids on the page, in their order.
func (p organizationPage) ids() string {
	ids := make([]string, len(p.Data))
	for n := range p.Data {
		ids[n] = p.Data[n].ID
	}
	return strings.Join(ids, " ")
}

func membership(id, organization string, created int64) emulator.OrganizationMembership {
	return emulator.OrganizationMembership{ID: id, Organization: emulator.Organization{ID: organization}, CreatedAt: created}
}

func TestOrganizationMemberships(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		FirstName: new("Ada"), Username: new("ada"), Banned: true,
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ada@example.com")},
		OrganizationMemberships: []emulator.OrganizationMembership{
			membership("orgmem_b", "org_b", 20),
			{
				Role: "org:admin", RoleName: "Admin", Permissions: []string{"org:sys_memberships:read"}, CreatedAt: 30, ID: "orgmem_c",
				Organization: emulator.Organization{ID: "org_c", Name: "Acme", Slug: "acme"}, PublicMetadata: map[string]any{"a": "b"},
			},
			membership("orgmem_a", "org_a", 20),
			{},
		},
	})
	path := "/users/" + u.ID + "/organization_memberships"
	all := c.send("GET", path, nil).page()
	newest := all.Data[0]
	if want := newest.ID + " orgmem_c orgmem_b orgmem_a"; all.ids() != want || all.TotalCount != 4 ||
		!strings.HasPrefix(newest.ID, "orgmem_") {
		t.Errorf("%d memberships %s, want %s", all.TotalCount, all.ids(), want)
	}
	if newest.Role != "org:member" || newest.RoleName != "Member" || !strings.HasPrefix(newest.Organization.ID, "org_") ||
		newest.Organization.Slug == "" {
		t.Errorf("a membership of which nothing was said: %+v", newest)
	}
	got := all.Data[1]
	if got.Object != "organization_membership" || got.Role != "org:admin" || got.RoleName != "Admin" || got.Organization.Name != "Acme" ||
		got.PublicUserData.UserID != u.ID || got.PublicUserData.Identifier != "ada@example.com" ||
		text(got.PublicUserData.FirstName) != "Ada" || !got.PublicUserData.Banned ||
		got.PublicUserData.ImageURL != u.ImageURL || text(got.PublicUserData.FormerURL) != u.ImageURL {
		t.Errorf("membership %+v", got)
	}
	if page := c.send("GET", path+"?limit=2&offset=1", nil).page(); page.ids() != "orgmem_c orgmem_b" || page.TotalCount != 4 {
		t.Errorf("page %s of %d", page.ids(), page.TotalCount)
	}
	if page := c.send("GET", path+"?offset=9", nil).page(); page.Data == nil || len(page.Data) != 0 || page.TotalCount != 4 {
		t.Errorf("page %s of %d", page.ids(), page.TotalCount)
	}
	if found := c.send("GET", "/users?organization_id=org_c", nil).users(); len(found) != 1 {
		t.Error("the member is not found by the organization")
	}
	if found := c.send("GET", "/users?organization_id=-org_c", nil).users(); len(found) != 0 {
		t.Error("the member is found without the organization")
	}
}

func TestOrganizationListsShowTenByDefault(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	var seed emulator.User
	for n := range 12 {
		seed.OrganizationMemberships = append(seed.OrganizationMemberships, membership("", "", int64(n+1)))
		seed.OrganizationInvitations = append(seed.OrganizationInvitations, emulator.OrganizationInvitation{CreatedAt: int64(n + 1)})
	}
	u := c.instance.Seed(seed)
	for _, list := range []string{"memberships", "invitations"} {
		path := "/users/" + u.ID + "/organization_" + list
		for query, want := range map[string]int{"": 10, "?limit=500": 12, "?limit=500&offset=5": 7} {
			if page := c.send("GET", path+query, nil).page(); len(page.Data) != want || page.TotalCount != 12 {
				t.Errorf("%s%s: %d of %d, want %d of 12", list, query, len(page.Data), page.TotalCount, want)
			}
		}
		c.send("GET", path+"?limit=501&offset=x", nil).refused(422, "form_param_value_invalid/limit", "form_param_value_invalid/offset")
		c.send("GET", path+"?order_by=created_at", nil).refused(422, "form_param_unknown/order_by")
	}
}

func TestOrganizationInvitations(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	inviter := c.instance.Seed(emulator.User{Username: new("boss")})
	u := c.instance.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("ada@example.com")},
		OrganizationInvitations: []emulator.OrganizationInvitation{
			{ID: "orginv_1", CreatedAt: 1, Status: "accepted", InviterID: &inviter.ID, OrganizationID: "org_a"},
			{ID: "orginv_2", CreatedAt: 2, Status: "revoked", InviterID: new("user_gone"), EmailAddress: "other@example.com"},
			{
				ID: "orginv_3", CreatedAt: 3, ExpiresAt: at(noon.Add(time.Minute)), URL: new("https://example.com"),
				Organization: emulator.PublicOrganizationData{ID: "org_b", Name: "Acme"},
			},
		},
	})
	path := "/users/" + u.ID + "/organization_invitations"
	all := c.send("GET", path, nil).page()
	if all.ids() != "orginv_3 orginv_2 orginv_1" || all.TotalCount != 3 {
		t.Fatalf("%d invitations %s", all.TotalCount, all.ids())
	}
	pending, revoked, accepted := all.Data[0], all.Data[1], all.Data[2]
	if pending.Object != "organization_invitation" || pending.Status != "pending" || pending.EmailAddress != "ada@example.com" ||
		pending.Role != "org:member" ||
		pending.OrganizationID != "org_b" || pending.PublicOrganizationData.Name != "Acme" || pending.PublicInviterData != nil {
		t.Errorf("pending %+v", pending)
	}
	if accepted.PublicInviterData == nil || accepted.PublicInviterData.UserID != inviter.ID ||
		accepted.PublicInviterData.Identifier != "boss" ||
		accepted.PublicOrganizationData.ID != "org_a" {
		t.Errorf("accepted %+v", accepted)
	}
	if revoked.PublicInviterData != nil || revoked.EmailAddress != "other@example.com" {
		t.Errorf("revoked %+v", revoked)
	}
	for query, want := range map[string]string{
		"status=pending": "orginv_3", "status=revoked&status=accepted": "orginv_2 orginv_1",
		"status=": "orginv_3 orginv_2 orginv_1", "status=expired": "",
		"status=revoked&status=accepted&limit=1&offset=1": "orginv_1",
	} {
		if page := c.send("GET", path+"?"+query, nil).page(); page.ids() != want {
			t.Errorf("%s: %q, want %q", query, page.ids(), want)
		}
	}
	if page := c.send("GET", path+"?status=revoked&status=accepted&limit=1", nil).page(); page.TotalCount != 2 {
		t.Errorf("%d invitations fit", page.TotalCount)
	}
	c.send("GET", path+"?status=lost", nil).refused(422, "form_param_value_invalid/status")
	c.server.Clock().Advance(time.Minute)
	if page := c.send("GET", path+"?status=expired", nil).page(); page.ids() != "orginv_3" || page.Data[0].Status != "expired" {
		t.Errorf("expired: %q", page.ids())
	}
}

func TestOrganizationsCanBeOff(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	for _, list := range []string{"memberships", "invitations"} {
		if page := c.send("GET", "/users/"+u.ID+"/organization_"+list, nil).page(); page.Data == nil || page.TotalCount != 0 {
			t.Errorf("%s of a newcomer: %+v", list, page)
		}
		c.send("GET", "/users/user_x/organization_"+list, nil).refused(http.StatusNotFound, "resource_not_found")
	}
	c.instance.Configure(func(s *emulator.Settings) { s.OrganizationsDisabled = true })
	for _, list := range []string{"memberships", "invitations"} {
		c.send("GET", "/users/"+u.ID+"/organization_"+list, nil).refused(http.StatusForbidden, "organization_not_enabled_in_instance")
	}
}

func TestSeededOrganizationsAreCopies(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	seed := emulator.User{
		OrganizationMemberships: []emulator.OrganizationMembership{{
			Permissions: []string{"p"}, PublicMetadata: map[string]any{"a": "b"},
			Organization: emulator.Organization{PrivateMetadata: map[string]any{"a": "b"}},
		}},
		OrganizationInvitations: []emulator.OrganizationInvitation{{
			InviterID: new("user_1"), URL: new("u"), ExpiresAt: new(int64(7)), PrivateMetadata: map[string]any{"a": "b"},
		}},
		ExternalAccounts: []emulator.ExternalAccount{{
			Label: new("l"), Token: &emulator.OAuthToken{Token: "t", ExpiresAt: new(int64(7))},
		}},
	}
	u := c.instance.Seed(seed)
	for _, touched := range []*emulator.User{u, &seed} {
		m, v, a := &touched.OrganizationMemberships[0], &touched.OrganizationInvitations[0], &touched.ExternalAccounts[0]
		m.Permissions[0], m.PublicMetadata["a"], m.Organization.PrivateMetadata["a"] = "x", "x", "x"
		*v.InviterID, *v.URL, *v.ExpiresAt, v.PrivateMetadata["a"] = "x", "x", 8, "x"
		*a.Label, a.Token.Token, *a.Token.ExpiresAt = "x", "x", 8
	}
	stored := c.instance.User(u.ID)
	m, v, a := stored.OrganizationMemberships[0], stored.OrganizationInvitations[0], stored.ExternalAccounts[0]
	got := []any{
		m.Permissions[0], m.PublicMetadata["a"], m.Organization.PrivateMetadata["a"], *v.InviterID, *v.URL, *v.ExpiresAt,
		v.PrivateMetadata["a"], *a.Label, a.Token.Token, *a.Token.ExpiresAt,
	}
	want := []any{"p", "b", "b", "user_1", "u", int64(7), "b", "l", "t", int64(7)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a copy changed what is stored (-want +got):\n%s", diff)
	}
}
