// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const wallet = "0x52908400098527886E0F7030069857D2E4169EE7"

func TestCreateTakesEveryField(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{
		"external_id": "Ext-1", "first_name": "Ada", "last_name": "Lovelace", "locale": "en-GB", "username": "Ada-No",
		"email_address": []string{"Ada@Example.com", "second@example.com"}, "email_address_identification_status": []string{"verified", "reserved"},
		"phone_number": []string{"+15555550100", "+15555550101"}, "phone_number_identification_status": []string{"reserved", "verified"},
		"web3_wallet": []string{wallet}, "password": "correct horse battery", "skip_password_checks": false,
		"skip_password_requirement": true, "totp_secret": "JBSWY3DPEHPK3PXP", "backup_codes": []string{"one", "two"},
		"public_metadata": m{"role": "admin"}, "private_metadata": m{"n": 9007199254740993}, "unsafe_metadata": m{"x": nil},
		"delete_self_enabled": false, "legal_accepted_at": "2024-01-02T03:04:05.678Z", "skip_legal_checks": true,
		"skip_user_requirement": true, "create_organization_enabled": false, "create_organizations_limit": 3,
		"created_at": "2020-01-02T03:04:05Z", "bypass_client_trust": true, "banned": true, "locked": true,
	})
	if !regexp.MustCompile(`^user_[0-9A-Za-z]{27}$`).MatchString(u.ID) {
		t.Errorf("id %q is not like Clerk's", u.ID)
	}
	got := m{
		"external_id": text(u.ExternalID), "names": text(u.FirstName) + " " + text(u.LastName), "locale": text(u.Locale),
		"username": text(u.Username), "emails": len(u.EmailAddresses), "phones": len(u.PhoneNumbers), "wallet": u.Web3Wallets[0].Web3Wallet,
		"password": u.PasswordEnabled, "totp": u.TOTPEnabled, "two": u.TwoFactorEnabled, "codes": u.BackupCodeEnabled,
		"public": u.PublicMetadata["role"], "self": u.DeleteSelfEnabled, "orgs": u.CreateOrganizationEnabled,
		"limit": *u.CreateOrganizationsLimit, "legal": *u.LegalAcceptedAt, "created": u.CreatedAt, "updated": u.UpdatedAt,
		"trust": u.BypassClientTrust, "banned": u.Banned, "locked": u.Locked, "expires": *u.LockoutExpiresInSeconds,
		"password at": *u.PasswordLastUpdatedAt, "mfa at": *u.MFAEnabledAt,
	}
	want := m{
		"external_id": "Ext-1", "names": "Ada Lovelace", "locale": "en-GB", "username": "ada-no", "emails": 2, "phones": 2, "wallet": wallet,
		"password": true, "totp": true, "two": true, "codes": true, "public": "admin", "self": false, "orgs": false, "limit": 3,
		"legal": int64(1704164645678), "created": int64(1577934245000), "updated": noon.UnixMilli(), "trust": true, "banned": true,
		"locked": true, "expires": int64(3600), "password at": noon.UnixMilli(), "mfa at": noon.UnixMilli(),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if !strings.Contains(string(c.send("GET", "/users/"+u.ID, nil).body), `"private_metadata":{"n":9007199254740993}`) {
		t.Error("a number does not come back as given")
	}
	if _, has := u.UnsafeMetadata["x"]; !has {
		t.Error("a null inside created metadata is lost")
	}
	first, second := u.EmailAddresses[0], u.EmailAddresses[1]
	if first.EmailAddress != "ada@example.com" || text(u.PrimaryEmailAddressID) != first.ID || first.Verification.Strategy != "admin" {
		t.Errorf("first address: %+v", first)
	}
	if !second.Reserved || second.Verification != nil {
		t.Errorf("second address: %+v", second)
	}
	if text(u.PrimaryPhoneNumberID) != u.PhoneNumbers[0].ID || !u.PhoneNumbers[0].Reserved || u.PhoneNumbers[1].Reserved {
		t.Errorf("numbers: %+v", u.PhoneNumbers)
	}
	credentials := c.instance.User(u.ID).Credentials
	if credentials.Password != "correct horse battery" || len(credentials.BackupCodes) != 2 || credentials.String() != "(credentials)" {
		t.Error("credentials were not stored")
	}
}

func TestCreateDefaults(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{CreateOrganizationDisabled: true}})
	u := c.create(m{"email_address": []string{"a@example.com"}, "first_name": "", "external_id": nil, "username": ""})
	got := m{
		"names": u.FirstName == nil && u.LastName == nil && u.ExternalID == nil && u.Username == nil, "banned": u.Banned, "locked": u.Locked,
		"expires": u.LockoutExpiresInSeconds == nil, "attempts": *u.VerificationAttemptsRemaining, "self": u.DeleteSelfEnabled,
		"orgs": u.CreateOrganizationEnabled, "limit": u.CreateOrganizationsLimit == nil, "password": u.PasswordEnabled,
		"image": u.HasImage, "created": u.CreatedAt, "private": len(u.PrivateMetadata) == 0 && u.PrivateMetadata != nil,
	}
	want := m{
		"names": true, "banned": false, "locked": false, "expires": true, "attempts": int64(10), "self": true, "orgs": false,
		"limit": true, "password": false, "image": false, "created": noon.UnixMilli(), "private": true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
}

func TestIDsSortByCreation(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1}})
	var ids []string
	for n := range 50 {
		ids = append(ids, c.create(m{"username": "user-" + string(rune('a'+n%26)) + strings.Repeat("x", 1+n/26)}).ID)
		if n == 20 {
			c.server.Clock().Advance(-3 * 24 * 3600 * 1e9)
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 50 {
		t.Errorf("ids are not distinct and sorted: %v", ids)
	}
}

func TestCreateRefusesBadValues(t *testing.T) {
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1}})
	mail := []string{"a@example.com"}
	bcrypt := "$2b$10$" + strings.Repeat("a", 53)
	for name, test := range map[string]struct {
		body  m
		codes string
	}{
		"EmailWithoutAt":          {m{"email_address": []string{"nobody"}}, "form_param_format_invalid/email_address"},
		"EmailWithoutDot":         {m{"email_address": []string{"a@localhost"}}, "form_param_format_invalid/email_address"},
		"EmailWithName":           {m{"email_address": []string{"A <a@example.com>"}}, "form_param_format_invalid/email_address"},
		"EmailTooLong":            {m{"email_address": []string{strings.Repeat("a", 250) + "@b.co"}}, "form_param_format_invalid/email_address"},
		"EmailTwiceByCase":        {m{"email_address": []string{"a@example.com", "A@example.com"}}, "form_param_duplicate/email_address"},
		"PhoneNotE164":            {m{"phone_number": []string{"0155 5550100"}}, "form_param_format_invalid/phone_number"},
		"WalletTooShort":          {m{"web3_wallet": []string{"0x1234"}}, "form_param_format_invalid/web3_wallet"},
		"StatusListTooShort":      {m{"email_address": []string{"a@example.com", "b@example.com"}, "email_address_identification_status": []string{"verified"}}, "form_param_array_length_mismatch/email_address_identification_status"},
		"StatusUnknown":           {m{"email_address": mail, "email_address_identification_status": []string{"unverified"}}, "form_param_value_invalid/email_address_identification_status"},
		"UsernameTooShort":        {m{"username": "abc"}, "form_username_invalid_length/username"},
		"UsernameTooLong":         {m{"username": strings.Repeat("a", 65)}, "form_username_invalid_length/username"},
		"UsernameWithPlus":        {m{"username": "some+body"}, "form_username_invalid_character/username"},
		"UsernameWithDot":         {m{"username": "some.body"}, "form_username_invalid_character/username"},
		"UsernameWithSpace":       {m{"username": "some body"}, "form_username_invalid_character/username"},
		"UsernameInGreek":         {m{"username": "σωκράτης"}, "form_username_invalid_character/username"},
		"UsernameOfDigits":        {m{"username": "12345"}, "form_username_needs_non_number_char/username"},
		"UsernameIsPhone":         {m{"username": "+15555550100"}, "form_username_cannot_be_phone_number/username"},
		"PasswordTooShort":        {m{"email_address": mail, "password": "short"}, "form_password_length_too_short/password"},
		"PasswordTooLong":         {m{"email_address": mail, "password": strings.Repeat("é", 40)}, "form_password_size_in_bytes_exceeded/password"},
		"PasswordKnown":           {m{"email_address": mail, "password": "Password123"}, "form_password_pwned/password"},
		"DigestWithoutHasher":     {m{"email_address": mail, "password_digest": bcrypt}, "form_conditional_param_missing/password_hasher"},
		"HasherWithoutDigest":     {m{"email_address": mail, "password_hasher": "bcrypt"}, "form_conditional_param_missing/password_digest"},
		"HasherUnknown":           {m{"email_address": mail, "password_digest": "x", "password_hasher": "rot13"}, "form_param_value_invalid/password_hasher"},
		"DigestOfAnotherHasher":   {m{"email_address": mail, "password_digest": bcrypt, "password_hasher": "argon2id"}, "form_password_digest_invalid_code/password_digest"},
		"PasswordAndDigest":       {m{"email_address": mail, "password": "correct horse", "password_digest": bcrypt, "password_hasher": "bcrypt"}, "form_param_value_conflict/password_digest"},
		"TOTPNotBase32":           {m{"email_address": mail, "totp_secret": "0189"}, "invalid_totp_secret_code/totp_secret"},
		"LocaleNotATag":           {m{"email_address": mail, "locale": "english please"}, "form_param_format_invalid/locale"},
		"NameTooLong":             {m{"email_address": mail, "last_name": strings.Repeat("x", 257)}, "form_param_max_length_exceeded/last_name"},
		"NegativeLimit":           {m{"email_address": mail, "create_organizations_limit": -1}, "form_param_value_invalid/create_organizations_limit"},
		"CreatedAtNotATime":       {m{"email_address": mail, "created_at": "yesterday"}, "form_param_invalid_time/created_at"},
		"CreatedAtAhead":          {m{"email_address": mail, "created_at": "2027-01-01T00:00:00Z"}, "form_disallow_future_date/created_at"},
		"LegalAtNotATime":         {m{"email_address": mail, "legal_accepted_at": "1700690400000"}, "form_param_invalid_time/legal_accepted_at"},
		"MetadataTooLarge":        {m{"email_address": mail, "public_metadata": m{"k": strings.Repeat("x", 8185)}}, "form_param_exceeds_allowed_size/public_metadata"},
		"SeveralThings":           {m{"username": "abc", "locale": "?"}, "form_param_format_invalid/locale form_username_invalid_length/username"},
		"NoIdentifier":            {m{"first_name": "Ada"}, "form_data_missing"},
		"ExternalIDIsNoIdentifer": {m{"external_id": "x", "skip_user_requirement": true}, "form_data_missing"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.send("POST", "/users", test.body).refused(http.StatusUnprocessableEntity, strings.Fields(test.codes)...)
		})
	}
	if got := len(c.instance.Users()); got != 0 {
		t.Errorf("%d users came of refused requests", got)
	}
}

func TestCreateAcceptsWhatIsJustWithinBounds(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1}})
	hex := func(n int) string { return strings.Repeat("0f", n/2) }
	digests := map[string]string{
		"bcrypt": "$2b$10$" + strings.Repeat("a", 53), "argon2id": "$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA",
		"argon2i": "$argon2i$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA", "pbkdf2_sha256_django": "pbkdf2_sha256$1000$salt$aGFzaA==",
		"md5": hex(32), "sha256": hex(64), "phpass": "$P$anything",
	}
	n := 0
	for hasher, digest := range digests {
		n++
		u := c.create(m{"username": "hasher-" + strings.Repeat("x", n), "password_digest": digest, "password_hasher": hasher})
		if !u.PasswordEnabled || c.instance.User(u.ID).Credentials.PasswordHasher != hasher {
			t.Errorf("%s: no password", hasher)
		}
	}
	for _, body := range []m{
		{"username": "four"}, {"username": strings.Repeat("b", 64)}, {"username": "josé"}, {"username": "a1234"},
		{"username": "weak-one", "password": "short", "skip_password_checks": true},
		{"username": "full-one", "public_metadata": m{"k": strings.Repeat("<", 8184)}},
		{"web3_wallet": []string{"7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV"}},
		{"username": "locale-one", "locale": "zh-Hant-TW"},
	} {
		c.create(body)
	}
}

func TestIdentifiersAreUnique(t *testing.T) {
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1}})
	c.create(m{
		"external_id": "Ext", "username": "Taken", "email_address": []string{"v@example.com", "r@example.com"},
		"email_address_identification_status": []string{"verified", "reserved"}, "phone_number": []string{"+15555550100"}, "web3_wallet": []string{wallet},
	})
	c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail("shared@example.com")}})
	for name, test := range map[string]struct {
		body  m
		codes string
	}{
		"VerifiedEmail":      {m{"email_address": []string{"V@example.com"}}, "form_identifier_exists/email_address"},
		"ReservedEmail":      {m{"email_address": []string{"new@example.com", "r@example.com"}}, "form_identifier_exists/email_address"},
		"Phone":              {m{"phone_number": []string{"+15555550100"}}, "form_identifier_exists/phone_number"},
		"WalletByCase":       {m{"web3_wallet": []string{strings.ToLower(wallet[:2]) + strings.ToLower(wallet[2:])}}, "form_identifier_exists/web3_wallet"},
		"UsernameByCase":     {m{"username": "TAKEN"}, "form_identifier_exists/username"},
		"ExternalID":         {m{"external_id": "Ext", "username": "other"}, "form_identifier_exists/external_id"},
		"ReservingTakenOnes": {m{"email_address": []string{"v@example.com"}, "email_address_identification_status": []string{"reserved"}}, "form_identifier_exists/email_address"},
		"Everything":         {m{"external_id": "Ext", "username": "taken", "email_address": []string{"v@example.com"}}, "form_identifier_exists/external_id form_identifier_exists/username form_identifier_exists/email_address"},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			c.send("POST", "/users", test.body).refused(http.StatusUnprocessableEntity, strings.Fields(test.codes)...)
		})
	}
	refused := c.send("POST", "/users", m{"username": "taken"}).refusal()
	if got := refused.Errors[0].LongMessage; got != "That username is taken. Please try another." {
		t.Errorf("long message %q", got)
	}
	c.create(m{"external_id": "ext", "username": "other"})
	c.create(m{"email_address": []string{"shared@example.com"}})
	c.send("POST", "/users", m{"email_address": []string{"shared@example.com"}}).refused(422, "form_identifier_exists/email_address")
}

func TestIdentifiersAreFreeAgainAfterDeletion(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	body := m{"external_id": "x", "username": "somebody", "email_address": []string{"a@example.com"}}
	first := c.create(body)
	c.send("DELETE", "/users/"+first.ID, "null").ok()
	if second := c.create(body); second.ID == first.ID {
		t.Error("a new user has the id of a deleted one")
	}
}

func TestInstanceProfile(t *testing.T) {
	t.Parallel()
	mail := []string{"a@example.com"}
	for name, test := range map[string]struct {
		settings emulator.Settings
		body     m
		status   int
		codes    string
	}{
		"EmailOff":            {emulator.Settings{EmailDisabled: true}, m{"email_address": mail}, 422, "form_param_unknown/email_address"},
		"PhoneOff":            {emulator.Settings{PhoneDisabled: true}, m{"phone_number": []string{"+15555550100"}}, 422, "form_param_unknown/phone_number"},
		"UsernameOff":         {emulator.Settings{UsernameDisabled: true}, m{"username": "somebody"}, 422, "form_param_unknown/username"},
		"WalletOff":           {emulator.Settings{Web3Disabled: true}, m{"web3_wallet": []string{wallet}}, 422, "form_param_unknown/web3_wallet"},
		"PasswordOff":         {emulator.Settings{PasswordDisabled: true}, m{"email_address": mail, "password": "x"}, 422, "form_param_unknown/password"},
		"PasswordRequired":    {emulator.Settings{Required: []string{"password"}}, m{"email_address": mail}, 422, "form_data_missing"},
		"PasswordNotRequired": {emulator.Settings{Required: []string{"password"}}, m{"email_address": mail, "skip_password_requirement": true}, 200, ""},
		"PhoneRequired":       {emulator.Settings{Required: []string{"phone_number", "last_name"}}, m{"email_address": mail}, 422, "form_data_missing"},
		"PhoneNotEnforced":    {emulator.Settings{Required: []string{"phone_number"}}, m{"email_address": mail, "skip_user_requirement": true}, 200, ""},
		"NameIsEnforced":      {emulator.Settings{Required: []string{"last_name"}}, m{"email_address": mail, "skip_user_requirement": true}, 422, "form_data_missing"},
		"LegalRequired":       {emulator.Settings{Required: []string{"legal_accepted_at"}}, m{"email_address": mail}, 422, "form_data_missing"},
		"LegalSkipped":        {emulator.Settings{Required: []string{"legal_accepted_at"}}, m{"email_address": mail, "skip_legal_checks": true}, 200, ""},
		"LockoutOff":          {emulator.Settings{LockoutDisabled: true}, m{"email_address": mail, "locked": true}, 403, "feature_not_enabled"},
		"LockoutOffUnlocked":  {emulator.Settings{LockoutDisabled: true}, m{"email_address": mail, "locked": false}, 200, ""},
		"PlanWithoutBan":      {emulator.Settings{BanUnsupported: true}, m{"email_address": mail, "banned": true}, 402, "unsupported_subscription_plan_features"},
		"PlanWithoutBanning":  {emulator.Settings{BanUnsupported: true}, m{"email_address": mail, "banned": false}, 200, ""},
		"Full":                {emulator.Settings{MaxUsers: 1}, m{"email_address": mail}, 403, "user_quota_exceeded"},
		"BlockedDomain":       {emulator.Settings{Blocked: []string{"@Example.com"}}, m{"email_address": mail}, 403, "not_allowed_access/email_address"},
		"BlockedNumber":       {emulator.Settings{Blocked: []string{"+15555550100"}}, m{"phone_number": []string{"+15555550100"}}, 403, "not_allowed_access/phone_number"},
		"LongerUsernames":     {emulator.Settings{UsernameMinLength: 9}, m{"username": "somebody"}, 422, "form_username_invalid_length/username"},
		"ShorterUsernames":    {emulator.Settings{UsernameMaxLength: 7}, m{"username": "somebody"}, 422, "form_username_invalid_length/username"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, emulator.InstanceConfig{Settings: test.settings})
			c.instance.Seed(emulator.User{})
			got := c.send("POST", "/users", test.body)
			if test.status == http.StatusOK {
				got.ok()
				return
			}
			got.refused(test.status, strings.Fields(test.codes)...)
		})
	}
}

func TestMissingDataIsNamed(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{Required: []string{"last_name", "phone_number"}}})
	e := c.send("POST", "/users", m{"username": "somebody"}).refusal().Errors[0]
	if want := `["last_name" "phone_number"] data doesn't match user requirements set for this instance`; e.LongMessage != want {
		t.Errorf("long message %q, want %q", e.LongMessage, want)
	}
	if !slices.Equal(e.Meta.ParamNames, []string{"last_name", "phone_number"}) {
		t.Errorf("param names %v", e.Meta.ParamNames)
	}
}

func TestDevelopmentHoldsAHundredUsers(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	var last *emulator.User
	for range 100 {
		last = c.instance.Seed(emulator.User{})
	}
	c.send("POST", "/users", m{"username": "somebody"}).refused(http.StatusForbidden, "user_quota_exceeded")
	if err := c.instance.Delete(last.ID); err != nil {
		t.Fatal(err)
	}
	c.create(m{"username": "somebody"})

	production := start(t, emulator.InstanceConfig{Environment: emulator.Production})
	for range 101 {
		production.instance.Seed(emulator.User{})
	}
	production.create(m{"username": "somebody"})
}
