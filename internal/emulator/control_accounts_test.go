// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestControlAccounts(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	type shown struct {
		emulator.User
		ExternalAccounts []struct {
			emulator.ExternalAccount
			Hidden struct{ Token *emulator.OAuthToken } `json:"_emulator"`
		} `json:"external_accounts"`
		Hidden struct {
			Image       *emulator.ProfileImage
			Directory   *emulator.Directory
			Memberships []emulator.OrganizationMembership `json:"organization_memberships"`
			Invitations []emulator.OrganizationInvitation `json:"organization_invitations"`
		} `json:"_emulator"`
	}
	var u shown
	status := c.control("POST", "/users", `{"username":"somebody","has_image":true,
		"external_accounts":[{"provider":"oauth_google","_emulator":{"token":{"token":"t","expires_at":1000}}},{"provider":"oauth_github"}],
		"_emulator":{"image":{"sha256":"a","content_type":"image/png","size":1},"directory":{"attributes":["username"]},
			"organization_memberships":[{"role":"org:admin","organization":{"id":"org_1","name":"Acme"}}],
			"organization_invitations":[{"status":"accepted","organization_id":"org_2"}]}}`, &u)
	if status != http.StatusOK || u.Hidden.Image.SHA256 != "a" || u.Hidden.Directory.Attributes[0] != "username" ||
		len(u.ExternalAccounts) != 2 {
		t.Fatalf("%d: seeded %+v", status, u.Hidden)
	}
	if m := u.Hidden.Memberships[0]; m.Role != "org:admin" || m.ID == "" || m.Organization.Name != "Acme" ||
		u.Hidden.Invitations[0].OrganizationID != "org_2" {
		t.Errorf("seeded %+v and %+v", m, u.Hidden.Invitations[0])
	}
	fresh := c.send("GET", "/users/"+u.ID+"/oauth_access_tokens/oauth_google", nil).tokens()
	if c.control("GET", "/users/"+u.ID, "", &u); len(fresh) != 1 || u.ExternalAccounts[0].Hidden.Token.Refreshed != 1 ||
		u.ExternalAccounts[0].Hidden.Token.Token != fresh[0].Token {
		t.Errorf("fresh %+v", fresh)
	}
	if page := c.send("GET", "/users/"+u.ID+"/organization_memberships", nil).page(); page.TotalCount != 1 {
		t.Errorf("%d memberships", page.TotalCount)
	}
	if got := c.control("PATCH", "/users/"+u.ID, `{"username":"another"}`, nil); got != http.StatusOK {
		t.Fatalf("edited: %d", got)
	}
	after := c.instance.User(u.ID)
	if after.Image == nil || len(after.OrganizationMemberships) != 1 || len(after.OrganizationInvitations) != 1 ||
		after.ExternalAccounts[0].Token == nil ||
		after.ExternalAccounts[1].Token != nil || after.Directory == nil {
		t.Errorf("an edit of the name changed %+v", after)
	}
	c.control("PATCH", "/users/"+u.ID, `{"external_accounts":[],"has_image":false,"_emulator":{}}`, nil)
	if after = c.instance.User(u.ID); after.Image != nil || after.OrganizationMemberships != nil || len(after.ExternalAccounts) != 0 {
		t.Errorf("an edit left %+v", after)
	}
}

func TestControlCodes(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"email_address": []string{"a@example.com"}})
	v := address{c, "/email_addresses/" + u.EmailAddresses[0].ID}.prepare()
	var codes []emulator.SentCode
	if c.control("GET", "/codes", "", &codes); len(codes) != 1 || codes[0].Code != c.code(v.ID) || codes[0].VerificationID != v.ID {
		t.Errorf("%d codes", len(codes))
	}
	c.server.AddInstance(emulator.InstanceConfig{})
	if got := c.control("GET", "/codes", "", nil); got != http.StatusBadRequest {
		t.Errorf("codes of no instance: %d", got)
	}
	c.control("POST", "/reset", "", nil)
	if c.control("GET", "/codes?instance="+c.instance.ID(), "", &codes); len(codes) != 0 {
		t.Errorf("%d codes after a reset", len(codes))
	}
}

func TestControlSettingsOfAccounts(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.control("PATCH", "/settings", `{"organizations_disabled":true}`, nil)
	if got := c.instance.Settings(); !got.OrganizationsDisabled || got.OAuthProviders != nil {
		t.Errorf("settings %+v", got)
	}
	c.control("PATCH", "/settings", `{"oauth_providers":["oauth_google"]}`, nil)
	c.instance.Settings().OAuthProviders[0] = "oauth_github"
	if got := c.instance.Settings().OAuthProviders; len(got) != 1 || got[0] != "oauth_google" {
		t.Errorf("providers %v", got)
	}
	c.control("PATCH", "/settings", `{"oauth_providers":[]}`, nil)
	if got := c.instance.Settings(); got.OAuthProviders == nil || len(got.OAuthProviders) != 0 {
		t.Errorf("settings %+v", got)
	}
}
