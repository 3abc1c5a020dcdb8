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

func mustDesire(t *testing.T, spec v1alpha1.ClerkUserSpec, applied v1alpha1.Applied) *plan.Desired {
	t.Helper()
	d, err := plan.FromSpec(&spec, plan.Inputs{Mark: mark, Applied: applied, LiftLock: true})
	if err != nil {
		t.Fatalf("reading the spec: %v", err)
	}
	return d
}

func TestIntend(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spec    v1alpha1.ClerkUserSpec
		applied v1alpha1.Applied
		user    *clerk.User
		want    v1alpha1.Applied
	}{
		"NothingPlannedIsNothingIntended": {user: ada()},
		"AnEmptyListIsNone":               {applied: v1alpha1.Applied{Metadata: []string{}, EmailAddresses: []string{}}, user: ada()},
		"WhatWasStays": {
			applied: v1alpha1.Applied{Metadata: []string{"/publicMetadata/x"}, EmailAddresses: []string{"x@x.io"}, Banned: true},
			user:    ada(),
			want:    v1alpha1.Applied{Metadata: []string{"/publicMetadata/x"}, EmailAddresses: []string{"x@x.io"}, Banned: true},
		},
		"OnlyTheLeavesThatAreWrittenBecomeOurs": {
			spec:    v1alpha1.ClerkUserSpec{PublicMetadata: raw(`{"there":1,"a/b":{"c~d":[1],"e":{}}}`), PrivateMetadata: raw(`{"p":1}`), UnsafeMetadata: raw(`{"u":1}`)},
			applied: wrote("/publicMetadata/a~1b/c~0d", "/publicMetadata/z"),
			user:    ada(hasPublic(`{"there":1}`), noMark),
			want: wrote("/privateMetadata/p", "/publicMetadata/a~1b/c~0d", "/publicMetadata/a~1b/e", "/publicMetadata/z",
				"/unsafeMetadata/u"),
		},
		"ReplacingWritesAllLeaves": {
			spec: replacing(v1alpha1.ClerkUserSpec{PrivateMetadata: raw(`{"p":1}`)}), user: ada(hasPrivate(`{"x":1}`)),
			want: wrote("/privateMetadata/p"),
		},
		"RemovingAKeyWritesNothing": {
			applied: wrote("/publicMetadata/a"), user: ada(hasPublic(`{"a":1}`)), want: wrote("/publicMetadata/a"),
		},
		"IdentifiersThatAreAddedBecomeOurs": {
			spec: func() v1alpha1.ClerkUserSpec {
				spec := emails(email("NEW@x.io"), email("ada@x.io"))
				spec.PhoneNumbers = phone().PhoneNumbers
				return spec
			}(),
			user: ada(),
			want: v1alpha1.Applied{EmailAddresses: []string{"new@x.io"}, PhoneNumbers: []string{"+15555550100"}},
		},
		"ABanAndALockBecomeOurs": {
			spec: v1alpha1.ClerkUserSpec{Banned: new(true), Locked: new(true)}, user: ada(),
			want: v1alpha1.Applied{Banned: true, Locked: true},
		},
		"ABanThatWasThereDoesNot": {spec: v1alpha1.ClerkUserSpec{Banned: new(true)}, user: ada(banned)},
		"ABanOfAPredecessorIsOursUntilItIsLifted": {
			user: ada(banned, func(u *clerk.User) {
				m := mark
				m.BannedOnDelete = true
				u.PrivateMetadata[v1alpha1.OwnerKey] = m.String()
			}),
			want: v1alpha1.Applied{Banned: true},
		},
		"ABanThatTheSpecLiftsIsNot": {spec: v1alpha1.ClerkUserSpec{Banned: new(false)}, user: ada(banned)},
		"AllOfANewUserIsOurs": {
			spec: v1alpha1.ClerkUserSpec{
				EmailAddresses: emails(email("b@x.io"), email("A@x.io")).EmailAddresses, PhoneNumbers: phone().PhoneNumbers,
				PublicMetadata: raw(`{"a":{"b":1}}`), Banned: new(true), Locked: new(true),
			},
			want: v1alpha1.Applied{
				Metadata: []string{"/publicMetadata/a/b"}, EmailAddresses: []string{"a@x.io", "b@x.io"},
				PhoneNumbers: []string{"+15555550100"}, Banned: true, Locked: true,
			},
		},
		"ANewUserIsNotBannedUnasked": {spec: v1alpha1.ClerkUserSpec{Username: new("ada")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := mustDesire(t, tt.spec, tt.applied)
			if diff := cmp.Diff(tt.want, plan.Intend(tt.applied, d, plan.For(d, tt.user))); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		spec    v1alpha1.ClerkUserSpec
		applied v1alpha1.Applied
		user    *clerk.User
		want    v1alpha1.Applied
	}{
		"WhatLeftTheSpecAndIsGoneIsForgotten": {
			applied: v1alpha1.Applied{
				Metadata: []string{"/publicMetadata/a"}, EmailAddresses: []string{"gone@x.io"},
				PhoneNumbers: []string{"+15555550100"}, Banned: true, Locked: true,
			},
			user: ada(),
		},
		"WhatLeftTheSpecAndIsStillThereIsNot": {
			applied: v1alpha1.Applied{
				Metadata: []string{"/publicMetadata/a"}, EmailAddresses: []string{"ada@x.io"},
				PhoneNumbers: []string{"+15555550100"}, Banned: true, Locked: true,
			},
			user: ada(banned, locked, hasPublic(`{"a":1}`), hasPhone(clerk.Verified, false)),
			want: v1alpha1.Applied{
				Metadata: []string{"/publicMetadata/a"}, EmailAddresses: []string{"ada@x.io"},
				PhoneNumbers: []string{"+15555550100"}, Banned: true, Locked: true,
			},
		},
		"WhatIsDeclaredIsKeptEvenIfItIsNotThereYet": {
			spec: v1alpha1.ClerkUserSpec{
				EmailAddresses: emails(email("NEW@x.io")).EmailAddresses, PublicMetadata: raw(`{"a":{"b":1}}`),
				Banned: new(true), Locked: new(true),
			},
			applied: v1alpha1.Applied{
				Metadata:       []string{"/publicMetadata/a", "/publicMetadata/a/b", "/publicMetadata/a/c"},
				EmailAddresses: []string{"new@x.io"}, Banned: true, Locked: true,
			},
			want: v1alpha1.Applied{
				Metadata: []string{"/publicMetadata/a", "/publicMetadata/a/b"}, EmailAddresses: []string{"new@x.io"},
				Banned: true, Locked: true,
			},
		},
		"ABanThatIsNotOursStaysSo": {spec: v1alpha1.ClerkUserSpec{Banned: new(true)}, user: ada(banned)},
		"WhatLiesUnderADeclaredLeafIsKeptWhileItIsThere": {
			spec: public(`{"a":1}`), applied: wrote("/publicMetadata/a/b"), user: ada(hasPublic(`{"a":{"b":1}}`)),
			want: wrote("/publicMetadata/a/b"),
		},
		"AndForgottenThen": {spec: public(`{"a":1}`), applied: wrote("/publicMetadata/a/b"), user: ada(hasPublic(`{"a":1}`))},
		"AnObjectThatOthersFilledIsNotOursAnyMore": {
			applied: wrote("/publicMetadata/a"), user: ada(hasPublic(`{"a":{"x":1}}`)),
		},
		"ButOneThatIsStillFullOfOursIs": {
			applied: wrote("/publicMetadata/a", "/publicMetadata/a/b"), user: ada(hasPublic(`{"a":{"b":1}}`)),
			want: wrote("/publicMetadata/a", "/publicMetadata/a/b"),
		},
		"WhatCannotBeReadIsForgotten": {applied: wrote("", "/", "/publicMetadata", "/nothing/a", "publicMetadata/a"), user: ada(hasPublic(`{"a":1}`))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, plan.Settle(tt.applied, mustDesire(t, tt.spec, tt.applied), tt.user)); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestForgetsTellsOfEachEntry(t *testing.T) {
	t.Parallel()
	full := v1alpha1.Applied{
		Metadata: []string{"/publicMetadata/a", "/publicMetadata/b"}, EmailAddresses: []string{"a@x.io"}, PhoneNumbers: []string{"+1"},
		Banned: true, Locked: true, ProfileImage: true, PasswordDigest: "a", ProfileImageDigest: "b",
	}
	for name, take := range map[string]func(*v1alpha1.Applied){
		"Metadata":       func(a *v1alpha1.Applied) { a.Metadata = a.Metadata[1:] },
		"EmailAddresses": func(a *v1alpha1.Applied) { a.EmailAddresses = nil },
		"PhoneNumbers":   func(a *v1alpha1.Applied) { a.PhoneNumbers = nil },
		"Banned":         func(a *v1alpha1.Applied) { a.Banned = false },
		"Locked":         func(a *v1alpha1.Applied) { a.Locked = false },
		"ProfileImage":   func(a *v1alpha1.Applied) { a.ProfileImage = false },
	} {
		less := *full.DeepCopy()
		take(&less)
		if !plan.Forgets(full, less) || plan.Forgets(less, full) {
			t.Errorf("%s: forgotten %t, and the other way %t", name, plan.Forgets(full, less), plan.Forgets(less, full))
		}
	}
	digests := *full.DeepCopy()
	digests.PasswordDigest, digests.ProfileImageDigest = "", ""
	if plan.Forgets(full, digests) || plan.Forgets(full, full) {
		t.Error("a digest counts, or nothing does")
	}
}
