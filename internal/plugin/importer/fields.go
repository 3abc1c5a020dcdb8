// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Group is a group of fields that manifests can have.
type Group string

// The groups of fields.
const (
	// GroupIdentifiers is username, externalID, emailAddresses and phoneNumbers.
	GroupIdentifiers Group = "identifiers"
	// GroupProfile is firstName, lastName and locale.
	GroupProfile Group = "profile"
	// GroupPublicMetadata is publicMetadata.
	GroupPublicMetadata Group = "publicMetadata"
	// GroupPrivateMetadata is privateMetadata.
	GroupPrivateMetadata Group = "privateMetadata"
	// GroupUnsafeMetadata is unsafeMetadata.
	GroupUnsafeMetadata Group = "unsafeMetadata"
	// GroupAccess is banned, and locked for a lock without end.
	GroupAccess Group = "access"
	// GroupPermissions is deleteSelfEnabled, createOrganizationEnabled, createOrganizationsLimit and bypassClientTrust.
	GroupPermissions Group = "permissions"
)

// Groups returns all groups.
func Groups() []Group {
	return []Group{
		GroupIdentifiers, GroupProfile, GroupPublicMetadata, GroupPrivateMetadata, GroupUnsafeMetadata, GroupAccess, GroupPermissions,
	}
}

// defaultGroups leaves out what the user or an application changes by itself, what is short-lived, and what may be confidential.
func defaultGroups() []string {
	return []string{string(GroupIdentifiers), string(GroupProfile), string(GroupPublicMetadata)}
}

// parseGroups returns the groups with these names.
func parseGroups(names []string) (map[Group]bool, error) {
	chosen := map[Group]bool{}
	for _, name := range names {
		if !slices.Contains(Groups(), Group(name)) {
			return nil, fmt.Errorf("--fields: there is no group %q; want some of: %s", name, strings.Join(groupNames(), ", "))
		}
		chosen[Group(name)] = true
	}
	return chosen, nil
}

func groupNames() []string {
	var names []string
	for _, group := range Groups() {
		names = append(names, string(group))
	}
	return names
}

// Limits of the CustomResourceDefinition, in characters or entries.
const (
	maxName       = 256
	maxUsername   = 256
	maxExternalID = 255
	maxLocale     = 64
	maxAddress    = 254
	maxContacts   = 20
	maxOrgLimit   = 1_000_000
)

// draft is the spec of one user while it is put together.
type draft struct {
	spec v1alpha1.ClerkUserSpec
	// left are the fields that the user has and that no ClerkUser can declare.
	left []string
}

func (d *draft) leaveOut(field string) {
	if !slices.Contains(d.left, field) {
		d.left = append(d.left, field)
	}
}

// fieldsOf returns the chosen fields as the user has them. What the API server or the planner would refuse is left out.
func fieldsOf(u *clerk.User, chosen map[Group]bool) *draft {
	d := &draft{}
	for group, add := range map[Group]func(*clerk.User){
		GroupIdentifiers:     d.addIdentifiers,
		GroupProfile:         d.addProfile,
		GroupAccess:          d.addAccess,
		GroupPermissions:     d.addPermissions,
		GroupPublicMetadata:  func(u *clerk.User) { d.spec.PublicMetadata = d.metadata(plan.FieldPublicMetadata, u.PublicMetadata) },
		GroupPrivateMetadata: func(u *clerk.User) { d.spec.PrivateMetadata = d.metadata(plan.FieldPrivateMetadata, u.PrivateMetadata) },
		GroupUnsafeMetadata:  func(u *clerk.User) { d.spec.UnsafeMetadata = d.metadata(plan.FieldUnsafeMetadata, u.UnsafeMetadata) },
	} {
		if chosen[group] {
			add(u)
		}
	}
	return d
}

// text returns a text that is not empty and that the checks accept.
func (d *draft) text(field, value string, most int, ok bool) *string {
	switch {
	case value == "":
		return nil
	case !ok || utf8.RuneCountInString(value) > most || !isKeptText(value):
		d.leaveOut(field)
		return nil
	}
	return &value
}

func (d *draft) addProfile(u *clerk.User) {
	d.spec.FirstName = d.text(plan.FieldFirstName, u.FirstName, maxName, true)
	d.spec.LastName = d.text(plan.FieldLastName, u.LastName, maxName, true)
	d.spec.Locale = d.text(plan.FieldLocale, u.Locale, maxLocale, localeShape.MatchString(u.Locale))
}

func (d *draft) addIdentifiers(u *clerk.User) {
	d.spec.Username = d.text(plan.FieldUsername, u.Username, maxUsername,
		accepted(&v1alpha1.ClerkUserSpec{Username: &u.Username}) && !hidden.MatchString(u.Username))
	d.spec.ExternalID = d.text(plan.FieldExternalID, u.ExternalID, maxExternalID, isExternalID(u.ExternalID))
	d.addEmailAddresses(u)
	d.addPhoneNumbers(u)
}

// addAccess adds a ban, and a lock that does not end by itself. A lock that ends was probably set by Clerk against guessing. The
// operator would set it again and again.
func (d *draft) addAccess(u *clerk.User) {
	d.spec.Banned = &u.Banned
	if u.Locked && u.LockedUntil.IsZero() {
		d.spec.Locked = new(true)
	}
}

func (d *draft) addPermissions(u *clerk.User) {
	d.spec.DeleteSelfEnabled = &u.DeleteSelfEnabled
	d.spec.CreateOrganizationEnabled = &u.CreateOrganizationEnabled
	d.spec.BypassClientTrust = &u.BypassClientTrust
	switch limit := u.CreateOrganizationsLimit; {
	case limit == nil:
	case *limit < 0 || *limit > maxOrgLimit:
		d.leaveOut(plan.FieldCreateOrganizationsLimit)
	default:
		d.spec.CreateOrganizationsLimit = limit
	}
}

// accepted reports whether the planner accepts a part of a spec.
func accepted(spec *v1alpha1.ClerkUserSpec) bool {
	_, err := plan.FromSpec(spec, plan.Inputs{})
	return err == nil
}
