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

func TestGet(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "external_id": "ext"})
	if diff := cmp.Diff(u, c.send("GET", "/users/"+u.ID, nil).user()); diff != "" {
		t.Errorf("the created and the read user differ:\n%s", diff)
	}
	for _, id := range []string{"user_unknown", "ext", "somebody", "%20"} {
		c.send("GET", "/users/"+id, nil).refused(http.StatusNotFound, "resource_not_found")
	}
	if e := c.send("GET", "/users/user_x", nil).refusal().Errors[0]; e.LongMessage != "No user was found with id user_x" {
		t.Errorf("long message %q", e.LongMessage)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "external_id": "ext", "email_address": []string{"a@example.com"}})
	type document struct {
		Object     string  `json:"object"`
		ID         string  `json:"id"`
		Deleted    bool    `json:"deleted"`
		ExternalID *string `json:"external_id"`
	}
	var got document
	c.send("DELETE", "/users/"+u.ID, "null").ok().decode(&got)
	if got.Object != "user" || got.ID != u.ID || !got.Deleted || text(got.ExternalID) != "ext" {
		t.Errorf("deleted object %+v", got)
	}
	for _, request := range []string{
		"DELETE /users/" + u.ID, "GET /users/" + u.ID, "PATCH /users/" + u.ID, "POST /users/" + u.ID + "/ban", "POST /users/" + u.ID + "/lock",
		"PATCH /users/" + u.ID + "/metadata", "PUT /users/" + u.ID + "/metadata", "GET /email_addresses/" + u.EmailAddresses[0].ID,
		"PUT /users/" + u.ID + "/email_address", "PUT /users/" + u.ID + "/phone_number", "POST /users/" + u.ID + "/unlock",
	} {
		method, path, _ := strings.Cut(request, " ")
		c.send(method, path, "null").refused(http.StatusNotFound, "resource_not_found")
	}
	if users := c.send("GET", "/users", nil).users(); len(users) != 0 {
		t.Errorf("%d users are left", len(users))
	}
}

func TestUpdateChangesWhatIsSent(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "first_name": "Ada", "last_name": "Lovelace", "external_id": "ext", "locale": "en", "create_organizations_limit": 2})
	c.server.Clock().Advance(time.Minute)
	got := c.send("PATCH", "/users/"+u.ID, m{
		"username": "SomeBody-2", "first_name": "Grace", "last_name": "", "external_id": nil, "locale": "",
		"delete_self_enabled": false, "create_organization_enabled": nil, "create_organizations_limit": nil, "bypass_client_trust": true,
		"legal_accepted_at": "2025-01-01T00:00:00Z", "created_at": "2025-01-01T00:00:00Z", "notify_primary_email_address_changed": true,
		"profile_image_id": "img_x", "skip_legal_checks": true,
	}).user()
	want := *u
	want.Username, want.FirstName, want.LastName, want.ExternalID, want.Locale = new("somebody-2"), new("Grace"), nil, nil, nil
	want.DeleteSelfEnabled, want.CreateOrganizationsLimit, want.BypassClientTrust = false, nil, true
	want.LegalAcceptedAt, want.CreatedAt = new(int64(1735689600000)), 1735689600000
	want.UpdatedAt = noon.Add(time.Minute).UnixMilli()
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if got := c.send("PATCH", "/users/"+u.ID, m{"legal_accepted_at": nil}).user(); got.LegalAcceptedAt != nil {
		t.Error("null does not clear the legal acceptance")
	}
}

func TestUpdatedAtGrowsWithEveryChangeOnly(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "first_name": "Ada"})
	before := u.UpdatedAt
	for _, name := range []string{"Ada", "Ada"} {
		if got := c.send("PATCH", "/users/"+u.ID, m{"first_name": name}).user(); got.UpdatedAt != before {
			t.Errorf("a write that changes nothing moves updated_at by %d", got.UpdatedAt-before)
		}
	}
	c.server.Clock().Advance(-time.Hour)
	for _, name := range []string{"Eve", "Ada", "Eve"} {
		got := c.send("PATCH", "/users/"+u.ID, m{"first_name": name}).user()
		if got.UpdatedAt <= before {
			t.Errorf("updated_at went from %d to %d", before, got.UpdatedAt)
		}
		before = got.UpdatedAt
	}
}

func TestUpdateRefuses(t *testing.T) {
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	c.create(m{"username": "taken", "external_id": "taken-id"})
	u := c.instance.Seed(emulator.User{
		Username:       new("somebody"),
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("v@example.com"), emulator.UnverifiedEmail("u@example.com"), emulator.ReservedEmail("r@example.com")},
		PhoneNumbers:   []emulator.PhoneNumber{emulator.UnverifiedPhone("+15555550100")},
	})
	for name, test := range map[string]struct {
		body m
		code string
	}{
		"UsernameOfAnother":         {m{"username": "Taken"}, "form_identifier_exists/username"},
		"ExternalIDOfAnother":       {m{"external_id": "taken-id"}, "form_identifier_exists/external_id"},
		"BadUsername":               {m{"username": "x"}, "form_username_invalid_length/username"},
		"SignOutWithoutPassword":    {m{"sign_out_of_other_sessions": true}, "form_conditional_param_disallowed/sign_out_of_other_sessions"},
		"SkipChecksWithoutPassword": {m{"skip_password_checks": true}, "form_conditional_param_disallowed/skip_password_checks"},
		"PrimaryOfNobody":           {m{"primary_email_address_id": "idn_x"}, "form_resource_not_found/primary_email_address_id"},
		"PrimaryOfTheWrongKind":     {m{"primary_phone_number_id": u.EmailAddresses[0].ID}, "form_resource_not_found/primary_phone_number_id"},
		"PrimaryUnverified":         {m{"primary_email_address_id": u.EmailAddresses[1].ID}, "form_verification_needed/primary_email_address_id"},
		"PrimaryReserved":           {m{"primary_email_address_id": u.EmailAddresses[2].ID}, "form_verification_needed/primary_email_address_id"},
		"PrimaryPhoneUnverified":    {m{"primary_phone_number_id": u.PhoneNumbers[0].ID}, "form_verification_needed/primary_phone_number_id"},
		"PrimaryWalletOfNobody":     {m{"primary_web3_wallet_id": "idn_x"}, "form_resource_not_found/primary_web3_wallet_id"},
		"PublicMetadata":            {m{"public_metadata": m{}}, "form_param_deprecated/public_metadata"},
		"PrivateMetadata":           {m{"private_metadata": m{}}, "form_param_deprecated/private_metadata"},
		"UnsafeMetadata":            {m{"unsafe_metadata": nil}, "form_param_deprecated/unsafe_metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.send("PATCH", "/users/"+u.ID, test.body).refused(http.StatusUnprocessableEntity, test.code)
		})
	}
	if diff := cmp.Diff(u, c.instance.User(u.ID)); diff != "" {
		t.Errorf("a refused request changed the user:\n%s", diff)
	}
	c.send("PATCH", "/users/"+u.ID, m{"username": "SOMEBODY"}).ok()
}

func TestPrimarySwitches(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{
		"email_address": []string{"a@example.com", "b@example.com"}, "phone_number": []string{"+15555550100", "+15555550101"},
		"web3_wallet": []string{wallet, "0x0000000000000000000000000000000000000001"},
	})
	got := c.send("PATCH", "/users/"+u.ID, m{
		"primary_email_address_id": u.EmailAddresses[1].ID, "primary_phone_number_id": u.PhoneNumbers[1].ID,
		"primary_web3_wallet_id": u.Web3Wallets[1].ID,
	}).user()
	if text(got.PrimaryEmailAddressID) != u.EmailAddresses[1].ID || text(got.PrimaryPhoneNumberID) != u.PhoneNumbers[1].ID ||
		text(got.PrimaryWeb3WalletID) != u.Web3Wallets[1].ID {
		t.Errorf("primary: %s %s %s", text(got.PrimaryEmailAddressID), text(got.PrimaryPhoneNumberID), text(got.PrimaryWeb3WalletID))
	}
	got = c.send("PATCH", "/users/"+u.ID, m{"primary_email_address_id": nil}).user()
	if text(got.PrimaryEmailAddressID) != u.EmailAddresses[1].ID {
		t.Error("null changes the primary address")
	}
}

func TestUsernameRemoval(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody", "email_address": []string{"a@example.com"}})
	if got := c.send("PATCH", "/users/"+u.ID, m{"username": nil}).user(); got.Username != nil {
		t.Errorf("username %s", text(got.Username))
	}
	c.send("PATCH", "/users/"+u.ID, m{"username": ""}).ok()
	only := c.create(m{"username": "somebody"})
	c.send("PATCH", "/users/"+only.ID, m{"username": ""}).refused(http.StatusBadRequest, "identification_deletion_failed")
	c.instance.Configure(func(s *emulator.Settings) { s.Required = []string{"username"} })
	c.send("PATCH", "/users/"+only.ID, m{"username": nil}).refused(http.StatusBadRequest, "last_required_identification_deletion_failed")
}

func TestPasswordAndSecondFactor(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody"})
	path := "/users/" + u.ID
	first := c.send("PATCH", path, m{"password": "correct horse battery", "sign_out_of_other_sessions": true}).user()
	c.server.Clock().Advance(time.Second)
	again := c.send("PATCH", path, m{"password": "correct horse battery"}).user()
	if !first.PasswordEnabled || *again.PasswordLastUpdatedAt != *first.PasswordLastUpdatedAt+1000 || again.UpdatedAt == first.UpdatedAt {
		t.Error("writing a password again is a write")
	}
	if got := c.send("PATCH", path, m{"password": nil}).user(); !got.PasswordEnabled {
		t.Error("null removes the password")
	}
	got := c.send("PATCH", path, m{"totp_secret": "jbswy3dpehpk3pxp", "backup_codes": []string{"a"}}).user()
	if !got.TOTPEnabled || !got.TwoFactorEnabled || !got.BackupCodeEnabled || got.MFAEnabledAt == nil || got.MFADisabledAt != nil {
		t.Errorf("second factor: %+v", got)
	}
	if got := c.send("PATCH", path, m{"backup_codes": []string{}}).user(); got.BackupCodeEnabled {
		t.Error("no codes are no backup codes")
	}
}

func TestDirectoryUsers(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.instance.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("a@example.com")}, Username: new("somebody"),
		PhoneNumbers: []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100")}, Directory: &emulator.Directory{},
	})
	email, phone := u.EmailAddresses[0].ID, u.PhoneNumbers[0].ID
	c.send("DELETE", "/users/"+u.ID, nil).refused(http.StatusConflict, "user_managed_by_scim")
	c.send("PATCH", "/users/"+u.ID, m{"first_name": "X"}).refused(409, "attribute_managed_by_scim/first_name")
	c.send("PATCH", "/users/"+u.ID, m{"username": "X"}).refused(409, "attribute_managed_by_scim/username")
	c.send("POST", "/email_addresses", m{"user_id": u.ID, "email_address": "b@example.com"}).refused(409, "attribute_managed_by_scim/email_address")
	c.send("PATCH", "/email_addresses/"+email, m{"primary": true}).refused(409, "attribute_managed_by_scim/email_address")
	c.send("DELETE", "/email_addresses/"+email, nil).refused(409, "attribute_managed_by_scim/email_address")
	c.send("PUT", "/users/"+u.ID+"/email_address", m{"email_address": "a@example.com"}).refused(409, "attribute_managed_by_scim/email_address")
	c.send("PATCH", "/users/"+u.ID, m{"external_id": "x"}).ok()
	c.send("PATCH", "/users/"+u.ID+"/metadata", m{"public_metadata": m{"a": 1}}).ok()
	c.send("PATCH", "/phone_numbers/"+phone, m{"verified": true}).ok()

	if _, err := c.instance.Edit(u.ID, func(u *emulator.User) { u.Directory.Attributes = []string{"phone_number"} }); err != nil {
		t.Fatal(err)
	}
	c.send("PATCH", "/users/"+u.ID, m{"first_name": "X"}).ok()
	c.send("PATCH", "/phone_numbers/"+phone, m{"verified": true}).refused(409, "attribute_managed_by_scim/phone_number")
	c.send("DELETE", "/phone_numbers/"+phone, nil).refused(409, "attribute_managed_by_scim/phone_number")
	c.send("POST", "/phone_numbers", m{"user_id": u.ID, "phone_number": "+15555550199"}).refused(409, "attribute_managed_by_scim/phone_number")
}
