// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// userDocument is a user; _emulator has what Clerk does not show.
type userDocument struct {
	User
	// ExternalAccounts are the user's accounts, with what Clerk does not show of each.
	ExternalAccounts []accountDocument `json:"external_accounts"`

	Hidden hiddenDocument `json:"_emulator"`
	// Written are credentials to store without checks, in the form of a request that creates a user. They are never shown.
	// Nil keeps the present ones.
	Written *credentialsForm `json:"_credentials,omitempty"`
}

// hiddenDocument has the fields of User without a name in Clerk's JSON, except credentials.
type hiddenDocument struct {
	LockedUntil     time.Time  `json:"locked_until,omitzero"`
	Directory       *Directory `json:"directory,omitempty"`
	OrganizationIDs []string   `json:"organization_ids,omitempty"`

	Image                   *ProfileImage            `json:"image,omitempty"`
	OrganizationMemberships []OrganizationMembership `json:"organization_memberships,omitempty"`
	OrganizationInvitations []OrganizationInvitation `json:"organization_invitations,omitempty"`

	PasswordCompromised bool            `json:"password_compromised,omitempty"`
	SessionsRevokedAt   time.Time       `json:"sessions_revoked_at,omitzero"`
	TrustedDevices      []TrustedDevice `json:"trusted_devices,omitempty"`
}

func documentOfUser(u *User) userDocument {
	return userDocument{User: *u, ExternalAccounts: documentsOf(u.ExternalAccounts), Hidden: hiddenDocument{
		LockedUntil: u.LockedUntil, Directory: u.Directory, OrganizationIDs: u.OrganizationIDs, Image: u.Image,
		OrganizationMemberships: u.OrganizationMemberships, OrganizationInvitations: u.OrganizationInvitations,
		PasswordCompromised: u.PasswordCompromised, SessionsRevokedAt: u.SessionsRevokedAt, TrustedDevices: u.TrustedDevices,
	}}
}

// user returns the document's user without the credentials.
func (d userDocument) user() User {
	d.LockedUntil, d.Directory = d.Hidden.LockedUntil, d.Hidden.Directory
	d.OrganizationIDs, d.Image = d.Hidden.OrganizationIDs, d.Hidden.Image
	d.OrganizationMemberships = d.Hidden.OrganizationMemberships
	d.OrganizationInvitations = d.Hidden.OrganizationInvitations
	d.User.ExternalAccounts = accountsOf(d.ExternalAccounts)
	d.PasswordCompromised, d.SessionsRevokedAt = d.Hidden.PasswordCompromised, d.Hidden.SessionsRevokedAt
	d.TrustedDevices = d.Hidden.TrustedDevices
	return d.User
}

// seed returns the user to seed, with the credentials. Other given properties of the password stay.
func (d userDocument) seed(now time.Time) User {
	u := d.user()
	if d.Written != nil {
		d.Written.write(&u, now)
		u.PasswordCompromised = d.Hidden.PasswordCompromised
	}
	if d.PasswordLastUpdatedAt != nil {
		u.PasswordLastUpdatedAt = d.PasswordLastUpdatedAt
	}
	return u
}

func (s *Server) controlListUsers(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	documents := []userDocument{}
	for _, u := range i.Users() {
		documents = append(documents, documentOfUser(u))
	}
	return documents, nil
}

func (s *Server) controlSeedUser(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	var requested userDocument
	if err := readJSON(r, &requested); err != nil {
		return nil, err
	}
	return documentOfUser(i.Seed(requested.seed(i.now()))), nil
}

func (s *Server) controlGetUser(r *http.Request) (any, error) {
	u, _, err := s.selectedUser(r)
	if err != nil {
		return nil, err
	}
	return documentOfUser(u), nil
}

// selectedUser returns the user in the path, from the selected instance; if none is selected, from the instance that
// has the user.
func (s *Server) selectedUser(r *http.Request) (*User, *Instance, error) {
	instances := s.Instances()
	if i, err := s.selectedOrAll(r); err != nil {
		return nil, nil, err
	} else if i != nil {
		instances = []*Instance{i}
	}
	for _, i := range instances {
		if u := i.User(r.PathValue("id")); u != nil {
			return u, i, nil
		}
	}
	return nil, nil, fmt.Errorf("finding %q: %w", r.PathValue("id"), ErrNoUser)
}

func (s *Server) controlEditUser(r *http.Request) (any, error) {
	u, i, err := s.selectedUser(r)
	if err != nil {
		return nil, err
	}
	changed, err := overlay(r, documentOfUser(u))
	if err != nil {
		return nil, err
	}
	edited, err := i.Edit(u.ID, func(u *User) {
		credentials := u.Credentials
		*u = changed.user()
		u.Credentials = credentials
		if changed.Written != nil {
			changed.Written.write(u, i.now())
		}
	})
	if err != nil {
		return nil, err
	}
	return documentOfUser(edited), nil
}

func (s *Server) controlDeleteUser(r *http.Request) (any, error) {
	u, i, err := s.selectedUser(r)
	if err != nil {
		return nil, err
	}
	return map[string]bool{"deleted": true}, i.Delete(u.ID)
}
