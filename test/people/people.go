// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package people draws users as Clerk may have them, ordinary and odd, for tests of what reads users.
package people

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/test/letters"
)

// OddTexts are texts that YAML, the API server or a shell could take for something else.
func OddTexts() []string {
	return []string{
		"yes", "No", "on", "null", "~", "true", "1e3", "0x1F", "012", "1_000", "12:30:45", "2024-01-01", "2024-01-01T00:00:00Z", "+4915112345678",
		"- a", "a: b", "a #b", "#", "---", "a\n---\nb", "...", "{}", "[]", "!tag", "&a", "*a", "%a", "@a", "`a", "'", `"`, `\`, "|", ">", "? a",
		" leading", "trailing ", "tab\t", "line\nbreak\n", "\r\n", "\x00", "\x01", "\x7f", "\u0080", "\u0085", "\u009f", "\u00a0", "\u00ad", "\u200b",
		"\u2028", "\u2029", "\ufeffbom", "a\ufeffb", "\ufffe", "\uffff", "\U0001F98A", "\U0010FFFF", "Юлия", "\u5c71\u7530", "علي", "rene\u0301", "Zoë", "=", "<<", ".inf", "-.NaN",
		strings.Repeat("x", 300), strings.Repeat("ü", 256),
	}
}

// Texts are texts, odd and ordinary ones.
func Texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(OddTexts()), rapid.String(), rapid.Just(""))
}

// identifiers of one kind from the table of unusual ones.
func unusual(username bool) []string {
	var values []string
	for _, name := range slices.Sorted(maps.Keys(letters.Cases())) {
		if c := letters.Cases()[name]; c.Username == username {
			values = append(values, c.Value)
		}
	}
	return values
}

func statuses() *rapid.Generator[clerk.IdentifierStatus] {
	return rapid.SampledFrom([]clerk.IdentifierStatus{clerk.Verified, clerk.Reserved, clerk.Unverified})
}

// values are decoded JSON values, with some that a spec cannot declare.
func values(depth int) *rapid.Generator[any] {
	scalars := rapid.OneOf(
		rapid.Map(Texts(), func(text string) any { return text }),
		rapid.Map(rapid.Float64(), func(number float64) any { return number }),
		rapid.Map(rapid.Int32(), func(number int32) any { return float64(number) }),
		rapid.SampledFrom([]any{true, false, nil, 1e21, 1e20, math.Copysign(0, -1), float64(1 << 53), float64(1<<53) * 2, 1e-7, json.Number("1e400"), json.Number("12345678901234567890")}),
	)
	if depth == 0 {
		return scalars
	}
	return rapid.OneOf(scalars,
		rapid.Map(rapid.SliceOfN(values(depth-1), 0, 4), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(Texts(), values(depth-1), 0, 4), func(object map[string]any) any { return object }))
}

func metadata() *rapid.Generator[clerk.Metadata] {
	return rapid.Custom(func(t *rapid.T) clerk.Metadata {
		m := rapid.MapOfN(Texts(), values(1), 0, 3).Draw(t, "metadata")
		switch rapid.IntRange(0, 9).Draw(t, "size") {
		case 0: // near Clerk's limit, or beyond it
			m["big"] = strings.Repeat("b", rapid.IntRange(7900, 8300).Draw(t, "bytes"))
		case 1: // more keys than the operator can record
			for i := range 400 {
				m[strconv.Itoa(i)] = float64(i)
			}
		case 2: // deeper than it accepts
			var deep any = "end"
			for range 40 {
				deep = map[string]any{"d": deep}
			}
			m["deep"] = deep
		case 3:
			m[v1alpha1.ReservedPrefix+"other"] = "x"
		}
		return m
	})
}

// Users are users as Clerk may have them, in canonical form.
func Users() *rapid.Generator[*clerk.User] {
	return rapid.Custom(func(t *rapid.T) *clerk.User {
		id := func(prefix string) string {
			return prefix + rapid.StringMatching(`[A-Za-z0-9]{8}`).Draw(t, prefix)
		}
		u := &clerk.User{
			ID:        id("user_"),
			Username:  clerk.LowerASCII(rapid.OneOf(rapid.SampledFrom(unusual(true)), Texts()).Draw(t, "username")),
			FirstName: Texts().Draw(t, "firstName"), LastName: Texts().Draw(t, "lastName"), ExternalID: Texts().Draw(t, "externalID"),
			Locale:         rapid.OneOf(rapid.SampledFrom([]string{"", "de", "en-US", "zh-Hant-TW", "x", "de_DE", "a-very-very-long-tag"}), Texts()).Draw(t, "locale"),
			PublicMetadata: metadata().Draw(t, "public"), PrivateMetadata: metadata().Draw(t, "private"), UnsafeMetadata: metadata().Draw(t, "unsafe"),
			Banned: rapid.Bool().Draw(t, "banned"), Locked: rapid.Bool().Draw(t, "locked"), PasswordEnabled: true, TwoFactorEnabled: true,
			DeleteSelfEnabled: rapid.Bool().Draw(t, "deleteSelf"), CreateOrganizationEnabled: rapid.Bool().Draw(t, "createOrg"),
			BypassClientTrust: rapid.Bool().Draw(t, "bypass"), DirectoryManaged: rapid.Bool().Draw(t, "directory"),
			CreatedAt: time.UnixMilli(rapid.Int64Range(0, 3).Draw(t, "createdAt")),
		}
		if u.Locked && rapid.Bool().Draw(t, "lockEnds") {
			u.LockedUntil = time.Unix(1<<32, 0)
		}
		if rapid.Bool().Draw(t, "orgLimit") {
			u.CreateOrganizationsLimit = new(rapid.Int64Range(-1, 2_000_000).Draw(t, "limit"))
		}
		drawContacts(t, u, id)
		return u
	})
}

func drawContacts(t *rapid.T, u *clerk.User, id func(prefix string) string) {
	addresses := rapid.OneOf(rapid.SampledFrom(unusual(false)), rapid.StringMatching(`[a-z]{1,8}@[a-z]{1,5}\.com`))
	for range rapid.SampledFrom([]int{0, 1, 2, 3, 22}).Draw(t, "emails") {
		u.EmailAddresses = append(u.EmailAddresses, clerk.EmailAddress{
			ID: id("idn_"), Address: clerk.LowerASCII(addresses.Draw(t, "address")), Status: statuses().Draw(t, "status"), Linked: rapid.Bool().Draw(t, "linked"),
		})
	}
	for range rapid.IntRange(0, 4).Draw(t, "phones") {
		u.PhoneNumbers = append(u.PhoneNumbers, clerk.PhoneNumber{
			ID: id("idn_"), Number: rapid.StringMatching(`\+[0-9]{5,17}`).Draw(t, "number"), Status: statuses().Draw(t, "status"),
			ReservedForSecondFactor: rapid.Bool().Draw(t, "secondFactor"),
		})
	}
	if n := len(u.EmailAddresses); n > 0 && rapid.Bool().Draw(t, "primaryEmail") {
		u.PrimaryEmailAddressID = u.EmailAddresses[rapid.IntRange(0, n-1).Draw(t, "which")].ID
	}
	if n := len(u.PhoneNumbers); n > 0 && rapid.Bool().Draw(t, "primaryPhone") {
		u.PrimaryPhoneNumberID = u.PhoneNumbers[rapid.IntRange(0, n-1).Draw(t, "which")].ID
	}
	if rapid.Bool().Draw(t, "marked") {
		u.PrivateMetadata[v1alpha1.OwnerKey] = "v1 other team-a/ada uid adopted"
	}
}
