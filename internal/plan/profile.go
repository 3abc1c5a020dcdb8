// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// planProfile is what differs in profile and permissions.
func (d *Desired) planProfile(u *clerk.User) clerk.UpdateUserParams {
	p := clerk.UpdateUserParams{
		ExternalID:                differing(d.externalID, u.ExternalID),
		FirstName:                 differing(d.firstName, u.FirstName),
		LastName:                  differing(d.lastName, u.LastName),
		DeleteSelfEnabled:         differing(d.deleteSelfEnabled, u.DeleteSelfEnabled),
		CreateOrganizationEnabled: differing(d.createOrganizationEnabled, u.CreateOrganizationEnabled),
		BypassClientTrust:         differing(d.bypassClientTrust, u.BypassClientTrust),
	}
	// Language tags mean the same in upper and lower case (RFC 5646, 2.1.1), and Clerk may tidy them.
	if d.locale != nil && clerk.LowerASCII(*d.locale) != clerk.LowerASCII(u.Locale) {
		p.Locale = clone(d.locale)
	}
	d.planPassword(u, &p)
	p.CreateOrganizationsLimit = clone(d.createOrganizationsLimit)
	if u.CreateOrganizationsLimit != nil {
		p.CreateOrganizationsLimit = differing(d.createOrganizationsLimit, *u.CreateOrganizationsLimit)
	}
	return p
}

// differing is the wish if there is one and it is not what Clerk has.
func differing[T comparable](want *T, have T) *T {
	if want == nil || *want == have {
		return nil
	}
	return new(*want)
}

// planUsername is the username to send; nil if it is as desired. It is not removed if it is the last way in.
func (d *Desired) planUsername(u *clerk.User, p Policy, waysIn *int) (*string, []InvalidError) {
	name := differing(d.username, foldUsername(u.Username))
	switch {
	case name == nil, p.blocksField(FieldUsername):
		return nil, nil
	case *name == "" && *waysIn < 2:
		return nil, []InvalidError{lastWayIn(FieldUsername)}
	case *name == "":
		*waysIn--
	case u.Username == "":
		*waysIn++
	}
	return name, nil
}
