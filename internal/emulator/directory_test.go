// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestDirectoryKeepsItsAttributes makes every possible write to a user that a directory manages.
func TestDirectoryKeepsItsAttributes(t *testing.T) {
	t.Parallel()
	const number = "+15555550100"
	everything := []string{"external_id", "first_name", "last_name", "locale", "username", "email_address", "phone_number", "password"}
	const me = "/users/{user}"
	newEmail := m{"user_id": "{user}", "email_address": "n@example.com"}
	newPhone := m{"user_id": "{user}", "phone_number": "+15555550101"}
	for name, test := range map[string]struct {
		attributes   []string
		method, path string
		body         any
		// owned is the attribute that is refused; "" means that the directory does not own any written attribute.
		owned string
	}{
		"FirstName":                {nil, "PATCH", me, m{"first_name": "x"}, "first_name"},
		"FirstNameToNull":          {nil, "PATCH", me, m{"first_name": nil}, "first_name"},
		"LastName":                 {nil, "PATCH", me, m{"last_name": "x"}, "last_name"},
		"Username":                 {nil, "PATCH", me, m{"username": "another"}, "username"},
		"PrimaryEmail":             {nil, "PATCH", me, m{"primary_email_address_id": "idn_email"}, "email_address"},
		"CreateEmail":              {nil, "POST", "/email_addresses", newEmail, "email_address"},
		"UpdateEmail":              {nil, "PATCH", "/email_addresses/idn_email", m{"verified": true}, "email_address"},
		"DeleteEmail":              {nil, "DELETE", "/email_addresses/idn_email", nil, "email_address"},
		"ReplaceEmail":             {nil, "PUT", me + "/email_address", m{"email_address": "n@example.com"}, "email_address"},
		"ReplaceEmailByItself":     {nil, "PUT", me + "/email_address", m{"email_address": "a@example.com"}, "email_address"},
		"PrimaryPhone":             {everything, "PATCH", me, m{"primary_phone_number_id": "idn_phone"}, "phone_number"},
		"CreatePhone":              {everything, "POST", "/phone_numbers", newPhone, "phone_number"},
		"UpdatePhone":              {everything, "PATCH", "/phone_numbers/idn_phone", m{"verified": true}, "phone_number"},
		"DeletePhone":              {everything, "DELETE", "/phone_numbers/idn_phone", nil, "phone_number"},
		"ReplacePhone":             {everything, "PUT", me + "/phone_number", m{"phone_number": "+15555550101"}, "phone_number"},
		"ReplacePhoneByItself":     {everything, "PUT", me + "/phone_number", m{"phone_number": number}, "phone_number"},
		"ExternalID":               {everything, "PATCH", me, m{"external_id": "x"}, "external_id"},
		"Locale":                   {everything, "PATCH", me, m{"locale": "de"}, "locale"},
		"Password":                 {everything, "PATCH", me, m{"password": "a long one"}, "password"},
		"TheFirstOfSeveralIsNamed": {nil, "PATCH", me, m{"username": "another", "first_name": "x"}, "first_name"},
		"PhoneOfAnotherOwner":      {nil, "PUT", me + "/phone_number", m{"phone_number": "+15555550101"}, ""},
		"ExternalIDOfAnotherOwner": {nil, "PATCH", me, m{"external_id": "x"}, ""},
		"EmailOwningNothing":       {[]string{}, "POST", "/email_addresses", newEmail, ""},
		"Metadata":                 {everything, "PATCH", me + "/metadata", m{"public_metadata": m{"a": "b"}}, ""},
		"MetadataReplaced":         {everything, "PUT", me + "/metadata", m{"public_metadata": m{"a": "b"}}, ""},
		"Ban":                      {everything, "POST", me + "/ban", nil, ""},
		"BanOfSeveral":             {everything, "POST", "/users/ban", m{"user_ids": []string{"{user}"}}, ""},
		"Lock":                     {everything, "POST", me + "/lock", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{})
			email, phone := emulator.DirectoryEmail("a@example.com"), emulator.VerifiedPhone(number)
			email.ID, phone.ID = "idn_email", "idn_phone"
			u := c.instance.Seed(emulator.User{
				ID: "user_directory", Username: new("somebody"), Directory: &emulator.Directory{Attributes: test.attributes},
				EmailAddresses: []emulator.EmailAddress{email, emulator.VerifiedEmail("b@example.com")},
				PhoneNumbers:   []emulator.PhoneNumber{phone},
			})
			got := c.send(test.method, named(test.path, u.ID), namedBody(test.body, u.ID))
			after := c.instance.User(u.ID)
			if test.owned == "" {
				if got.ok(); after.UpdatedAt <= u.UpdatedAt {
					t.Error("nothing was written")
				}
				return
			}
			got.refused(http.StatusConflict, "attribute_managed_by_scim/"+test.owned)
			if after.UpdatedAt != u.UpdatedAt {
				t.Errorf("written all the same: %+v", after)
			}
		})
	}
}

func TestDirectoryKeepsItsUsers(t *testing.T) {
	t.Parallel()
	for name, attributes := range map[string][]string{"Usual": nil, "OwningNothing": {}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{})
			u := c.instance.Seed(emulator.User{Directory: &emulator.Directory{Attributes: attributes}})
			c.send("DELETE", "/users/"+u.ID, nil).refused(http.StatusConflict, "user_managed_by_scim")
			if c.instance.User(u.ID) == nil {
				t.Error("he is gone all the same")
			}
		})
	}
}

func TestDirectoryShowsByItsAddresses(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Directory: &emulator.Directory{}, Deprovisioned: true,
		EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("A@example.com")},
	})
	got := c.send("GET", "/users/"+u.ID, nil).user()
	if e := got.EmailAddresses[0]; e.EmailAddress != "a@example.com" || e.Verification.Strategy != "scim" || !got.Deprovisioned {
		t.Errorf("%+v verified by %+v", e, e.Verification)
	}
}
