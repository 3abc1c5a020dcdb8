// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package effect says what a call to Clerk does to one user: the user afterwards, or Clerk's refusal. It is a model of Clerk's
// documentation, as far as the operator's changes go. What depends on other users or on the settings of the instance is not part
// of it.
package effect

import (
	"net/http"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// NewID returns the id of something that a call creates. The prefix is user_ or idn_. The value is the address, number or wallet;
// "" for a user.
type NewID func(prefix, value string) string

// Of returns the user after a change; nil after its deletion. The given user is not changed; it is nil for a user that does not
// exist. The error is a *clerk.Error, as Clerk would answer.
func Of(u *clerk.User, c plan.Change, newID NewID) (*clerk.User, error) {
	if create, ok := c.(plan.Create); ok {
		return created(create.Params, newID), nil
	}
	if u == nil {
		return nil, refusal(http.StatusNotFound, "resource_not_found", "")
	}
	if _, deletes := c.(plan.Delete); deletes {
		if u.DirectoryManaged {
			return nil, refusal(http.StatusConflict, "user_managed_by_scim", "")
		}
		return nil, nil
	}
	if param := ownedByDirectory(u, c); param != "" {
		return nil, refusal(http.StatusConflict, "attribute_managed_by_scim", param)
	}
	next := Copy(u)
	if err := change(next, c, newID); err != nil {
		return nil, err
	}
	return next, nil
}

func change(u *clerk.User, c plan.Change, newID NewID) error {
	switch c := c.(type) {
	case plan.Create, plan.Delete: // They are carried out in Of.
	case plan.Ban:
		u.Banned = true
	case plan.Unban:
		u.Banned = false
	case plan.Lock:
		u.Locked = true
	case plan.Unlock:
		u.Locked = false
	case plan.Update:
		return update(u, c.Params)
	case plan.MergeMetadata:
		return writeMetadata(u, c.Params, merged)
	case plan.ReplaceMetadata:
		return writeMetadata(u, c.Params, func(_, sent map[string]any) map[string]any { return copyObject(sent) })
	case plan.SetProfileImage:
		u.HasImage = true
	case plan.DeleteProfileImage:
		u.HasImage = false
	case plan.AddEmailAddress:
		return addEmail(u, c.Params, newID)
	case plan.UpdateEmailAddress:
		return updateEmail(u, c.Contact.ID, c.Params)
	case plan.DeleteEmailAddress:
		return deleteEmail(u, c.Contact.ID)
	case plan.AddPhoneNumber:
		return addPhone(u, c.Params, newID)
	case plan.UpdatePhoneNumber:
		return updatePhone(u, c.Contact.ID, c.Params)
	case plan.DeletePhoneNumber:
		return deletePhone(u, c.Contact.ID)
	}
	return nil
}

func refusal(status int, code, param string) error {
	return &clerk.Error{Status: status, Code: code, Param: param}
}

// ownedByDirectory returns the first parameter of a call that the user's directory owns; "" if there is none. Clerk does not say in
// its API which attributes a directory owns; these are the ones that every directory maps.
func ownedByDirectory(u *clerk.User, c plan.Change) string {
	if !u.DirectoryManaged {
		return ""
	}
	switch c := c.(type) {
	case plan.AddEmailAddress, plan.UpdateEmailAddress, plan.DeleteEmailAddress:
		return "email_address"
	case plan.Update:
		p := c.Params
		switch {
		case p.FirstName != nil:
			return "first_name"
		case p.LastName != nil:
			return "last_name"
		case p.Username != nil:
			return "username"
		case p.PrimaryEmailAddressID != nil:
			return "email_address"
		}
	default:
	}
	return ""
}
