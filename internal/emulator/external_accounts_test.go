// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestExternalAccountsHaveTwoIDs(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	for name, test := range map[string]struct {
		seed   emulator.ExternalAccount
		object string
		former bool
	}{
		"Google":                 {emulator.ExternalAccount{Provider: "oauth_google"}, "google_account", true},
		"GoogleByItsOwnID":       {emulator.ExternalAccount{Provider: "oauth_google", ID: "eac_1"}, "google_account", true},
		"GoogleByIdentification": {emulator.ExternalAccount{Provider: "oauth_google", ID: "idn_1"}, "google_account", true},
		"Facebook":               {emulator.ExternalAccount{Provider: "oauth_facebook"}, "facebook_account", true},
		"GoogleLikeOthers":       {emulator.ExternalAccount{Provider: "oauth_google", Object: "external_account"}, "external_account", false},
		"GitHub":                 {emulator.ExternalAccount{Provider: "oauth_github"}, "external_account", false},
		"GitHubByItsOwnID":       {emulator.ExternalAccount{Provider: "oauth_github", ID: "eac_1"}, "external_account", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := c.in(t)
			u := c.instance.Seed(emulator.User{Username: new("u"), ExternalAccounts: []emulator.ExternalAccount{test.seed}})
			a := c.send("GET", "/users/"+u.ID, nil).user().ExternalAccounts[0]
			own, idn := a.ID, a.IdentificationID
			if test.former {
				own = a.ExternalAccountID
				if a.ID != idn {
					t.Errorf("the id is %s and not the identification's %s", a.ID, idn)
				}
			} else if a.ExternalAccountID != "" {
				t.Errorf("the id is also shown as %s", a.ExternalAccountID)
			}
			if a.Object != test.object || !strings.HasPrefix(own, "eac_") || !strings.HasPrefix(idn, "idn_") {
				t.Errorf("%s with own id %s and identification %s", a.Object, own, idn)
			}
			if given := test.seed.ID; given != "" && given != own && given != idn {
				t.Errorf("the id given, %s, became %s and %s", given, own, idn)
			}
			path := "/users/" + u.ID + "/external_accounts/"
			c.send("DELETE", path+idn, nil).refused(http.StatusNotFound, "external_account_not_found")
			var deleted struct {
				Object, ID string
				Deleted    bool
			}
			c.send("DELETE", path+own, nil).ok().decode(&deleted)
			if deleted.Object != "external_account" || deleted.ID != own || !deleted.Deleted {
				t.Errorf("deleted object %+v", deleted)
			}
			c.send("DELETE", path+own, nil).refused(http.StatusNotFound, "external_account_not_found")
			if after := c.instance.User(u.ID); len(after.ExternalAccounts) != 0 || after.UpdatedAt <= u.UpdatedAt {
				t.Errorf("left %+v, updated %d after %d", after.ExternalAccounts, after.UpdatedAt, u.UpdatedAt)
			}
		})
	}
}

func TestLastExternalAccountStays(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		EmailAddresses:   []emulator.EmailAddress{emulator.UnverifiedEmail("a@example.com")},
		ExternalAccounts: []emulator.ExternalAccount{{Provider: "oauth_github"}},
	})
	c.send("DELETE", "/users/"+u.ID+"/external_accounts/"+u.ExternalAccounts[0].ID, nil).
		refused(http.StatusBadRequest, "identification_deletion_failed")
	if len(c.instance.User(u.ID).ExternalAccounts) != 1 {
		t.Error("the account is gone all the same")
	}
	c.send("DELETE", "/users/user_x/external_accounts/"+u.ExternalAccounts[0].ID, nil).refused(http.StatusNotFound, "resource_not_found")
}

func TestDeletedExternalAccountLetsGoOfItsAddresses(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	linked, other := emulator.VerifiedEmail("a@example.com"), emulator.VerifiedEmail("b@example.com")
	phone := emulator.VerifiedPhone("+15555550100")
	linked.LinkedTo = []emulator.Link{{Type: "oauth_github", ID: "idn_hub"}}
	other.LinkedTo = []emulator.Link{{Type: "oauth_google", ID: "idn_google"}}
	phone.LinkedTo = linked.LinkedTo
	u := c.instance.Seed(emulator.User{
		Username: new("somebody"), EmailAddresses: []emulator.EmailAddress{linked, other}, PhoneNumbers: []emulator.PhoneNumber{phone},
		ExternalAccounts: []emulator.ExternalAccount{{ID: "eac_hub", IdentificationID: "idn_hub", Provider: "oauth_github"}},
	})
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil).
		refused(http.StatusBadRequest, "delete_linked_identification_disallowed")
	c.send("DELETE", "/users/"+u.ID+"/external_accounts/eac_hub", nil).ok()
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil).ok()
	c.send("DELETE", "/phone_numbers/"+u.PhoneNumbers[0].ID, nil).ok()
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[1].ID, nil).
		refused(http.StatusBadRequest, "delete_linked_identification_disallowed")
}
