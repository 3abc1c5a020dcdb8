// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestPathsOfAnError(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		param string
		want  []string
	}{
		"Address":        {"email_address", []string{"spec.emailAddresses"}},
		"Number":         {"phone_number", []string{"spec.phoneNumbers"}},
		"ExternalID":     {"external_id", []string{"spec.externalID"}},
		"PublicMetadata": {"public_metadata", []string{"spec.publicMetadata"}},
		"Limit":          {"create_organizations_limit", []string{"spec.createOrganizationsLimit"}},
		"Initial":        {"created_at", []string{"spec.initial.createdAt"}},
		"Password":       {"password", []string{"spec.password"}},
		"Digest":         {"password_digest,password_hasher", []string{"spec.initial.passwordDigest"}},
		"Image":          {"file", []string{"spec.profileImage"}},
		"Several":        {"phone_number,username", []string{"spec.phoneNumbers", "spec.username"}},
		"Unknown":        {"passport", []string{"passport"}},
		"None":           {"", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, plan.PathsOf(&clerk.Error{Param: tc.param})); diff != "" {
				t.Errorf("paths (-want +got):\n%s", diff)
			}
		})
	}
}
