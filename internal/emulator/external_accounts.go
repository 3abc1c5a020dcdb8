// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ExternalAccount is a connected account. It can only be seeded; the API cannot create one.
//
// An account has two ids: its own, which begins with eac_, and the id of its identification, which begins with idn_.
// With Google and Facebook ID is the latter and ExternalAccountID the former. With every other provider ID is the
// former and ExternalAccountID is left out.
type ExternalAccount struct {
	ID                string         `json:"id"`
	Object            string         `json:"object"`
	ExternalAccountID string         `json:"external_account_id,omitempty"`
	Provider          string         `json:"provider"`
	IdentificationID  string         `json:"identification_id"`
	ProviderUserID    string         `json:"provider_user_id"`
	ApprovedScopes    string         `json:"approved_scopes"`
	EmailAddress      string         `json:"email_address"`
	FirstName         string         `json:"first_name"`
	LastName          string         `json:"last_name"`
	PublicMetadata    map[string]any `json:"public_metadata"`
	Label             *string        `json:"label"`
	Verification      *Verification  `json:"verification"`
	CreatedAt         int64          `json:"created_at"`
	UpdatedAt         int64          `json:"updated_at"`

	// Token is the access token that Clerk holds for the account; nil means none.
	Token *OAuthToken `json:"-"`
}

const (
	accountPrefix        = "eac_"
	identificationPrefix = "idn_"
	accountObject        = "external_account"
)

// formerObject returns the object name of accounts with the two oldest providers, whose form Clerk kept; "" for others.
func formerObject(provider string) string {
	switch provider {
	case "oauth_google":
		return "google_account"
	case "oauth_facebook":
		return "facebook_account"
	default:
		return ""
	}
}

// accountID returns the account's own id, by which it is deleted and which tokens refer to.
func (a *ExternalAccount) accountID() string { return cmp.Or(a.ExternalAccountID, a.ID) }

func (i *Instance) completeExternalAccount(a *ExternalAccount, now time.Time) {
	a.Object = cmp.Or(a.Object, formerObject(a.Provider), accountObject)
	if strings.HasPrefix(a.ID, identificationPrefix) {
		a.IdentificationID = cmp.Or(a.IdentificationID, a.ID)
	}
	i.completeAddress(&a.IdentificationID, &a.CreatedAt, &a.UpdatedAt, now)
	i.completeAccountIDs(a, now)
	if a.PublicMetadata == nil {
		a.PublicMetadata = map[string]any{}
	}
	if a.Verification == nil {
		// Clerk's schema allows no null expiry for this kind of verification.
		a.Verification = &Verification{
			Object: "verification_oauth", Status: "verified", Strategy: a.Provider,
			ExpireAt: new(millis(now.Add(10 * time.Minute))),
		}
	}
}

// completeAccountIDs sets the account's own id, in the field of its kind of account.
func (i *Instance) completeAccountIDs(a *ExternalAccount, now time.Time) {
	if a.Object == accountObject {
		a.ID = cmp.Or(a.ID, i.server.ids.next(accountPrefix, now))
		return
	}
	if strings.HasPrefix(a.ID, accountPrefix) {
		a.ExternalAccountID = cmp.Or(a.ExternalAccountID, a.ID)
	}
	a.ExternalAccountID = cmp.Or(a.ExternalAccountID, i.server.ids.next(accountPrefix, now))
	a.ID = a.IdentificationID
}

// deleteExternalAccount takes the account's own id. The id of the identification, which accounts of Google and Facebook
// show as theirs, is answered like an unknown one.
func deleteExternalAccount(c *call) (any, error) {
	u, err := c.user()
	if err != nil {
		return nil, err
	}
	id := c.id("external_account_id")
	n := slices.IndexFunc(u.ExternalAccounts, func(a ExternalAccount) bool { return a.accountID() == id })
	if n < 0 {
		return nil, refuse(http.StatusNotFound, "external_account_not_found", "not found", "The user has no such external account.")
	}
	_, err = c.change(u.ID, func(rest *User) error {
		rest.unlink(rest.ExternalAccounts[n].IdentificationID)
		rest.ExternalAccounts = slices.Delete(rest.ExternalAccounts, n, n+1)
		if !rest.hasIdentifier() {
			return lastIdentification()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return deletedObject{Object: accountObject, ID: id, Deleted: true}, nil
}

// unlink removes the link between identifiers and a connected account, after which they can be deleted.
func (u *User) unlink(identification string) {
	to := func(l Link) bool { return l.ID == identification }
	for n := range u.EmailAddresses {
		u.EmailAddresses[n].LinkedTo = slices.DeleteFunc(u.EmailAddresses[n].LinkedTo, to)
	}
	for n := range u.PhoneNumbers {
		u.PhoneNumbers[n].LinkedTo = slices.DeleteFunc(u.PhoneNumbers[n].LinkedTo, to)
	}
}
