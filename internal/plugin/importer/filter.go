// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// filter says which users are imported: those that match all of its parts.
type filter struct {
	// query is Clerk's own search; "" is none.
	query string
	// domain is that of an address that is not unverified, in lower case; "" is any.
	domain string
	// ids are the users to import; nil is all.
	ids []string
	// banned is nil for banned and other users.
	banned *bool
	// metadata are values in public metadata.
	metadata []metadataFilter
}

// metadataFilter is a value that a user must have in its public metadata.
type metadataFilter struct{ key, value string }

// userID is the form of a user's id.
var userID = regexp.MustCompile(`^user_[A-Za-z0-9]+$`)

// emptyFilter refuses a filter that is given without a value, as with a shell variable that is not set: all users would be imported.
func emptyFilter(flags *pflag.FlagSet) error {
	for _, name := range []string{"query", "email-domain", "id"} {
		if given := flags.Lookup(name); given.Changed && strings.Trim(given.Value.String(), " []@") == "" {
			return fmt.Errorf("--%s has no value; leave it out to import all users", name)
		}
	}
	return nil
}

// filter returns the filter of the options.
func (o *options) filter() (filter, error) {
	f := filter{query: o.query, domain: clerk.LowerASCII(strings.TrimPrefix(o.emailDomain, "@")), ids: o.ids, banned: o.bannedFilter}
	if strings.ContainsAny(f.domain, "@ \t\n") {
		return f, fmt.Errorf("--email-domain: %q is not a domain; want one such as example.com", o.emailDomain)
	}
	for _, id := range o.ids {
		if !userID.MatchString(id) {
			return f, fmt.Errorf("--id: %q is not the id of a Clerk user, which is user_ and then letters and digits", id)
		}
	}
	if len(o.ids) > maxIDs {
		return f, fmt.Errorf("--id: %d ids; at most %d can be given at once", len(o.ids), maxIDs)
	}
	for _, text := range o.metadata {
		key, value, found := strings.Cut(text, "=")
		if !found || key == "" {
			return f, fmt.Errorf("--metadata: %q has no key and value; want key=value, or key.below=value for a nested key", text)
		}
		f.metadata = append(f.metadata, metadataFilter{key, value})
	}
	return f, nil
}

// match is the part of the filter that Clerk applies. Clerk does not say how two of its filters combine, so it gets the one that leaves
// out most. Clerk's comparison of letters beyond ASCII is not documented, so a domain with such letters is compared here only.
func (f filter) match() clerk.UserMatch {
	ascii := !strings.ContainsFunc(f.domain, func(r rune) bool { return r > '~' })
	switch {
	case f.query != "":
		return clerk.UserMatch{Query: f.query}
	case f.domain != "" && ascii:
		return clerk.UserMatch{EmailAddress: "@" + f.domain}
	case f.banned != nil && *f.banned:
		return clerk.UserMatch{Banned: true}
	default:
		return clerk.UserMatch{}
	}
}

// matches reports whether a user matches everything except the query.
func (f filter) matches(u *clerk.User) bool {
	return (f.banned == nil || u.Banned == *f.banned) &&
		(f.domain == "" || slices.ContainsFunc(u.EmailAddresses, f.ofDomain)) &&
		!slices.ContainsFunc(f.metadata, func(m metadataFilter) bool { return !m.matches(u.PublicMetadata) })
}

// ofDomain reports whether an address is of the domain. Anybody can enter an address, so an unverified one does not count.
func (f filter) ofDomain(email clerk.EmailAddress) bool {
	at := strings.LastIndex(email.Address, "@")
	return email.Status != clerk.Unverified && at >= 0 && clerk.LowerASCII(email.Address[at+1:]) == f.domain
}

// matches reports whether metadata has the value. The key is that of the top level, or else a path.
func (m metadataFilter) matches(metadata map[string]any) bool {
	if value, found := metadata[m.key]; found {
		return m.equals(value)
	}
	key, below, nested := strings.Cut(m.key, ".")
	object, isObject := metadata[key].(map[string]any)
	return nested && isObject && metadataFilter{below, m.value}.matches(object)
}

func (m metadataFilter) equals(value any) bool {
	text, isScalar := scalarText(value)
	return isScalar && text == m.value || value == nil && m.value == "null"
}
