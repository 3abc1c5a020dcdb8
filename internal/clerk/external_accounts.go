// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"encoding/json"
	"net/http"
)

// DeleteExternalAccount disconnects an account at a provider from a user. accountID is the id of the ExternalAccount.
// IsNotFound is true for the error if the user has no such account.
func (c *Client) DeleteExternalAccount(ctx context.Context, userID, accountID string) error {
	path, err := partPathOf(userID, "/external_accounts", accountID)
	if err != nil {
		return err
	}
	return c.call(ctx, endpoint{OperationDeleteExternalAccount, http.MethodDelete}, path, nil, &disconnectedAnswer{deletedAnswer{asked: accountID}})
}

// disconnectedAnswer is Clerk's answer about a disconnected account. Some accounts have the id of an identification
// beside their own. Clerk does not document which of the two it returns.
type disconnectedAnswer struct{ deletedAnswer }

func (a *disconnectedAnswer) canonicalize() error {
	if identificationIDShape.MatchString(a.ID) {
		a.ID = ""
	}
	return a.deletedAnswer.canonicalize()
}

// externalAccounts are the readable accounts of a user. Their form differs by provider, so an unreadable one is left
// out and does not make the user unreadable.
type externalAccounts []ExternalAccount

// externalAccount holds the used fields of one account. For some providers id is the id of an identification, and
// another field has the account's own id.
type externalAccount struct {
	ID       string `json:"id"`
	OwnID    string `json:"external_account_id"`
	Provider string `json:"provider"`
}

// UnmarshalJSON accepts anything.
func (a *externalAccounts) UnmarshalJSON(data []byte) error {
	*a = nil
	var entries []json.RawMessage
	// If it is not a list, the result is empty.
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
