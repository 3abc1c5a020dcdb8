// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestPhoneNumberLifecycle(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody"})
	first := c.send("POST", "/phone_numbers", m{"user_id": u.ID, "phone_number": "+15555550100"}).phone()
	if first.Verification != nil || first.Reserved || text(c.instance.User(u.ID).PrimaryPhoneNumberID) != first.ID {
		t.Errorf("first number %+v", first)
	}
	second := c.send("POST", "/phone_numbers", m{"user_id": u.ID, "phone_number": "+15555550101", "verified": true, "primary": true}).phone()
	if second.Verification == nil || text(c.instance.User(u.ID).PrimaryPhoneNumberID) != second.ID {
		t.Errorf("second number %+v", second)
	}
	if got := c.send("GET", "/phone_numbers/"+second.ID, nil).phone(); got.PhoneNumber != "+15555550101" {
		t.Errorf("read %+v", got)
	}
	c.send("PATCH", "/phone_numbers/"+first.ID, m{"primary": true}).refused(422, "form_verification_needed/primary")
	c.send("PATCH", "/phone_numbers/"+first.ID, m{"verified": true, "primary": true}).ok()
	c.send("DELETE", "/phone_numbers/"+first.ID, "null").ok()
	if text(c.instance.User(u.ID).PrimaryPhoneNumberID) != second.ID {
		t.Error("the oldest verified number does not succeed the primary one")
	}
	if got := c.send("PATCH", "/phone_numbers/"+second.ID, m{"verified": false}).phone(); got.Verification != nil {
		t.Errorf("updated %+v", got)
	}
	c.send("DELETE", "/phone_numbers/"+second.ID, nil).ok()
	if c.instance.User(u.ID).PrimaryPhoneNumberID != nil {
		t.Error("a number that is gone is primary")
	}
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		c.send(method, "/phone_numbers/"+second.ID, nil).refused(http.StatusNotFound, "resource_not_found")
	}
}

func TestPhoneNumberRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.create(m{"phone_number": []string{"+15555550100"}})
	u := c.create(m{"phone_number": []string{"+15555550101"}})
	post := func(body m) answer { return c.send("POST", "/phone_numbers", body) }
	post(m{"phone_number": "+15555550102"}).refused(422, "form_param_missing/user_id")
	post(m{"user_id": u.ID, "phone_number": "5555550102"}).refused(422, "form_param_format_invalid/phone_number")
	post(m{"user_id": u.ID, "phone_number": "+15555550100"}).refused(422, "form_identifier_exists/phone_number")
	post(m{"user_id": u.ID, "phone_number": "+15555550101"}).refused(422, "form_identifier_exists/phone_number")
	post(m{"user_id": u.ID, "phone_number": "+15555550102", "primary": true}).refused(422, "form_verification_needed/primary")
	post(m{"user_id": u.ID, "phone_number": "+15555550102", "reserved_for_second_factor": true}).
		refused(http.StatusBadRequest, "identification_create_second_factor_unverified/reserved_for_second_factor")
	late := c.instance.Seed(emulator.User{PhoneNumbers: []emulator.PhoneNumber{emulator.UnverifiedPhone("+15555550100")}})
	c.send("PATCH", "/phone_numbers/"+late.PhoneNumbers[0].ID, m{"verified": true}).refused(422, "form_identifier_exists/phone_number")
	c.send("PATCH", "/phone_numbers/"+late.PhoneNumbers[0].ID, m{"reserved_for_second_factor": true}).
		refused(http.StatusBadRequest, "identification_update_second_factor_unverified/reserved_for_second_factor")
	c.send("PATCH", "/phone_numbers/"+u.PhoneNumbers[0].ID, m{"reserved_for_second_factor": true}).
		refused(http.StatusBadRequest, "identification_update_failed/reserved_for_second_factor")
	c.send("DELETE", "/phone_numbers/"+u.PhoneNumbers[0].ID, nil).refused(http.StatusBadRequest, "identification_deletion_failed")
}

func TestSecondFactorByPhone(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	u := c.create(m{"username": "somebody"})
	add := func(number string) emulator.PhoneNumber {
		return c.send("POST", "/phone_numbers", m{"user_id": u.ID, "phone_number": number, "verified": true, "reserved_for_second_factor": true}).phone()
	}
	first, second := add("+15555550100"), add("+15555550101")
	if !first.DefaultSecondFactor || second.DefaultSecondFactor || !second.ReservedForSecondFactor {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if got := c.instance.User(u.ID); !got.TwoFactorEnabled || got.MFAEnabledAt == nil {
		t.Error("no second factor")
	}
	c.send("PATCH", "/phone_numbers/"+first.ID, m{"reserved_for_second_factor": false}).
		refused(422, "form_disable_default_second_factor_not_allowed/reserved_for_second_factor")
	c.send("DELETE", "/phone_numbers/"+first.ID, nil).ok()
	if got := c.send("GET", "/phone_numbers/"+second.ID, nil).phone(); !got.DefaultSecondFactor {
		t.Error("no default second factor is left")
	}
	c.send("PATCH", "/phone_numbers/"+second.ID, m{"reserved_for_second_factor": true}).ok()
	c.send("PATCH", "/phone_numbers/"+second.ID, m{"reserved_for_second_factor": false}).ok()
	if got := c.instance.User(u.ID); got.TwoFactorEnabled || got.MFADisabledAt == nil || got.MFAEnabledAt == nil {
		t.Error("the second factor is still on, or forgot when it was")
	}
	c.send("PATCH", "/phone_numbers/"+second.ID, m{"reserved_for_second_factor": true}).ok()
	c.send("DELETE", "/phone_numbers/"+second.ID, nil).ok()
	if c.instance.User(u.ID).TwoFactorEnabled {
		t.Error("the second factor outlives its number")
	}
}

func TestReplacePhoneNumber(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"username": "somebody", "phone_number": []string{"+15555550100"}})
	factor := c.send("POST", "/phone_numbers", m{"user_id": u.ID, "phone_number": "+15555550101", "verified": true, "reserved_for_second_factor": true}).phone()
	path := "/users/" + u.ID + "/phone_number"
	kept := c.send("PUT", path, m{"phone_number": "+15555550101"}).phone()
	after := c.instance.User(u.ID)
	if kept.ID != factor.ID || kept.ReservedForSecondFactor || after.TwoFactorEnabled || len(after.PhoneNumbers) != 1 || text(after.PrimaryPhoneNumberID) != kept.ID {
		t.Errorf("kept %+v, two factors %t", kept, after.TwoFactorEnabled)
	}
	if got := c.send("PUT", path, m{"phone_number": "+15555550102", "identification_status": "reserved"}).phone(); !got.Reserved {
		t.Errorf("reserved %+v", got)
	}
	c.send("PUT", path, m{"phone_number": "x"}).refused(422, "form_param_format_invalid/phone_number")
	c.send("PUT", path, m{"phone_number": "+15555550103", "identification_status": "x"}).refused(422, "form_param_value_invalid/identification_status")
	c.send("PUT", path, m{"phone": "x"}).refused(422, "form_param_unknown/phone")
}
