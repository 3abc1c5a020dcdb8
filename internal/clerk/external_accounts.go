// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"encoding/json"
	"net/http"
)

// DeleteExternalAccount disconnects an account elsewhere from a user; the id is that of the ExternalAccount. IsNotFound is
// true of the error if the user has no such account.
func (c *Client) DeleteExternalAccount(ctx context.Context, userID, accountID string) error {
	path, err := partPathOf(userID, "/external_accounts", accountID)
	if err != nil {
		return err
	}
	return c.call(ctx, http.MethodDelete, path, nil, &disconnectedAnswer{deletedAnswer{asked: accountID}})
}

// disconnectedAnswer is what Clerk says about an account that it disconnected. Some accounts have the id of an identification
// beside their own, and by which of the two they are confirmed is not documented.
type disconnectedAnswer struct{ deletedAnswer }

func (a *disconnectedAnswer) canonicalize() error {
	if identificationIDShape.MatchString(a.ID) {
		a.ID = ""
	}
	return a.deletedAnswer.canonicalize()
}

// externalAccounts are the accounts of a user that can be read. They differ by provider, so one that cannot is left out and
// does not make the user unreadable.
type externalAccounts []ExternalAccount

// externalAccount is what is looked at of one. For some providers the id is that of an identification, and the account's own
// is in a field of its name.
type externalAccount struct {
	ID       string `json:"id"`
	OwnID    string `json:"external_account_id"`
	Provider string `json:"provider"`
}

// UnmarshalJSON accepts anything.
func (a *externalAccounts) UnmarshalJSON(data []byte) error {
	*a = nil
	var entries []json.RawMessage
	// What is no list leaves it empty.
	_ = json.Unmarshal(data, &entries)
	for _, entry := range entries {
		var one externalAccount
		if json.Unmarshal(entry, &one) != nil {
			continue
		}
		if one.OwnID != "" {
			one.ID = one.OwnID
		}
		if partIDShape.MatchString(one.ID) {
			*a = append(*a, ExternalAccount{ID: one.ID, Provider: one.Provider})
		}
	}
	return nil
}
