// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestEmailAddressLifecycle(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	first := c.send("POST", "/email_addresses", m{"user_id": u.ID, "email_address": "First@Example.com"}).email()
	if first.EmailAddress != "first@example.com" || first.Verification != nil || first.Reserved || first.ID[:4] != "idn_" {
		t.Errorf("first address %+v", first)
	}
	after := c.instance.User(u.ID)
	if text(after.PrimaryEmailAddressID) != first.ID || after.UpdatedAt <= u.UpdatedAt {
		t.Errorf("the first address is not primary, or the user not newer: %s", text(after.PrimaryEmailAddressID))
	}
	second := c.send("POST", "/email_addresses", m{"user_id": u.ID, "email_address": "second@example.com", "verified": true}).email()
	if second.Verification == nil || second.Verification.Object != "verification_admin" || text(c.instance.User(u.ID).PrimaryEmailAddressID) != first.ID {
		t.Errorf("second address %+v", second)
	}
	third := c.send("POST", "/email_addresses", m{
		"user_id": u.ID, "email_address": "third@example.com", "verified": true, "primary": true, "notify_primary_email_address_changed": false,
	}).email()
	if text(c.instance.User(u.ID).PrimaryEmailAddressID) != third.ID {
		t.Error("an address asked for as primary is not")
	}
	if got := c.send("GET", "/email_addresses/"+second.ID, nil).email(); got.EmailAddress != "second@example.com" {
		t.Errorf("read %+v", got)
	}
	got := c.send("PATCH", "/email_addresses/"+first.ID, m{"verified": true, "primary": true}).email()
	if got.Verification == nil || text(c.instance.User(u.ID).PrimaryEmailAddressID) != first.ID {
		t.Errorf("updated %+v", got)
	}
	if got := c.send("PATCH", "/email_addresses/"+second.ID, m{"verified": false}).email(); got.Verification != nil {
		t.Errorf("an address is verified against its order: %+v", got)
	}
	var deleted struct {
		Object, ID string
		Deleted    bool
	}
	c.send("DELETE", "/email_addresses/"+first.ID, "null").ok().decode(&deleted)
	if deleted.Object != "email_address" || deleted.ID != first.ID || !deleted.Deleted {
		t.Errorf("deleted object %+v", deleted)
	}
	if text(c.instance.User(u.ID).PrimaryEmailAddressID) != third.ID {
		t.Error("the oldest verified address does not succeed the primary one")
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		c.send(method, "/email_addresses/"+first.ID, nil).refused(http.StatusNotFound, "resource_not_found")
	}
	c.send("DELETE", "/email_addresses/"+third.ID, nil).ok()
	if c.instance.User(u.ID).PrimaryEmailAddressID != nil {
		t.Error("an unverified address succeeds the primary one")
	}
}

func TestEmailAddressRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{Blocked: []string{"@evil.example.com"}}})
	c.instance.Configure(func(s *emulator.Settings) { s.InstanceRateLimit = -1 })
	other := c.create(m{"email_address": []string{"taken@example.com", "kept@example.com"}, "email_address_identification_status": []string{"verified", "reserved"}})
	c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail("shared@example.com")}})
	u := c.create(m{"email_address": []string{"own@example.com"}})
	post := func(body m) answer { return c.send("POST", "/email_addresses", body) }

	post(m{}).refused(422, "form_param_missing/user_id", "form_param_missing/email_address")
	post(m{"user_id": "user_x", "email_address": "a@example.com"}).refused(http.StatusNotFound, "resource_not_found")
	post(m{"user_id": u.ID, "email_address": "nonsense"}).refused(422, "form_param_format_invalid/email_address")
	post(m{"user_id": u.ID, "email_address": "a@example.com", "reserved": true}).refused(422, "form_param_unknown/reserved")
	post(m{"user_id": u.ID, "email_address": "Taken@example.com"}).refused(422, "form_identifier_exists/email_address")
	post(m{"user_id": u.ID, "email_address": "kept@example.com", "verified": true}).refused(422, "form_identifier_exists/email_address")
	post(m{"user_id": u.ID, "email_address": "OWN@example.com"}).refused(422, "form_identifier_exists/email_address")
	post(m{"user_id": u.ID, "email_address": "a@evil.example.com"}).refused(http.StatusForbidden, "not_allowed_access/email_address")
	post(m{"user_id": u.ID, "email_address": "a@example.com", "primary": true}).refused(422, "form_verification_needed/primary")

	shared := post(m{"user_id": u.ID, "email_address": "shared@example.com"}).email()
	c.send("PATCH", "/email_addresses/"+shared.ID, m{"primary": true}).refused(422, "form_verification_needed/primary")
	c.send("PATCH", "/email_addresses/"+shared.ID, m{"email_address": "x@example.com"}).refused(422, "form_param_unknown/email_address")
	c.send("PATCH", "/email_addresses/"+shared.ID, m{"verified": true}).ok()
	late := c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail("taken@example.com")}})
	c.send("PATCH", "/email_addresses/"+late.EmailAddresses[0].ID, m{"verified": true}).refused(422, "form_identifier_exists/email_address")
	c.send("DELETE", "/email_addresses/"+other.EmailAddresses[0].ID, nil).ok()
	c.send("PATCH", "/email_addresses/"+late.EmailAddresses[0].ID, m{"verified": true}).ok()
}

func TestLastIdentificationStays(t *testing.T) {
	t.Parallel()
	mail := []string{"a@example.com"}
	for name, test := range map[string]struct {
		body    m
		refused bool
	}{
		"OnlyEmail":     {m{"email_address": mail}, true},
		"WithUsername":  {m{"email_address": mail, "username": "somebody"}, false},
		"WithPhone":     {m{"email_address": mail, "phone_number": []string{"+15555550100"}}, false},
		"WithWallet":    {m{"email_address": mail, "web3_wallet": []string{wallet}}, false},
		"WithExternal":  {m{"email_address": mail, "external_id": "x"}, true},
		"WithAnother":   {m{"email_address": []string{"a@example.com", "b@example.com"}}, false},
		"OnlyReserved":  {m{"email_address": mail, "email_address_identification_status": []string{"reserved"}}, true},
		"ReservedOther": {m{"email_address": []string{"a@example.com", "b@example.com"}, "email_address_identification_status": []string{"verified", "reserved"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{})
			u := c.create(test.body)
			got := c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil)
			if !test.refused {
				got.ok()
				return
			}
			got.refused(http.StatusBadRequest, "identification_deletion_failed")
			if len(c.instance.User(u.ID).EmailAddresses) == 0 {
				t.Error("the address is gone all the same")
			}
		})
	}
}

func TestTheLastWayInStaysBesideUnverifiedAddresses(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("a@example.com"), emulator.UnverifiedEmail("b@example.com")}})
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil).refused(http.StatusBadRequest, "identification_deletion_failed")
	v := c.instance.Seed(emulator.User{PhoneNumbers: []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100"), emulator.UnverifiedPhone("+15555550101")}})
	c.send("DELETE", "/phone_numbers/"+v.PhoneNumbers[0].ID, nil).refused(http.StatusBadRequest, "identification_deletion_failed")
	c.send("DELETE", "/phone_numbers/"+v.PhoneNumbers[1].ID, nil).ok()
}

func TestUnverifiedAddressesCanBeDeletedUnlessTheyAreAllThereIs(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail("a@example.com"), emulator.UnverifiedEmail("b@example.com")}})
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil).ok()
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[1].ID, nil).refused(http.StatusBadRequest, "identification_deletion_failed")
}

func TestLinkedAndRequiredIdentificationsStay(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	linked, phone := emulator.VerifiedEmail("linked@example.com"), emulator.VerifiedPhone("+15555550100")
	linked.LinkedTo = []emulator.Link{{Type: "oauth_google", ID: "idn_google"}}
	phone.LinkedTo = linked.LinkedTo
	u := c.instance.Seed(emulator.User{
		Username: new("somebody"), PhoneNumbers: []emulator.PhoneNumber{phone, emulator.VerifiedPhone("+15555550101")},
		EmailAddresses:   []emulator.EmailAddress{linked, emulator.VerifiedEmail("b@example.com")},
		ExternalAccounts: []emulator.ExternalAccount{{Provider: "oauth_google", ProviderUserID: "7"}},
	})
	c.send("GET", "/users/"+u.ID, nil).ok()
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil).refused(http.StatusBadRequest, "delete_linked_identification_disallowed")
	c.send("PUT", "/users/"+u.ID+"/email_address", m{"email_address": "n@example.com"}).refused(http.StatusBadRequest, "delete_linked_identification_disallowed")
	c.send("DELETE", "/phone_numbers/"+u.PhoneNumbers[0].ID, nil).refused(http.StatusBadRequest, "delete_linked_identification_disallowed")
	c.send("PUT", "/users/"+u.ID+"/phone_number", m{"phone_number": "+15555550102"}).refused(http.StatusBadRequest, "delete_linked_identification_disallowed")

	c.instance.Configure(func(s *emulator.Settings) { s.Required = []string{"email_address", "phone_number"} })
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[1].ID, nil).ok()
	if _, err := c.instance.Edit(u.ID, func(u *emulator.User) {
		u.EmailAddresses[0].LinkedTo, u.PhoneNumbers = nil, u.PhoneNumbers[1:]
	}); err != nil {
		t.Fatal(err)
	}
	c.send("DELETE", "/email_addresses/"+u.EmailAddresses[0].ID, nil).refused(http.StatusBadRequest, "last_required_identification_deletion_failed")
	c.send("DELETE", "/phone_numbers/"+u.PhoneNumbers[1].ID, nil).refused(http.StatusBadRequest, "last_required_identification_deletion_failed")
}

func TestReplaceEmailAddress(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	c.create(m{"email_address": []string{"taken@example.com"}})
	u := c.create(m{"email_address": []string{"a@example.com", "b@example.com"}})
	path := "/users/" + u.ID + "/email_address"
	kept := c.send("PUT", path, m{"email_address": "B@example.com"}).email()
	after := c.instance.User(u.ID)
	if kept.ID != u.EmailAddresses[1].ID || len(after.EmailAddresses) != 1 || text(after.PrimaryEmailAddressID) != kept.ID {
		t.Errorf("kept %+v of %+v", kept, after.EmailAddresses)
	}
	reserved := c.send("PUT", path, m{"email_address": "n@example.com", "identification_status": "reserved", "notify_primary_email_address_changed": nil}).email()
	if !reserved.Reserved || reserved.Verification != nil || reserved.ID == kept.ID || text(c.instance.User(u.ID).PrimaryEmailAddressID) != reserved.ID {
		t.Errorf("reserved %+v", reserved)
	}
	if got := c.send("PUT", path, m{"email_address": "n@example.com", "identification_status": "unverified"}).email(); got.Reserved || got.ID != reserved.ID {
		t.Errorf("unverified %+v", got)
	}
	c.send("PUT", path, m{}).refused(422, "form_param_missing/email_address")
	c.send("PUT", path, m{"email_address": "x"}).refused(422, "form_param_format_invalid/email_address")
	c.send("PUT", path, m{"email_address": "taken@example.com"}).refused(422, "form_identifier_exists/email_address")
	c.send("PUT", path, m{"email_address": "x@example.com", "identification_status": "maybe"}).refused(422, "form_param_value_invalid/identification_status")
	c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("n@example.com")}})
	c.send("PUT", path, m{"email_address": "n@example.com"}).refused(422, "form_identifier_exists/email_address")
}

func TestAnotherPrimaryAddressIsAnnouncedOnDemand(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"email_address": []string{"a@example.com"}})
	announced := func() []string {
		var about []string
		for _, n := range c.instance.Notices() {
			if n.Kind != emulator.PrimaryEmailAddressChanged || n.UserID != u.ID {
				t.Errorf("notice %+v", n)
			}
			about = append(about, n.About)
		}
		return about
	}
	body := func(address string, notify any) m {
		return m{
			"user_id": u.ID, "email_address": address, "verified": true, "primary": true,
			"notify_primary_email_address_changed": notify,
		}
	}
	c.send("POST", "/email_addresses", body("quiet@example.com", false)).ok()
	c.send("POST", "/email_addresses", body("null@example.com", nil)).ok()
	second := m{"user_id": u.ID, "email_address": "second@example.com", "notify_primary_email_address_changed": true}
	c.send("POST", "/email_addresses", second).ok()
	if got := announced(); got != nil {
		t.Errorf("announced %v", got)
	}
	added := c.send("POST", "/email_addresses", body("loud@example.com", true)).email()
	first := "/email_addresses/" + u.EmailAddresses[0].ID
	c.send("PATCH", first, m{"primary": true, "notify_primary_email_address_changed": true}).ok()
	c.send("PATCH", first, m{"primary": true, "notify_primary_email_address_changed": true}).ok()
	path := "/users/" + u.ID + "/email_address"
	only := c.send("PUT", path, m{"email_address": "only@example.com", "notify_primary_email_address_changed": true}).email()
	c.send("PUT", path, m{"email_address": "only@example.com", "notify_primary_email_address_changed": true}).ok()
	if got, want := announced(), []string{added.ID, u.EmailAddresses[0].ID, only.ID}; !slices.Equal(got, want) {
		t.Errorf("announced %v, want %v", got, want)
	}
}
