// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func same(a, b *User) bool { return a.Pack().Same(b.Pack()) }

// complete returns a user in which every field has a value.
func complete() *User {
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	u := &User{
		ID:                    "user_1",
		EmailAddresses:        []EmailAddress{{ID: "idn_1", Address: "a@example.com", Status: Verified, Linked: true}},
		PhoneNumbers:          []PhoneNumber{{ID: "idn_2", Number: "+15555550100", Status: Reserved, ReservedForSecondFactor: true, Linked: true}},
		Web3Wallets:           []Web3Wallet{{ID: "idn_3", Address: "0x1", Status: Unverified}},
		PrimaryEmailAddressID: "idn_1", PrimaryPhoneNumberID: "idn_2",
		PublicMetadata:  Metadata{"a": map[string]any{"b": []any{1.0}}},
		PrivateMetadata: Metadata{"c": true}, UnsafeMetadata: Metadata{"d": nil},
		LockedUntil:       at.Add(time.Hour),
		PasswordUpdatedAt: at.Add(-time.Hour), ExternalAccounts: []ExternalAccount{{ID: "eac_1", Provider: "oauth_google"}},
		CreatedAt: at, UpdatedAt: at,
	}
	for _, field := range reflect.ValueOf(u).Elem().Fields() {
		fillPlain(field)
	}
	return u
}

// fillPlain gives a text, a flag, a number, or a pointer to one, a value where there is none.
func fillPlain(field reflect.Value) {
	switch {
	case !field.IsZero():
	case field.Kind() == reflect.String:
		field.SetString("text")
	case field.Kind() == reflect.Bool:
		field.SetBool(true)
	case field.Kind() == reflect.Int64:
		field.SetInt(3)
	case field.Kind() == reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
		fillPlain(field.Elem())
	}
}

// flips returns setters that each change one value in v, however deep, with its path.
func flips(t *testing.T, path string, v reflect.Value) map[string]func() {
	t.Helper()
	all := map[string]func(){}
	add := func(path string, v reflect.Value) {
		maps.Copy(all, flips(t, path, v))
	}
	switch v.Kind() {
	case reflect.String:
		all[path] = func() { v.SetString(v.String() + "x") }
	case reflect.Bool:
		all[path] = func() { v.SetBool(!v.Bool()) }
	case reflect.Int64:
		all[path] = func() { v.SetInt(v.Int() + 1) }
	case reflect.Pointer:
		all[path+" unset"] = func() { v.SetZero() }
		add(path, v.Elem())
	case reflect.Slice:
		all[path+" unset"] = func() { v.SetZero() }
		all[path+" longer"] = func() { v.Set(reflect.Append(v, v.Index(0))) }
		add(path+"[0]", v.Index(0))
	case reflect.Map:
		all[path+" emptied"] = func() { v.Set(reflect.MakeMap(v.Type())) }
		all[path+" more"] = func() { v.SetMapIndex(reflect.ValueOf("more"), reflect.ValueOf(new(any)).Elem()) }
		for _, key := range v.MapKeys() {
			all[path+"."+key.String()] = func() { v.SetMapIndex(key, reflect.ValueOf("other")) }
		}
	case reflect.Struct:
		if at, ok := reflect.TypeAssert[time.Time](v); ok {
			all[path] = func() { v.Set(reflect.ValueOf(at.Add(time.Minute))) }
			break
		}
		for i := range v.NumField() {
			add(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	default:
		t.Fatalf("%s is of the kind %s, which this test does not know", path, v.Kind())
	}
	return all
}

// Every field counts, including future ones.
func TestSameLooksAtEveryField(t *testing.T) {
	t.Parallel()
	if a, b := complete(), complete(); !same(a, b) || !same(b, a) || !same(&User{}, &User{}) {
		t.Fatal("two equal users are not the same")
	}
	value := reflect.ValueOf(*complete())
	for i := range value.NumField() {
		if value.Field(i).IsZero() {
			t.Errorf("complete leaves out %s", value.Type().Field(i).Name)
		}
	}
	count := len(flips(t, "", reflect.ValueOf(complete()).Elem()))
	if count < 50 {
		t.Errorf("only %d ways to differ", count)
	}
	for name := range flips(t, "", reflect.ValueOf(complete()).Elem()) {
		changed := complete()
		flips(t, "", reflect.ValueOf(changed).Elem())[name]()
		want := name == ".UpdatedAt"
		if got := same(complete(), changed); got != want {
			t.Errorf("%s changed: the same is %t, want %t", name, got, want)
		}
		if got := same(changed, complete()); got != want {
			t.Errorf("%s changed, the other way round: the same is %t, want %t", name, got, want)
		}
	}
}

func TestSameAllowsForTheCountdownOfALock(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	tests := map[string]struct {
		a, b time.Time
		want bool
	}{
		"Equal":              {at, at, true},
		"ASecondApart":       {at, at.Add(time.Second), true},
		"AsFarAsAllowed":     {at, at.Add(lockReadingSlack), true},
		"FartherThanAllowed": {at, at.Add(lockReadingSlack + 1), false},
		"WithoutEnd":         {at, time.Time{}, false},
		"BothWithoutEnd":     {time.Time{}, time.Time{}, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := &User{Locked: true, LockedUntil: tc.a}, &User{Locked: true, LockedUntil: tc.b}
			if same(a, b) != tc.want || same(b, a) != tc.want {
				t.Errorf("the same is %t and %t, want %t", same(a, b), same(b, a), tc.want)
			}
			if !a.LockedUntil.Equal(tc.a) || !b.LockedUntil.Equal(tc.b) {
				t.Error("the users were changed")
			}
			if same(a, &User{LockedUntil: tc.a}) {
				t.Error("a user that is not locked is the same as one that is")
			}
		})
	}
}

func TestPackedUserIsTheSameWhenUnpacked(t *testing.T) {
	t.Parallel()
	none := &User{PublicMetadata: Metadata{}, PrivateMetadata: Metadata{}, UnsafeMetadata: Metadata{}}
	huge := complete()
	huge.UnsafeMetadata = Metadata{"big": json.Number("1e999"), "list": []any{json.Number("-1e999"), "<&>\u2028"}, "text": "\"\\"}
	for name, user := range map[string]*User{"Complete": complete(), "Empty": none, "WithANumberThatNoFloatHolds": huge} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			packed := user.Pack()
			if packed.IsZero() || !packed.UpdatedAt.Equal(user.UpdatedAt) || !packed.LockedUntil.Equal(user.LockedUntil) {
				t.Errorf("packed: %+v", packed)
			}
			if diff := cmp.Diff(user, packed.Unpack()); diff != "" {
				t.Errorf("unpacked (-packed +unpacked):\n%s", diff)
			}
			packed.Unpack().PublicMetadata["changed"] = true
			if diff := cmp.Diff(user, packed.Unpack()); diff != "" {
				t.Errorf("unpacked after another copy was changed (-packed +unpacked):\n%s", diff)
			}
		})
	}
	if p := (PackedUser{}); !p.IsZero() || p.Unpack() != nil {
		t.Error("nothing is somebody")
	}
	if p := (&User{PublicMetadata: Metadata{"no JSON": func() {}}}).Pack(); !p.IsZero() {
		t.Error("what cannot be encoded is packed")
	}
}

// TestPackedUserIsSmall guards the memory of the mirror, which keeps the text of every user.
func TestPackedUserIsSmall(t *testing.T) {
	t.Parallel()
	user := &User{
		ID: "user_2abcdefghijklmnopqrstuvwxyz", FirstName: "Ann", LastName: "Smith",
		EmailAddresses:        []EmailAddress{{ID: "idn_2abcdefghijklmnopqrstuvwxyz", Address: "ann@example.com", Status: Verified}},
		PrimaryEmailAddressID: "idn_2abcdefghijklmnopqrstuvwxyz",
		PublicMetadata:        Metadata{}, PrivateMetadata: Metadata{}, UnsafeMetadata: Metadata{},
		DeleteSelfEnabled: true, CreateOrganizationEnabled: true,
		CreatedAt: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC), UpdatedAt: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
	if text := user.Pack().text; len(text) > 270 {
		t.Errorf("a user without metadata takes %d bytes, want at most 270:\n%s", len(text), text)
	}
}
