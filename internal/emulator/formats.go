// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxAddressLength = 254
	maxNameLength    = 256

	defaultUsernameMin = 4
	defaultUsernameMax = 64
	// forbiddenInUsername are the characters that Clerk's default username rule names.
	forbiddenInUsername = "^$!.`#+~"
)

// patterns are compiled once per process; they are never written.
var (
	phonePattern    = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	localePattern   = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	ethereumPattern = regexp.MustCompile(`^0x[0-9a-fA-F]{40}$`)
	solanaPattern   = regexp.MustCompile(`^[1-9A-HJ-NP-Za-km-z]{32,44}$`)
)

// validEmail reports whether the text is an address (RFC 5322, without a display name) in a domain with a dot.
func validEmail(text string) bool {
	address, err := mail.ParseAddress(text)
	if err != nil || address.Address != text || len(text) > maxAddressLength {
		return false
	}
	_, domain, _ := strings.Cut(text, "@")
	return strings.Contains(domain, ".")
}

func validPhone(text string) bool { return phonePattern.MatchString(text) }

func validWallet(text string) bool {
	return ethereumPattern.MatchString(text) || solanaPattern.MatchString(text)
}

// usernameProblem returns the problem of a username, or nil.
func usernameProblem(s *Settings, name string) *errorEntry {
	least := cmp.Or(s.UsernameMinLength, defaultUsernameMin)
	most := cmp.Or(s.UsernameMaxLength, defaultUsernameMax)
	length := utf8.RuneCountInString(name)
	var found errorEntry
	switch {
	case length < least || length > most:
		found = problem("form_username_invalid_length", "username", "is invalid",
			fmt.Sprintf("Username must be between %d and %d characters long.", least, most))
	case validPhone(name):
		found = problem("form_username_cannot_be_phone_number", "username", "is invalid", "Username cannot be a phone number.")
	case strings.ContainsFunc(name, notInUsername):
		found = problem("form_username_invalid_character", "username", "is invalid",
			"Username can contain only Latin characters and none of "+forbiddenInUsername+".")
	case !strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsDigit(r) }):
		found = problem("form_username_needs_non_number_char", "username", "is invalid",
			"Username must contain one non-number character.")
	default:
		return nil
	}
	return &found
}

func notInUsername(r rune) bool {
	return strings.ContainsRune(forbiddenInUsername, r) || unicode.IsSpace(r) || unicode.IsControl(r) ||
		r > unicode.MaxASCII && !unicode.Is(unicode.Latin, r)
}

// parseTime parses a time of a request body and refuses one in the future.
func parseTime(param, text string, now time.Time) (int64, *errorEntry) {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		wrong := problem("form_param_invalid_time", param, "is invalid", param+" must be a time in RFC 3339.")
		return 0, &wrong
	}
	if t.After(now) {
		ahead := problem("form_disallow_future_date", param, "is invalid", param+" must not lie in the future.")
		return 0, &ahead
	}
	return millis(t), nil
}

// nilIfEmpty converts an empty text to null, as Clerk is assumed to store it.
func nilIfEmpty(text *string) *string {
	if text == nil || *text == "" {
		return nil
	}
	return text
}
