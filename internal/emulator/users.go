// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "net/http"

// deletedObject is Clerk's schema DeletedObject.
type deletedObject struct {
	Object     string  `json:"object"`
	ID         string  `json:"id"`
	Deleted    bool    `json:"deleted"`
	ExternalID *string `json:"external_id,omitempty"`
}

// user returns the user in the path, as stored.
func (c *call) user() (*User, error) { return c.find(c.id("user_id")) }

func (c *call) find(id string) (*User, error) {
	u := c.instance.store.find(id)
	if u == nil {
		return nil, notFound("user", id)
	}
	return u, nil
}

// change applies edit to a copy of the user and stores it, with a newer time of change if it differs. It returns the
// present user. If edit fails, nothing is stored.
func (c *call) change(id string, edit func(*User) error) (*User, error) {
	stored, err := c.find(id)
	if err != nil {
		return nil, err
	}
	before := c.instance.show(stored, c.now)
	edited := clone(before)
	if err := edit(edited); err != nil {
		return nil, err
	}
	if !differs(before, edited) {
		return before, nil
	}
	stamp(edited, stored, c.now)
	c.instance.store.put(edited, c.now, c.settings().ListLag)
	return c.instance.show(edited, c.now), nil
}

func getUser(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	if born := c.instance.store.records[u.ID].born; c.now.Sub(born) < c.settings().GetLag {
		return nil, notFound("user", u.ID)
	}
	return c.instance.show(u, c.now), nil
}

func deleteUser(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	if u.Directory != nil {
		return nil, refuse(http.StatusConflict, "user_managed_by_scim", "user is managed by a directory",
			"This user is managed by a directory and cannot be deleted.")
	}
	c.instance.store.remove(u.ID, c.now, c.settings().ListLag)
	return deletedObject{Object: "user", ID: u.ID, Deleted: true, ExternalID: u.ExternalID}, nil
}
