// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"fmt"
	"net/http"
	"time"
)

// userDocument is a user with what Clerk would not show under _emulator.
type userDocument struct {
	User
	Hidden hiddenDocument `json:"_emulator"`
}

// hiddenDocument are the fields of User that have no name in Clerk's JSON, credentials left out.
type hiddenDocument struct {
	LockedUntil     time.Time  `json:"locked_until,omitzero"`
	Directory       *Directory `json:"directory,omitempty"`
	OrganizationIDs []string   `json:"organization_ids,omitempty"`
}

func documentOfUser(u *User) userDocument {
	return userDocument{User: *u, Hidden: hiddenDocument{
		LockedUntil: u.LockedUntil, Directory: u.Directory, OrganizationIDs: u.OrganizationIDs,
	}}
}

// user returns the document's user; credentials are not in it.
func (d userDocument) user() User {
	d.LockedUntil, d.Directory = d.Hidden.LockedUntil, d.Hidden.Directory
	d.OrganizationIDs = d.Hidden.OrganizationIDs
	return d.User
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
	var wish userDocument
	if err := readJSON(r, &wish); err != nil {
		return nil, err
	}
	return documentOfUser(i.Seed(wish.user())), nil
}

func (s *Server) controlGetUser(r *http.Request) (any, error) {
	u, _, err := s.selectedUser(r)
	if err != nil {
		return nil, err
	}
	return documentOfUser(u), nil
}

// selectedUser returns the user that the path names, in the selected instance or, if none is selected, in whichever has him.
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
