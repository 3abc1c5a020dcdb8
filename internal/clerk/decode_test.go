// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func fixture(t testing.TB) string {
	t.Helper()
	data, err := os.ReadFile("testdata/user.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// at is the time at which test answers arrive. It is not a full second.
func at() time.Time {
	return time.Date(2026, 5, 12, 8, 30, 15, 700_000_000, time.FixedZone("there", 3600))
}

func decodeUser(body string) (*User, error) {
	a := &userAnswer{now: at()}
	if err := decode(&answer{body: []byte(body)}, a); err != nil {
		return nil, err
	}
	return a.canonical, nil
}

// minimal returns a user with nothing but an id and the fields given.
func minimal(fields string) string {
	if fields != "" {
		fields = "," + fields
	}
	return `{"id":"user_1"` + fields + `}`
}

func TestDecodeUser(t *testing.T) {
	t.Parallel()
	limit := int64(0)
	want := &User{
		ID:         "user_29w83sxmDNGwOuEthce5gg56FcC",
		ExternalID: "EXT-1",
		Username:   "jane",
		FirstName:  "Jane",
		Locale:     "en-GB",
		EmailAddresses: []EmailAddress{
			{ID: "idn_1", Address: "jane@example.com", Status: Verified, Linked: true},
			{ID: "idn_2", Address: "b@example.com", Status: Reserved},
			{ID: "idn_3", Address: "c@example.com", Status: Unverified},
		},
		PhoneNumbers: []PhoneNumber{
			{ID: "idn_4", Number: "+15555550100", Status: Verified, ReservedForSecondFactor: true, Linked: true},
		},
		Web3Wallets: []Web3Wallet{
			{ID: "idn_5", Address: "0xab5801a7d398351b8be11c439e05c5b3259aec9b", Status: Verified},
			{ID: "idn_6", Address: "4Nd1mYQ3kYc4ZKf9", Status: Unverified},
		},
		PrimaryEmailAddressID: "idn_1",
		PublicMetadata:        Metadata{"roles": []any{"admin", 7.0}, "big": 12345678901234567890.0},
		PrivateMetadata:       Metadata{},
		UnsafeMetadata:        Metadata{},
		Banned:                true,
		Locked:                true,
		LockedUntil:           time.Date(2026, 5, 12, 7, 31, 46, 0, time.UTC),

		PasswordEnabled: true, TwoFactorEnabled: true, TOTPEnabled: true, BackupCodeEnabled: true, HasImage: true,
		PasswordUpdatedAt: time.Date(2023, 11, 22, 21, 59, 0, 5_000_000, time.UTC),
		ExternalAccounts: []ExternalAccount{
			{ID: "eac_1", Provider: "oauth_google"}, {ID: "eac_2", Provider: "oauth_github"}, {ID: "idn_9", Provider: "oauth_facebook"},
		},
		DeleteSelfEnabled: true, CreateOrganizationEnabled: true, BypassClientTrust: true,
		CreateOrganizationsLimit: &limit,
		CreatedAt:                time.Date(2023, 11, 22, 22, 0, 0, 123_000_000, time.UTC),
		UpdatedAt:                time.Date(2023, 11, 22, 22, 0, 1, 456_000_000, time.UTC),
	}
	got, err := decodeUser(fixture(t))
	if err != nil {
		t.Fatalf("decoding: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
}

func TestDecodeUserTheSameWhicheverWayItIsSaid(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ a, b string }{
		"NullAndEmptyText":        {`"first_name":null,"locale":null`, `"first_name":"","locale":""`},
		"NullAndAbsentText":       {`"external_id":null,"username":null`, ""},
		"NullAndEmptyLists":       {`"email_addresses":null,"phone_numbers":null,"web3_wallets":null`, `"email_addresses":[],"phone_numbers":[],"web3_wallets":[]`},
		"NullAndEmptyMetadata":    {`"private_metadata":null,"unsafe_metadata":null`, `"private_metadata":{},"unsafe_metadata":{}`},
		"AbsentAndEmptyMetadata":  {"", `"public_metadata":{},"private_metadata":{},"unsafe_metadata":{}`},
		"CaseOfAUsername":         {`"username":"äBC"`, `"username":"äbc"`},
		"OrderAndSpaceInMetadata": {`"public_metadata":{"a":1,"b":[1,2]}`, `"public_metadata": {"b" : [1.0,2e0] , "a":1}`},
		"WhatChangesByItself":     {`"last_active_at":1,"verification_attempts_remaining":3`, `"last_active_at":2`},
		"CountdownOfNoLock":       {`"locked":false,"lockout_expires_in_seconds":10`, `"locked":false`},
		"NoDirectory":             {`"scim":null`, ""},
		"PasswordNeverSet":        {`"password_last_updated_at":null`, ""},
		"NullAndNoAccounts":       {`"external_accounts":null`, `"external_accounts":[]`},
		"AccountsThatAreNone":     {`"external_accounts":{"id":"eac_1"}`, `"external_accounts":[null,7,{},{"id":"../x"},{"id":"eac_1","provider":2}]`},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := decodeUser(minimal(test.a))
			if err != nil {
				t.Fatal(err)
			}
			b, err := decodeUser(minimal(test.b))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, b); diff != "" {
				t.Errorf("differ:\n%s", diff)
			}
		})
	}
}

func TestDecodeLock(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fields string
		want   time.Time
	}{
		"WithoutEnd":        {`"locked":true,"lockout_expires_in_seconds":null`, time.Time{}},
		"Absent":            {`"locked":true`, time.Time{}},
		"ForCenturies":      {`"locked":true,"lockout_expires_in_seconds":9223372036854775807`, time.Time{}},
		"Lapsed":            {`"locked":true,"lockout_expires_in_seconds":0`, time.Date(2026, 5, 12, 7, 30, 16, 0, time.UTC)},
		"LapsedSomeTimeAgo": {`"locked":true,"lockout_expires_in_seconds":-500`, time.Date(2026, 5, 12, 7, 30, 16, 0, time.UTC)},
		"ForAnHour":         {`"locked":true,"lockout_expires_in_seconds":3600`, time.Date(2026, 5, 12, 8, 30, 16, 0, time.UTC)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := decodeUser(minimal(test.fields))
			if err != nil {
				t.Fatal(err)
			}
			if !u.Locked || !u.LockedUntil.Equal(test.want) {
				t.Errorf("locked %v until %v, want true until %v", u.Locked, u.LockedUntil, test.want)
			}
		})
	}
}

func TestDecodeDirectoryManaged(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"BySCIM":          `"scim":{"directory_id":"dir_1"}`,
		"ByDeprovisioned": `"deprovisioned":true`,
		"ByVerification":  `"email_addresses":[{"id":"idn_1","verification":{"status":"verified","strategy":"scim"}}]`,
	}
	for name, fields := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := decodeUser(minimal(fields))
			if err != nil {
				t.Fatal(err)
			}
			if !u.DirectoryManaged {
				t.Error("not taken to be managed by a directory")
			}
		})
	}
}

// Users write their own unsafe metadata: nothing in it may make them unreadable, and with them a list.
func TestDecodeMetadataThatUsersCanWrite(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 4000) + strings.Repeat("]", 4000)
	u, err := decodeUser(minimal(`"unsafe_metadata":{"a":1e999,"b":[-1e999,2],"c":{"d":3,"e":1e400},"deep":` + deep + "}"))
	if err != nil {
		t.Fatalf("decoding: %v", err)
	}
	delete(u.UnsafeMetadata, "deep")
	want := Metadata{
		"a": json.Number("1e999"), "b": []any{json.Number("-1e999"), 2.0}, "c": map[string]any{"d": 3.0, "e": json.Number("1e400")},
	}
	if diff := cmp.Diff(want, u.UnsafeMetadata); diff != "" {
		t.Errorf("metadata (-want +got):\n%s", diff)
	}
}

func TestDecodeRefusesWhatIsNotAUser(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"Nothing":             "",
		"Null":                "null",
		"EmptyObject":         "{}",
		"List":                "[]",
		"HTML":                "<html>user_1</html>",
		"Truncated":           `{"id":"user_1","email_addr`,
		"TwoUsers":            minimal("") + minimal(""),
		"IDOfAnotherKind":     `{"id":"org_1"}`,
		"IDWithASlash":        `{"id":"user_1/ban"}`,
		"IDWithALine":         `{"id":"user_1\n"}`,
		"NumberAsID":          `{"id":1}`,
		"TextAsFlag":          minimal(`"banned":"no"`),
		"MetadataAsList":      minimal(`"public_metadata":[]`),
		"MetadataAsText":      minimal(`"private_metadata":"secret-in-metadata"`),
		"MetadataAsNumber":    minimal(`"unsafe_metadata":1e999`),
		"NullAddress":         minimal(`"email_addresses":[null]`),
		"AddressWithoutID":    minimal(`"email_addresses":[{"email_address":"a@example.com"}]`),
		"AddressWithBadID":    minimal(`"email_addresses":[{"id":"../users"}]`),
		"NullNumber":          minimal(`"phone_numbers":[null]`),
		"NumberWithoutID":     minimal(`"phone_numbers":[{"phone_number":"+15555550100"}]`),
		"NullWallet":          minimal(`"web3_wallets":[null]`),
		"DeeperThanJSONGoes":  strings.Repeat("[", 100_000),
		"DeepInAnUnreadField": minimal(`"passkeys":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)),
	}
	for name, body := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, err := decodeUser(body)
			if _, ok := errors.AsType[*malformedError](err); !ok {
				t.Fatalf("got %v, %v, want a malformed answer", u, err)
			}
			if strings.Contains(err.Error(), "secret-in-metadata") || len(err.Error()) > 100 {
				t.Errorf("the error quotes the answer: %v", err)
			}
		})
	}
}

func FuzzDecodeUser(f *testing.F) {
	f.Add(fixture(f))
	f.Add(minimal(`"unsafe_metadata":{"a":1e999}`))
	f.Add(minimal(`"locked":true,"lockout_expires_in_seconds":-1`))
	f.Add("null")
	f.Fuzz(func(t *testing.T, body string) {
		u, err := decodeUser(body)
		if err != nil {
			if _, ok := errors.AsType[*malformedError](err); !ok {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		if !userIDShape.MatchString(u.ID) {
			t.Fatalf("id %q", u.ID)
		}
		if u.PublicMetadata == nil || u.PrivateMetadata == nil || u.UnsafeMetadata == nil {
			t.Fatal("metadata is nil")
		}
		if !u.Locked && !u.LockedUntil.IsZero() {
			t.Fatal("not locked, but until a time")
		}
		if strings.ContainsFunc(u.Username, func(r rune) bool { return r >= 'A' && r <= 'Z' }) {
			t.Fatalf("username %q", u.Username)
		}
		again, err := decodeUser(body)
		if err != nil {
			t.Fatalf("the second time: %v", err)
		}
		if diff := cmp.Diff(u, again); diff != "" {
			t.Fatalf("two readings differ:\n%s", diff)
		}
	})
}
