// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"strings"
	"time"
	"unicode/utf8"
)

// profileForm are the fields that create and update share.
type profileForm struct {
	credentialsForm

	ExternalID given[string] `json:"external_id"`
	FirstName  given[string] `json:"first_name"`
	LastName   given[string] `json:"last_name"`
	Locale     given[string] `json:"locale"`
	Username   given[string] `json:"username"`

	DeleteSelfEnabled         given[bool]   `json:"delete_self_enabled"`
	CreateOrganizationEnabled given[bool]   `json:"create_organization_enabled"`
	CreateOrganizationsLimit  given[int]    `json:"create_organizations_limit"`
	BypassClientTrust         given[bool]   `json:"bypass_client_trust"`
	LegalAcceptedAt           given[string] `json:"legal_accepted_at"`
	SkipLegalChecks           given[bool]   `json:"skip_legal_checks"`
	CreatedAt                 given[string] `json:"created_at"`
}

// problems returns the problems of the form by itself, without regard to other users.
func (f *profileForm) problems(s *Settings, now time.Time) []errorEntry {
	found := f.credentialsForm.problems(s)
	for _, name := range []namedText{{"first_name", &f.FirstName}, {"last_name", &f.LastName}} {
		if utf8.RuneCountInString(name.text.Value) > maxNameLength {
			found = append(found, problem("form_param_max_length_exceeded", name.param, "is too long", name.param+" is too long."))
		}
	}
	if f.Locale.Value != "" && !localePattern.MatchString(f.Locale.Value) {
		found = append(found, invalidFormat("locale", "a BCP 47 language tag"))
	}
	if f.Username.Value != "" {
		if wrong := usernameProblem(s, f.Username.Value); wrong != nil {
			found = append(found, *wrong)
		}
	}
	if f.CreateOrganizationsLimit.Value < 0 {
		found = append(found, invalidValue("create_organizations_limit"))
	}
	for _, at := range []namedText{{"legal_accepted_at", &f.LegalAcceptedAt}, {"created_at", &f.CreatedAt}} {
		if !at.text.present() {
			continue
		}
		if _, wrong := parseTime(at.param, at.text.Value, now); wrong != nil {
			found = append(found, *wrong)
		}
	}
	return found
}

// namedText is a text field with its name.
type namedText struct {
	param string
	text  *given[string]
}

// conflicts returns the fields whose value belongs to a user other than except.
func (f *profileForm) conflicts(s *store, except string) []errorEntry {
	var found []errorEntry
	if f.ExternalID.Value != "" && s.taken(newIdentity("external_id", f.ExternalID.Value), except) {
		found = append(found, identifierExists("external_id"))
	}
	if f.Username.Value != "" && s.taken(newIdentity("username", f.Username.Value), except) {
		found = append(found, identifierExists("username"))
	}
	return found
}

// write stores the form. Null and "" clear a text; null does not change a flag.
func (f *profileForm) write(u *User, now time.Time) {
	texts := map[**string]*given[string]{
		&u.ExternalID: &f.ExternalID, &u.FirstName: &f.FirstName, &u.LastName: &f.LastName, &u.Locale: &f.Locale,
	}
	for target, text := range texts {
		if text.Set {
			*target = nilIfEmpty(text.pointer())
		}
	}
	if f.Username.Set {
		u.Username = nilIfEmpty(f.Username.pointer())
		if u.Username != nil {
			u.Username = new(strings.ToLower(*u.Username))
		}
	}
	flags := map[*bool]*given[bool]{
		&u.DeleteSelfEnabled: &f.DeleteSelfEnabled, &u.CreateOrganizationEnabled: &f.CreateOrganizationEnabled,
		&u.BypassClientTrust: &f.BypassClientTrust,
	}
	for target, flag := range flags {
		if flag.present() {
			*target = flag.Value
		}
	}
	if f.CreateOrganizationsLimit.Set {
		u.CreateOrganizationsLimit = f.CreateOrganizationsLimit.pointer()
	}
	f.writeTimes(u, now)
	f.credentialsForm.write(u, now)
}

func (f *profileForm) writeTimes(u *User, now time.Time) {
	if f.LegalAcceptedAt.Set {
		u.LegalAcceptedAt = nil
		if f.LegalAcceptedAt.present() {
			at, _ := parseTime("legal_accepted_at", f.LegalAcceptedAt.Value, now)
			u.LegalAcceptedAt = new(at)
		}
	}
	if f.CreatedAt.present() {
		u.CreatedAt, _ = parseTime("created_at", f.CreatedAt.Value, now)
	}
}
