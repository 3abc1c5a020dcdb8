// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"strings"
	"testing"
)

func TestFieldOf(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ param, want string }{
		"Address":        {"email_address", "spec.emailAddresses"},
		"Number":         {"phone_number", "spec.phoneNumbers"},
		"ExternalID":     {"external_id", "spec.externalID"},
		"PublicMetadata": {"public_metadata", "spec.publicMetadata"},
		"Limit":          {"create_organizations_limit", "spec.createOrganizationsLimit"},
		"Initial":        {"created_at", "spec.initial.createdAt"},
		"Password":       {"password", "spec.password"},
		"Digest":         {"password_digest,password_hasher", "spec.initial.passwordDigest"},
		"Image":          {"file", "spec.profileImage"},
		"Several":        {"phone_number,username", "spec.phoneNumbers, spec.username"},
		"Unknown":        {"passport", "passport"},
		"None":           {"", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := FieldOf(&Error{Param: test.param}); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

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
	for param, field := range fields {
		if !nameShape.MatchString(param) || !strings.HasPrefix(field, "spec.") {
			t.Errorf("%q stands for %q", param, field)
		}
	}
}
