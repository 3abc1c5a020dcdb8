// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import "net/http"

// accountDocument is a connected account; _emulator has what Clerk does not show.
type accountDocument struct {
	ExternalAccount
	Hidden hiddenAccount `json:"_emulator"`
}

// hiddenAccount has the fields of ExternalAccount without a name in Clerk's JSON.
type hiddenAccount struct {
	Token *OAuthToken `json:"token,omitempty"`
}

func documentsOf(accounts []ExternalAccount) []accountDocument {
	documents := make([]accountDocument, len(accounts))
	for n, a := range accounts {
		documents[n] = accountDocument{ExternalAccount: a, Hidden: hiddenAccount{Token: a.Token}}
	}
	return documents
}

func accountsOf(documents []accountDocument) []ExternalAccount {
	accounts := make([]ExternalAccount, len(documents))
	for n, d := range documents {
		accounts[n] = d.ExternalAccount
		accounts[n].Token = d.Hidden.Token
	}
	return accounts
}

// controlListCodes returns the codes that Clerk would have sent to the selected instance's users.
func (s *Server) controlListCodes(r *http.Request) (any, error) {
	i, err := s.selected(r)
	if err != nil {
		return nil, err
	}
	return i.SentCodes(), nil
}
