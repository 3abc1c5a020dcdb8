// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"strings"
	"testing"
)

func TestRemedy(t *testing.T) {
	t.Parallel()
	if got := Remedy(&Error{Code: "form_identifier_exists"}); !strings.Contains(got, "spec.userID") {
		t.Errorf("an identifier that is taken: %q", got)
	}
	if got := Remedy(&Error{Code: "brand_new"}); got != defaultRemedy {
		t.Errorf("an unknown code: %q", got)
	}
	unreadable := &Error{Code: "request_body_invalid"}
	if got := Remedy(unreadable); got != reportBug {
		t.Errorf("a body that is not readable: %q", got)
	}
	unreadable.Param = profileImageParam
	if got := Remedy(unreadable); got != chooseImage {
		t.Errorf("an image that is not readable: %q", got)
	}
	for code, remedy := range remedies {
		if !strings.HasSuffix(remedy, ".") || strings.Contains(remedy, "\n") || len(remedy) > 120 {
			t.Errorf("%s: %q is not one short sentence", code, remedy)
		}
		if !codeShape.MatchString(code) {
			t.Errorf("%q is not a code", code)
		}
	}
	for param := range parameterNames {
		if !nameShape.MatchString(param) {
			t.Errorf("%q is no name", param)
		}
	}
}

func TestParameterNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"external_id", "locale", "email_address", "email_addresses", "primary_email_address_id", "phone_number", "phone_numbers",
		"primary_phone_number_id", "reserved_for_second_factor", "web3_wallet", "public_metadata", "banned", "bypass_client_trust",
		"create_organizations_limit", "created_at", "password_digest", "totp_secret", "backup_codes", "sign_out_of_other_sessions", "file",
	} {
		if !parameterNames[name] {
			t.Errorf("%s is not known as a parameter", name)
		}
	}
	for _, name := range []string{"", "-", "passport"} {
		if parameterNames[name] {
			t.Errorf("%q is known as a parameter", name)
		}
	}
}
