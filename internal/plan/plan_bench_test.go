// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// usualSpec is a manifest as teams write it, and usualUser the user that it asks for.
func usualSpec() *v1alpha1.ClerkUserSpec {
	return &v1alpha1.ClerkUserSpec{
		EmailAddresses:  []v1alpha1.EmailAddress{{Address: "ada@x.io"}},
		FirstName:       new("Ada"),
		LastName:        new("Lovelace"),
		PublicMetadata:  raw(`{"role":"editor","team":"team-7","limits":{"projects":12,"seats":340}}`),
		PrivateMetadata: raw(`{"costCenter":"cc-0815"}`),
	}
}

func usualUser() *clerk.User {
	return ada(func(u *clerk.User) {
		u.FirstName, u.LastName = "Ada", "Lovelace"
		u.PublicMetadata = clerk.Metadata{
			"role": "editor", "team": "team-7", "limits": map[string]any{"projects": 12.0, "seats": 340.0},
		}
		u.PrivateMetadata["costCenter"] = "cc-0815"
	})
}

// usualApplied is what the operator recorded for it.
func usualApplied() v1alpha1.Applied {
	return v1alpha1.Applied{
		EmailAddresses: []string{"ada@x.io"},
		Metadata: []string{
			"/publicMetadata/role", "/publicMetadata/team", "/publicMetadata/limits/projects", "/publicMetadata/limits/seats",
			"/privateMetadata/costCenter",
		},
	}
}

// BenchmarkFromSpec puts a manifest into canonical form.
func BenchmarkFromSpec(b *testing.B) {
	spec, inputs := usualSpec(), plan.Inputs{Mark: mark, Applied: usualApplied()}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.FromSpec(spec, inputs); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFor plans for users that are as declared, that differ in one field, and that are absent.
func BenchmarkFor(b *testing.B) {
	d, err := plan.FromSpec(usualSpec(), plan.Inputs{Mark: mark, Applied: usualApplied()})
	if err != nil {
		b.Fatal(err)
	}
	other := usualUser()
	other.FirstName = "Eve"
	for _, tc := range []struct {
		name    string
		user    *clerk.User
		changes int
	}{
		{"AsDeclared", usualUser(), 0},
		{"OtherName", other, 1},
		{"Absent", nil, 1},
	} {
		b.Run(tc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if got := plan.For(d, tc.user); len(got) != tc.changes {
					b.Fatalf("%d changes, want %d: %v", len(got), tc.changes, got)
				}
			}
		})
	}
}
