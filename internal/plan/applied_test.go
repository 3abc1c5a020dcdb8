// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"reflect"
	"slices"
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

func TestPrune(t *testing.T) {
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
			if diff := cmp.Diff(tt.want, plan.Prune(tt.applied, mustDesire(t, tt.spec, tt.applied), tt.user)); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

// fullRecord is a record in which every field says something.
func fullRecord(t *testing.T) v1alpha1.Applied {
	t.Helper()
	record := v1alpha1.Applied{
		Metadata: []string{"/publicMetadata/a", "/publicMetadata/b"}, EmailAddresses: []string{"ada@x.io"},
		PhoneNumbers: []string{"+15555550100"}, Banned: true, Locked: true, PasswordDigest: "password", ProfileImage: true,
		ProfileImageDigest: "image",
	}
	for name, field := range reflect.ValueOf(record).Fields() {
		if field.IsZero() {
			t.Fatalf("a full record does not hold %s; add it here", name.Name)
		}
	}
	return record
}

// without returns the record without each of its fields, by the field's name.
func without(t *testing.T, record v1alpha1.Applied) map[string]v1alpha1.Applied {
	t.Helper()
	found := map[string]v1alpha1.Applied{}
	for i := range reflect.TypeFor[v1alpha1.Applied]().NumField() {
		less := *record.DeepCopy()
		reflect.ValueOf(&less).Elem().Field(i).SetZero()
		found[reflect.TypeFor[v1alpha1.Applied]().Field(i).Name] = less
	}
	return found
}

func TestEveryFieldOfARecordMakesADifference(t *testing.T) {
	t.Parallel()
	full := fullRecord(t)
	if !plan.SameApplied(full, *full.DeepCopy()) || !plan.SameApplied(v1alpha1.Applied{}, v1alpha1.Applied{Metadata: []string{}}) {
		t.Error("equal records differ")
	}
	reordered := *full.DeepCopy()
	slices.Reverse(reordered.Metadata)
	if plan.SameApplied(full, reordered) {
		t.Error("the order makes no difference, and a record is written in one order only")
	}
	for name, less := range without(t, full) {
		if plan.SameApplied(full, less) || plan.SameApplied(less, full) {
			t.Errorf("%s makes no difference", name)
		}
	}
}

func TestForgetsCoversEachEntry(t *testing.T) {
	t.Parallel()
	full := fullRecord(t)
	// A digest says what was sent, not what is to be taken back.
	digests := []string{"PasswordDigest", "ProfileImageDigest"}
	for name, less := range without(t, full) {
		forgets := !slices.Contains(digests, name)
		if plan.Forgets(full, less) != forgets || plan.Forgets(less, full) {
			t.Errorf("%s: forgotten %t, and the other way %t", name, plan.Forgets(full, less), plan.Forgets(less, full))
		}
	}
	less := *full.DeepCopy()
	if less.Metadata = less.Metadata[1:]; !plan.Forgets(full, less) || plan.Forgets(full, full) {
		t.Error("one entry of several does not count, or nothing was forgotten")
	}
}

// TestPruneKeepsEveryFieldOfARecord uses a user that got everything declared from the operator.
func TestPruneKeepsEveryFieldOfARecord(t *testing.T) {
	t.Parallel()
	full := fullRecord(t)
	spec := emails(email("ada@x.io"))
	spec.PhoneNumbers, spec.PublicMetadata = phone().PhoneNumbers, raw(`{"a":1,"b":2}`)
	spec.Banned, spec.Locked = new(true), new(true)
	spec.Password, spec.ProfileImage = &v1alpha1.Password{}, &v1alpha1.ProfileImage{SecretKeyRef: &v1alpha1.SecretKeySelector{}}
	u := ada(banned, locked, hasPublic(`{"a":1,"b":2}`), hasPhone(clerk.Verified, false))
	u.HasImage = true
	d := mustDesire(t, spec, full)
	if diff := cmp.Diff(full, plan.Prune(full, d, u)); diff != "" {
		t.Errorf("Settle (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(full, plan.Intend(full, d, nil)); diff != "" {
		t.Errorf("Intend (-want +got):\n%s", diff)
	}
}

func TestEveryListOfARecordIsSortedAndHoldsAnEntryOnce(t *testing.T) {
	t.Parallel()
	var record v1alpha1.Applied
	for _, field := range reflect.ValueOf(&record).Elem().Fields() {
		if field.Kind() == reflect.Slice {
			field.Set(reflect.ValueOf([]string{"b", "a", "b"}))
		}
	}
	for name, field := range reflect.ValueOf(plan.Intend(record, mustDesire(t, v1alpha1.ClerkUserSpec{}, record), nil)).Fields() {
		if field.Kind() == reflect.Slice && !reflect.DeepEqual(field.Interface(), []string{"a", "b"}) {
			t.Errorf("%s is written as %v", name.Name, field)
		}
	}
}
