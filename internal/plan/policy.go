// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"maps"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Policy says which changes may be made. The zero value allows all of them.
type Policy struct {
	// Observe withholds everything.
	Observe bool
	// Withheld are the names of fields that must not be written, because somebody else writes them too, or because their
	// value is not known. The owner mark is written anyway, and a creation is not split.
	Withheld map[string]bool
	// Refused are the parts that Clerk has refused, or accepted and not kept, and that are not sent again yet.
	Refused map[Part]bool
	// Single puts each field into its own call, for calls that Clerk refused without naming a field.
	Single bool

	// grantsNothing leaves out what gives access, because a ban or lock that must come first is left out.
	grantsNothing bool
}

// Allow returns the part of a plan that may be made now, in order, and the names of the fields that it leaves out,
// sorted. all is the plan of For for the same desired and observed user. A change that is left out affects only what
// depends on it. A way to sign in is not removed if its replacement is left out. Access is not given back while
// something that takes access or rights away is left out. While a ban or lock is left out, no access is given at all.
func Allow(p Policy, all []Change, d *Desired, u *clerk.User) (do []Change, withheld []string) {
	if p.Observe {
		return nil, Fields(all)
	}
	if u == nil || !p.leavesOut() {
		return all, nil
	}
	p.grantsNothing = slices.ContainsFunc(all, func(c Change) bool { return restricts(c) && p.blocksField(c.Fields()[0]) })
	do, _ = diff(d, u, p)
	do = onlyPlanned(do, all)
	if blocked := missing(all, do); slices.ContainsFunc(all, func(c Change) bool { return revokes(c, blocked) }) {
		do = slices.DeleteFunc(do, relaxes)
	}
	withheld = namesOf(missing(all, do))
	if p.Single {
		do = divided(do)
	}
	return do, withheld
}

// onlyPlanned leaves out the removal of an address or number that the whole plan keeps: if another one is not removed,
// the last way to sign in may seem to be one of two.
func onlyPlanned(do, all []Change) []Change {
	planned := map[Part]bool{}
	for _, c := range all {
		if removesContact(c) {
			planned[Parts(c)[0]] = true
		}
	}
	return slices.DeleteFunc(do, func(c Change) bool { return removesContact(c) && !planned[Parts(c)[0]] })
}

// removesContact reports whether a change removes an address or number, or makes it only a second factor.
func removesContact(c Change) bool {
	switch c := c.(type) {
	case DeleteEmailAddress, DeletePhoneNumber:
		return true
	case UpdatePhoneNumber:
		return isTrue(c.Params.ReservedForSecondFactor)
	default:
		return false
	}
}

// leavesOut reports whether the policy leaves out, or divides, anything.
func (p Policy) leavesOut() bool { return p.Single || len(p.Withheld) > 0 || len(p.Refused) > 0 }

// blocks reports whether a part must not be carried out.
func (p Policy) blocks(field, entry string) bool {
	return p.Withheld[field] || p.Refused[Part{Field: field, Entry: entry}]
}

// blocksField reports whether a whole field must not be carried out.
func (p Policy) blocksField(field string) bool { return p.blocks(field, "") }

// missing returns the parts of a plan that are not in the rest of it. A plan can have an entry twice, when a number is
// verified and then becomes a second factor; it is missing if either is.
func missing(all, left []Change) map[Part]bool {
	counts := map[Part]int{}
	for _, c := range all {
		for _, part := range Parts(c) {
			counts[part]++
		}
	}
	for _, c := range left {
		for _, part := range Parts(c) {
			counts[part]--
		}
	}
	found := map[Part]bool{}
	for part, count := range counts {
		if count > 0 {
			found[part] = true
		}
	}
	return found
}

func namesOf(parts map[Part]bool) []string {
	names := map[string]bool{}
	for part := range parts {
		names[part.Field] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// revokes reports whether a change takes access or rights away by one of these parts, or may do so. Metadata may hold
// roles.
func revokes(c Change, by map[Part]bool) bool {
	switch c := c.(type) {
	case Ban, Lock, MergeMetadata, ReplaceMetadata:
		return slices.ContainsFunc(Parts(c), func(part Part) bool { return by[part] })
	case Update:
		return slices.ContainsFunc(restrictingFields(), func(field string) bool {
			return by[Part{Field: field}] && slices.Contains(c.Fields(), field)
		})
	default:
		return removesContact(c) && by[Parts(c)[0]]
	}
}

// restrictingFields returns the fields of an Update whose change can take access or rights away.
func restrictingFields() []string {
	fields := []string{FieldUsername, FieldPassword}
	for _, field := range plainFields {
		if field.restricts {
			fields = append(fields, field.name)
		}
	}
	return fields
}

// relaxes reports whether a change gives access back.
func relaxes(c Change) bool {
	switch c.(type) {
	case Unlock, Unban:
		return true
	default:
		return false
	}
}

// restricts reports whether a change takes access away at once.
func restricts(c Change) bool {
	switch c.(type) {
	case Ban, Lock:
		return true
	default:
		return false
	}
}

// grants reports whether a change may give the user a way to sign in.
func grants(c Change) bool {
	switch c := c.(type) {
	case AddEmailAddress, UpdateEmailAddress, AddPhoneNumber:
		return true
	case UpdatePhoneNumber:
		return !isTrue(c.Params.ReservedForSecondFactor)
	case Update:
		return orEmpty(c.Params.Username) != "" || c.Params.Password != nil
	default:
		return false
	}
}

// DependsOn reports whether a change must not be made after earlier ones of its plan failed, before the plan was made
// again: it may remove the last way to sign in, or give access too early.
func DependsOn(c Change, failed []Change) bool {
	if len(failed) == 0 {
		return false
	}
	if relaxes(c) || grants(c) && slices.ContainsFunc(failed, restricts) {
		return true
	}
	update, ok := c.(Update)
	p := update.Params
	clears := ok && (p.Username != nil && *p.Username == "" || p.PrimaryEmailAddressID != nil || p.PrimaryPhoneNumberID != nil)
	return (removesContact(c) || clears) && slices.ContainsFunc(failed, grants)
}

// Revokes reports whether a change takes access or rights away, or may do so.
func Revokes(c Change) bool {
	switch c.(type) {
	case Ban, Lock, MergeMetadata, ReplaceMetadata:
		return true
	default:
		return removesContact(c)
	}
}
