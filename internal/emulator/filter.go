// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxFilterValues is the number of values that one filter may have.
const maxFilterValues = 100

// filter selects users for a list or count. All filters must match.
type filter struct {
	// exact has, per parameter, the values of which a user must have one.
	exact map[string][]string
	// include and exclude have, per parameter that accepts + and -, the values that a user must and must not have.
	include, exclude map[string][]string
	// partial has, per parameter, a lower-case text that must occur.
	partial map[string]string
	// after and before have, per time of a user, the bounds in Unix milliseconds.
	after, before map[string]int64
	banned        *bool
	provider      string
}

// signed returns the parameters whose values accept + and -.
func signed() []string { return []string{"external_id", "user_id", "organization_id"} }

// exactParams returns the parameters whose values are compared as a whole.
func exactParams() []string {
	return []string{"email_address", "phone_number", "username", "web3_wallet", "provider_user_id"}
}

// partialParams returns the parameters that match a part of a text.
func partialParams() []string {
	return []string{"query", "email_address_query", "phone_number_query", "username_query", "name_query"}
}

// times returns the times of a user that can be bounded.
func times() []string { return []string{"created_at", "last_active_at", "last_sign_in_at"} }

// pageParams returns the parameters that select a page and not users.
func pageParams() []string {
	return []string{"limit", "offset", "starting_after", "order_by", versionQuery}
}

func parseFilter(values url.Values) (*filter, error) {
	f := &filter{
		exact: map[string][]string{}, include: map[string][]string{}, exclude: map[string][]string{},
		partial: map[string]string{}, after: map[string]int64{}, before: map[string]int64{},
	}
	known := pageParams()
	var found []errorEntry
	for _, param := range slices.Concat(exactParams(), signed()) {
		known = append(known, param)
		if len(values[param]) > maxFilterValues {
			found = append(found, problem("form_param_array_size_exceeded", param, "exceeds allowed size",
				"At most 100 values can be given for "+param+"."))
		}
	}
	for _, param := range exactParams() {
		f.exact[param] = notEmpty(values[param])
	}
	for _, param := range signed() {
		f.sign(param, notEmpty(values[param]))
	}
	for _, param := range partialParams() {
		known = append(known, param)
		if text := values.Get(param); text != "" {
			f.partial[param] = strings.ToLower(text)
		}
	}
	bounds, wrong := f.parseBounds(values)
	known = append(append(known, bounds...), "banned", "provider")
	found = append(found, wrong...)
	found = append(found, f.parseBanned(values)...)
	found = append(found, f.parseProvider(values)...)
	for _, param := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, param) {
			found = append(found, unknownParam(param))
		}
	}
	return f, unprocessable(found...)
}

// notEmpty removes empty values. At Clerk a filter with only empty values is no filter.
func notEmpty(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// sign sorts values by their first character: - excludes, + and everything else includes.
func (f *filter) sign(param string, values []string) {
	for _, value := range values {
		switch value[0] {
		case '-':
			f.exclude[param] = append(f.exclude[param], value[1:])
		case '+':
			f.include[param] = append(f.include[param], value[1:])
		default:
			f.include[param] = append(f.include[param], value)
		}
	}
}

func (f *filter) parseBounds(values url.Values) (known []string, found []errorEntry) {
	bound := func(param string, target map[string]int64, of string) {
		known = append(known, param)
		text := values.Get(param)
		if text == "" {
			return
		}
		at, err := strconv.ParseInt(text, 10, 64)
		if err != nil || at < 0 {
			found = append(found, problem("form_param_invalid_date", param, "is invalid", param+" must be a Unix time in milliseconds."))
			return
		}
		target[of] = at
	}
	// The deprecated name of last_active_at_after takes precedence.
	bound("last_active_at_since", f.after, "last_active_at")
	for _, of := range times() {
		bound(of+"_after", f.after, of)
		bound(of+"_before", f.before, of)
	}
	return known, found
}

func (f *filter) parseBanned(values url.Values) []errorEntry {
	text := values.Get("banned")
	if text == "" {
		return nil
	}
	banned, err := strconv.ParseBool(text)
	if err != nil {
		return []errorEntry{invalidValue("banned")}
	}
	f.banned = &banned
	return nil
}

func (f *filter) parseProvider(values url.Values) []errorEntry {
	f.provider = values.Get("provider")
	hasIDs := len(f.exact["provider_user_id"]) > 0
	switch {
	case f.provider != "" && !hasIDs:
		return []errorEntry{missingParam("provider_user_id")}
	case f.provider == "" && hasIDs:
		return []errorEntry{missingParam("provider")}
	default:
		return nil
	}
}

// holders returns the ids of the users that one of the filters names. narrowed is false if no filter names any.
func (f *filter) holders(s *store) (ids []string, narrowed bool) {
	if named := f.include["user_id"]; len(named) > 0 {
		return slices.Compact(slices.Sorted(slices.Values(named))), true
	}
	for _, param := range []string{"external_id", "email_address", "phone_number", "username", "web3_wallet"} {
		named := slices.Concat(f.include[param], f.exact[param])
		if len(named) == 0 {
			continue
		}
		for _, value := range named {
			ids = append(ids, s.holders[newIdentity(param, value)]...)
		}
		return slices.Compact(slices.Sorted(slices.Values(ids))), true
	}
	return nil, false
}
