// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"slices"
	"strings"
)

// matches reports whether the user matches every filter.
func (f *filter) matches(u *User) bool {
	return (f.banned == nil || u.Banned == *f.banned) &&
		f.matchesIdentities(u) && f.matchesSigned(u) && f.matchesProvider(u) && f.matchesPartial(u) && f.matchesTimes(u)
}

func (f *filter) matchesIdentities(u *User) bool {
	for _, param := range []string{"email_address", "phone_number", "username", "web3_wallet"} {
		named := f.exact[param]
		if len(named) == 0 {
			continue
		}
		has := slices.ContainsFunc(u.claims(), func(c claim) bool {
			return slices.ContainsFunc(named, func(value string) bool { return c.identity == newIdentity(param, value) })
		})
		if !has {
			return false
		}
	}
	return true
}

func (f *filter) matchesSigned(u *User) bool {
	has := map[string][]string{"user_id": {u.ID}, "organization_id": u.organizations()}
	if u.ExternalID != nil {
		has["external_id"] = []string{*u.ExternalID}
	}
	for _, param := range signed() {
		among := func(values []string) bool {
			return slices.ContainsFunc(has[param], func(own string) bool { return slices.Contains(values, own) })
		}
		if len(f.include[param]) > 0 && !among(f.include[param]) || among(f.exclude[param]) {
			return false
		}
	}
	return true
}

func (f *filter) matchesProvider(u *User) bool {
	if f.provider == "" {
		return true
	}
	return slices.ContainsFunc(u.ExternalAccounts, func(a ExternalAccount) bool {
		return a.Provider == f.provider && slices.Contains(f.exact["provider_user_id"], a.ProviderUserID)
	})
}

func (f *filter) matchesPartial(u *User) bool {
	if len(f.partial) == 0 {
		return true
	}
	texts := u.texts()
	for param, part := range f.partial {
		of := texts[param]
		if param == "query" {
			of = texts.all(u)
		}
		if !slices.ContainsFunc(of, func(text string) bool { return strings.Contains(strings.ToLower(text), part) }) {
			return false
		}
	}
	return true
}

// searchable has a user's texts by the parameter that searches them.
type searchable map[string][]string

func (u *User) texts() searchable {
	texts := searchable{
		"username_query": {valueOf(u.Username)},
		"name_query":     {valueOf(u.FirstName), valueOf(u.LastName), valueOf(u.FirstName) + " " + valueOf(u.LastName)},
	}
	for i := range u.EmailAddresses {
		texts["email_address_query"] = append(texts["email_address_query"], u.EmailAddresses[i].EmailAddress)
	}
	for i := range u.PhoneNumbers {
		texts["phone_number_query"] = append(texts["phone_number_query"], u.PhoneNumbers[i].PhoneNumber)
	}
	return texts
}

// all returns the texts that the parameter query searches.
func (s searchable) all(u *User) []string {
	all := []string{u.ID}
	for _, texts := range s {
		all = append(all, texts...)
	}
	for i := range u.Web3Wallets {
		all = append(all, u.Web3Wallets[i].Web3Wallet)
	}
	return all
}

func (f *filter) matchesTimes(u *User) bool {
	at := map[string]*int64{"created_at": &u.CreatedAt, "last_active_at": u.LastActiveAt, "last_sign_in_at": u.LastSignInAt}
	for of, bound := range f.after {
		if at[of] == nil || *at[of] <= bound {
			return false
		}
	}
	for of, bound := range f.before {
		if at[of] == nil || *at[of] >= bound {
			return false
		}
	}
	return true
}
