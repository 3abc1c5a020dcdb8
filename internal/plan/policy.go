// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"maps"
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Policy says which changes may be carried out.
type Policy struct {
	// Observe withholds everything.
	Observe bool
	// Withheld names the fields that are not to be written, because it would be futile or somebody else writes them
	// too. The owner mark is written all the same, and creation is not split.
	Withheld map[string]bool
}

// Allow splits a plan into what may be carried out and what may not, both in the order of the plan. A call that speaks
// of several fields is split by field. If something is withheld that would give the user a way to sign in, what takes
// one away is withheld too: it was planned on the strength of the other.
func Allow(p Policy, todo []Change) (do, withheld []Change) {
	if p.Observe {
		return nil, slices.Clone(todo)
	}
	do, withheld = split(todo, p.divide)
	if !slices.ContainsFunc(withheld, givesWayIn) {
		return do, withheld
	}
	do, more := split(do, keepWaysIn)
	return do, append(withheld, more...)
}

// split sorts the parts of each change.
func split(changes []Change, divide func(Change) (do, rest []Change)) (do, withheld []Change) {
	for _, c := range changes {
		allowed, rest := divide(c)
		do = append(do, allowed...)
		withheld = append(withheld, rest...)
	}
	return do, withheld
}

// divide is the parts of a change that may and may not be carried out.
func (p Policy) divide(c Change) (do, rest []Change) {
	switch c := c.(type) {
	case Create:
		return []Change{c}, nil
	case Update:
		return divideUpdate(c, p.Withheld)
	case MergeMetadata:
		return p.divideMerge(c)
	case ReplaceMetadata:
		return p.divideReplace(c)
	default:
		if p.Withheld[c.Fields()[0]] {
			return nil, []Change{c}
		}
		return []Change{c}, nil
	}
}

func divideUpdate(c Update, withheld map[string]bool) (do, rest []Change) {
	var allowed, held clerk.UpdateUserParams
	p := c.Params
	route(withheld[FieldExternalID], p.ExternalID, &allowed.ExternalID, &held.ExternalID)
	route(withheld[FieldUsername], p.Username, &allowed.Username, &held.Username)
	route(withheld[FieldFirstName], p.FirstName, &allowed.FirstName, &held.FirstName)
	route(withheld[FieldLastName], p.LastName, &allowed.LastName, &held.LastName)
	route(withheld[FieldLocale], p.Locale, &allowed.Locale, &held.Locale)
	route(withheld[FieldEmailAddresses], p.PrimaryEmailAddressID,
		&allowed.PrimaryEmailAddressID, &held.PrimaryEmailAddressID)
	route(withheld[FieldPhoneNumbers], p.PrimaryPhoneNumberID,
		&allowed.PrimaryPhoneNumberID, &held.PrimaryPhoneNumberID)
	route(withheld[FieldDeleteSelfEnabled], p.DeleteSelfEnabled, &allowed.DeleteSelfEnabled, &held.DeleteSelfEnabled)
	route(withheld[FieldCreateOrganizationEnabled], p.CreateOrganizationEnabled,
		&allowed.CreateOrganizationEnabled, &held.CreateOrganizationEnabled)
	route(withheld[FieldCreateOrganizationsLimit], p.CreateOrganizationsLimit,
		&allowed.CreateOrganizationsLimit, &held.CreateOrganizationsLimit)
	route(withheld[FieldBypassClientTrust], p.BypassClientTrust, &allowed.BypassClientTrust, &held.BypassClientTrust)
	route(withheld[FieldPassword], p.Password, &allowed.Password, &held.Password)
	route(withheld[FieldPassword], p.SkipPasswordChecks, &allowed.SkipPasswordChecks, &held.SkipPasswordChecks)
	route(withheld[FieldPassword], p.SignOutOfOtherSessions, &allowed.SignOutOfOtherSessions, &held.SignOutOfOtherSessions)
	if allowed != (clerk.UpdateUserParams{}) {
		do = []Change{Update{allowed}}
	}
	if held != (clerk.UpdateUserParams{}) {
		rest = []Change{Update{held}}
	}
	return do, rest
}

// route puts a value into the params that it belongs to.
func route[T any](withheld bool, value *T, allowed, held **T) {
	if withheld {
		*held = value
	} else {
		*allowed = value
	}
}

func (p Policy) divideMerge(c MergeMetadata) (do, rest []Change) {
	allowed, held := p.divideFields(c.Params)
	if value, ok := held.Private[v1alpha1.OwnerKey]; ok {
		allowed.Private = markPatch(value)
		held.Private = maps.Clone(held.Private)
		delete(held.Private, v1alpha1.OwnerKey)
		if len(held.Private) == 0 {
			held.Private = nil
		}
	}
	if speaks(allowed) {
		do = []Change{MergeMetadata{allowed}}
	}
	if speaks(held) {
		rest = []Change{MergeMetadata{held}}
	}
	return do, rest
}

// divideReplace lets a new mark through by merging it when the field that it is in is withheld.
func (p Policy) divideReplace(c ReplaceMetadata) (do, rest []Change) {
	allowed, held := p.divideFields(c.Params)
	if speaks(allowed) {
		do = append(do, ReplaceMetadata{Params: allowed, NewMark: c.NewMark && allowed.Private != nil})
	}
	if c.NewMark && held.Private != nil {
		do = append(do, MergeMetadata{clerk.MetadataParams{Private: markPatch(held.Private[v1alpha1.OwnerKey])}})
	}
	if speaks(held) {
		rest = append(rest, ReplaceMetadata{Params: held})
	}
	return do, rest
}

func (p Policy) divideFields(params clerk.MetadataParams) (allowed, held clerk.MetadataParams) {
	for _, part := range partsOf(params) {
		if p.Withheld[part.field] {
			setMetadata(&held, part.field, part.value)
		} else {
			setMetadata(&allowed, part.field, part.value)
		}
	}
	return allowed, held
}

// givesWayIn says whether a change may give the user a way to sign in.
func givesWayIn(c Change) bool {
	switch c := c.(type) {
	case AddEmailAddress, UpdateEmailAddress, AddPhoneNumber:
		return true
	case UpdatePhoneNumber:
		return !isTrue(c.Params.ReservedForSecondFactor)
	case Update:
		return orEmpty(c.Params.Username) != ""
	default:
		return false
	}
}

// keepWaysIn divides what may take a way to sign in away from what does not.
func keepWaysIn(c Change) (do, rest []Change) {
	switch c := c.(type) {
	case DeleteEmailAddress, DeletePhoneNumber:
		return nil, []Change{c}
	case UpdatePhoneNumber:
		if isTrue(c.Params.ReservedForSecondFactor) {
			return nil, []Change{c}
		}
		return []Change{c}, nil
	case Update:
		if name := c.Params.Username; name != nil && *name == "" {
			return divideUpdate(c, map[string]bool{FieldUsername: true})
		}
		return []Change{c}, nil
	default:
		return []Change{c}, nil
	}
}
