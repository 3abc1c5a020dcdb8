// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestDirectoryKeepsItsAttributes makes every write there is to a user whom a directory keeps.
func TestDirectoryKeepsItsAttributes(t *testing.T) {
	t.Parallel()
	const number = "+15555550100"
	everything := []string{"external_id", "first_name", "last_name", "locale", "username", "email_address", "phone_number", "password"}
	for name, test := range map[string]struct {
		attributes   []string
		method, path string
		body         any
		refused      string
	}{
		"Delete":                   {nil, "DELETE", "/users/{user}", nil, "user_managed_by_scim"},
		"DeleteOwningNothing":      {[]string{}, "DELETE", "/users/{user}", nil, "user_managed_by_scim"},
		"FirstName":                {nil, "PATCH", "/users/{user}", m{"first_name": "x"}, "attribute_managed_by_scim/first_name"},
		"FirstNameToNull":          {nil, "PATCH", "/users/{user}", m{"first_name": nil}, "attribute_managed_by_scim/first_name"},
		"LastName":                 {nil, "PATCH", "/users/{user}", m{"last_name": "x"}, "attribute_managed_by_scim/last_name"},
		"Username":                 {nil, "PATCH", "/users/{user}", m{"username": "another"}, "attribute_managed_by_scim/username"},
		"PrimaryEmail":             {nil, "PATCH", "/users/{user}", m{"primary_email_address_id": "idn_email"}, "attribute_managed_by_scim/email_address"},
		"CreateEmail":              {nil, "POST", "/email_addresses", m{"user_id": "{user}", "email_address": "n@example.com"}, "attribute_managed_by_scim/email_address"},
		"UpdateEmail":              {nil, "PATCH", "/email_addresses/idn_email", m{"verified": true}, "attribute_managed_by_scim/email_address"},
		"DeleteEmail":              {nil, "DELETE", "/email_addresses/idn_email", nil, "attribute_managed_by_scim/email_address"},
		"ReplaceEmail":             {nil, "PUT", "/users/{user}/email_address", m{"email_address": "n@example.com"}, "attribute_managed_by_scim/email_address"},
		"ReplaceEmailByItself":     {nil, "PUT", "/users/{user}/email_address", m{"email_address": "a@example.com"}, "attribute_managed_by_scim/email_address"},
		"PrimaryPhone":             {everything, "PATCH", "/users/{user}", m{"primary_phone_number_id": "idn_phone"}, "attribute_managed_by_scim/phone_number"},
		"CreatePhone":              {everything, "POST", "/phone_numbers", m{"user_id": "{user}", "phone_number": "+15555550101"}, "attribute_managed_by_scim/phone_number"},
		"UpdatePhone":              {everything, "PATCH", "/phone_numbers/idn_phone", m{"verified": true}, "attribute_managed_by_scim/phone_number"},
		"DeletePhone":              {everything, "DELETE", "/phone_numbers/idn_phone", nil, "attribute_managed_by_scim/phone_number"},
		"ReplacePhone":             {everything, "PUT", "/users/{user}/phone_number", m{"phone_number": "+15555550101"}, "attribute_managed_by_scim/phone_number"},
		"ReplacePhoneByItself":     {everything, "PUT", "/users/{user}/phone_number", m{"phone_number": number}, "attribute_managed_by_scim/phone_number"},
		"ExternalID":               {everything, "PATCH", "/users/{user}", m{"external_id": "x"}, "attribute_managed_by_scim/external_id"},
		"Locale":                   {everything, "PATCH", "/users/{user}", m{"locale": "de"}, "attribute_managed_by_scim/locale"},
		"Password":                 {everything, "PATCH", "/users/{user}", m{"password": "a long one"}, "attribute_managed_by_scim/password"},
		"TheFirstOfSeveralIsNamed": {nil, "PATCH", "/users/{user}", m{"username": "another", "first_name": "x"}, "attribute_managed_by_scim/first_name"},
		"PhoneOfAnotherOwner":      {nil, "PUT", "/users/{user}/phone_number", m{"phone_number": "+15555550101"}, ""},
		"ExternalIDOfAnotherOwner": {nil, "PATCH", "/users/{user}", m{"external_id": "x"}, ""},
		"EmailOwningNothing":       {[]string{}, "POST", "/email_addresses", m{"user_id": "{user}", "email_address": "n@example.com"}, ""},
		"Metadata":                 {everything, "PATCH", "/users/{user}/metadata", m{"public_metadata": m{"a": "b"}}, ""},
		"MetadataReplaced":         {everything, "PUT", "/users/{user}/metadata", m{"public_metadata": m{"a": "b"}}, ""},
		"Ban":                      {everything, "POST", "/users/{user}/ban", nil, ""},
		"BanOfSeveral":             {everything, "POST", "/users/ban", m{"user_ids": []string{"{user}"}}, ""},
		"Lock":                     {everything, "POST", "/users/{user}/lock", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{})
			email, phone := emulator.DirectoryEmail("a@example.com"), emulator.VerifiedPhone(number)
			email.ID, phone.ID = "idn_email", "idn_phone"
			u := c.instance.Seed(emulator.User{
				ID: "user_directory", Username: new("somebody"), Directory: &emulator.Directory{Attributes: test.attributes},
				EmailAddresses: []emulator.EmailAddress{email, emulator.VerifiedEmail("b@example.com")}, PhoneNumbers: []emulator.PhoneNumber{phone},
			})
			got := c.send(test.method, named(test.path, u.ID), namedBody(test.body, u.ID))
			after := c.instance.User(u.ID)
			if test.refused == "" {
				if got.ok(); after.UpdatedAt <= u.UpdatedAt {
					t.Error("nothing was written")
				}
				return
			}
			got.refused(http.StatusConflict, test.refused)
			if after == nil || after.UpdatedAt != u.UpdatedAt {
				t.Errorf("written all the same: %+v", after)
			}
		})
	}
}

func TestDirectoryShowsByItsAddresses(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Directory: &emulator.Directory{}, Deprovisioned: true, EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("A@example.com")},
	})
	got := c.send("GET", "/users/"+u.ID, nil).user()
	if e := got.EmailAddresses[0]; e.EmailAddress != "a@example.com" || e.Verification.Strategy != "scim" || !got.Deprovisioned {
		t.Errorf("%+v verified by %+v", e, e.Verification)
	}
}
