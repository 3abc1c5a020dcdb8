// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestDisown(t *testing.T) {
	t.Parallel()
	const number = "+15555550100"
	all := v1alpha1.Applied{
		Metadata: []string{"/publicMetadata/a"}, EmailAddresses: []string{"ada@x.io", "new@x.io"}, PhoneNumbers: []string{number},
		Banned: true, Locked: true, ProfileImage: true,
	}
	everything := []plan.Part{
		{Field: "emailAddresses", Entry: "ada@x.io"}, {Field: "emailAddresses", Entry: "new@x.io"}, {Field: "phoneNumbers", Entry: number},
		{Field: "banned"}, {Field: "locked"}, {Field: "profileImage"}, {Field: "publicMetadata"}, {Field: "username"},
	}
	for name, tc := range map[string]struct {
		user    *clerk.User
		refused []plan.Part
		want    v1alpha1.Applied
	}{
		"NothingRefused": {ada(), nil, all},
		"WhatTheUserLacksIsNotOurs": {
			ada(), everything, v1alpha1.Applied{Metadata: all.Metadata, EmailAddresses: []string{"ada@x.io"}},
		},
		"WhatTheUserHasStays": {
			ada(banned, locked, hasEmail("idn_2", "new@x.io", clerk.Verified), hasPhone(clerk.Verified, false), func(u *clerk.User) { u.HasImage = true }),
			everything, all,
		},
		"TheChoiceOfAPrimaryOneDisownsNone": {ada(), []plan.Part{{Field: "emailAddresses"}, {Field: "phoneNumbers"}}, all},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			before := *all.DeepCopy()
			if diff := cmp.Diff(tc.want, plan.Disown(all, tc.user, tc.refused)); diff != "" {
				t.Errorf("the record (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(before, all); diff != "" {
				t.Errorf("what was given in has changed (-was +is):\n%s", diff)
			}
		})
	}
}
