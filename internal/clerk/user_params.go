// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/clerk/clerk-sdk-go/v2/user"
)

// createParams are the SDK's parameters with those that it lacks.
type createParams struct {
	user.CreateParams
	CreateOrganizationsLimit *int64   `json:"create_organizations_limit,omitempty"`
	EmailAddressStatuses     []string `json:"email_address_identification_status,omitempty"`
	PhoneNumberStatuses      []string `json:"phone_number_identification_status,omitempty"`
	Banned                   *bool    `json:"banned,omitempty"`
	Locked                   *bool    `json:"locked,omitempty"`
	BypassClientTrust        *bool    `json:"bypass_client_trust,omitempty"`
	SkipUserRequirement      *bool    `json:"skip_user_requirement,omitempty"`
}

// updateParams are the SDK's parameters with those that it lacks, and with texts that can be cleared.
type updateParams struct {
	user.UpdateParams
	ExternalID               *clearable `json:"external_id,omitempty"`
	Username                 *clearable `json:"username,omitempty"`
	FirstName                *clearable `json:"first_name,omitempty"`
	LastName                 *clearable `json:"last_name,omitempty"`
	Locale                   *clearable `json:"locale,omitempty"`
	CreateOrganizationsLimit *int64     `json:"create_organizations_limit,omitempty"`
	BypassClientTrust        *bool      `json:"bypass_client_trust,omitempty"`
}

// clearable is a text that is sent as null if it is empty. An empty external id would be an id that only one user can
// have, and an empty locale is invalid.
type clearable string

// MarshalJSON returns null for "".
func (c clearable) MarshalJSON() ([]byte, error) {
	if c == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(c))
}

func newCreateParams(p CreateUserParams) (*createParams, error) {
	body := &createParams{
		CreateOrganizationsLimit: p.CreateOrganizationsLimit,
		Banned:                   p.Banned,
		Locked:                   p.Locked,
		BypassClientTrust:        p.BypassClientTrust,
		SkipUserRequirement:      p.SkipUserRequirement,
	}
	body.ExternalID = unlessEmpty(p.ExternalID)
	body.Username = unlessEmpty(p.Username)
	body.FirstName = unlessEmpty(p.FirstName)
	body.LastName = unlessEmpty(p.LastName)
	body.Locale = unlessEmpty(p.Locale)
	body.EmailAddresses, body.EmailAddressStatuses = split(p.EmailAddresses)
	body.PhoneNumbers, body.PhoneNumberStatuses = split(p.PhoneNumbers)
	if len(p.Web3Wallets) > 0 {
		body.Web3Wallets = &p.Web3Wallets
	}
	body.DeleteSelfEnabled = p.DeleteSelfEnabled
	body.CreateOrganizationEnabled = p.CreateOrganizationEnabled
	body.SkipLegalChecks = p.SkipLegalChecks
	body.SkipPasswordRequirement = p.SkipPasswordRequirement
	setCredentials(body, p)
	body.CreatedAt = formatTime(p.CreatedAt)
	body.LegalAcceptedAt = formatTime(p.LegalAcceptedAt)
	var err error
	body.PublicMetadata, body.PrivateMetadata, body.UnsafeMetadata, err = encodeMetadata(
		MetadataParams{Public: p.PublicMetadata, Private: p.PrivateMetadata, Unsafe: p.UnsafeMetadata})
	return body, err
}

func setCredentials(body *createParams, p CreateUserParams) {
	body.Password, body.PasswordDigest, body.PasswordHasher = revealed(p.Password), revealed(p.PasswordDigest), p.PasswordHasher
	body.SkipPasswordChecks = p.SkipPasswordChecks
	body.TOTPSecret = revealed(p.TOTPSecret)
	if len(p.BackupCodes) == 0 {
		return
	}
	codes := make([]string, 0, len(p.BackupCodes))
	for _, code := range p.BackupCodes {
		codes = append(codes, code.Reveal())
	}
	body.BackupCodes = &codes
}

// revealed returns the text of a Secret; nil if there is none.
func revealed(secret *Secret) *string {
	if secret == nil {
		return nil
	}
	return new(secret.Reveal())
}

func newUpdateParams(p UpdateUserParams) *updateParams {
	body := &updateParams{
		ExternalID:               (*clearable)(p.ExternalID),
		Username:                 (*clearable)(p.Username),
		FirstName:                (*clearable)(p.FirstName),
		LastName:                 (*clearable)(p.LastName),
		Locale:                   (*clearable)(p.Locale),
		CreateOrganizationsLimit: p.CreateOrganizationsLimit,
		BypassClientTrust:        p.BypassClientTrust,
	}
	body.PrimaryEmailAddressID = p.PrimaryEmailAddressID
	body.PrimaryPhoneNumberID = p.PrimaryPhoneNumberID
	body.Password = revealed(p.Password)
	body.SkipPasswordChecks = p.SkipPasswordChecks
	body.SignOutOfOtherSessions = p.SignOutOfOtherSessions
	body.TOTPSecret = revealed(p.TOTPSecret)
	body.DeleteSelfEnabled = p.DeleteSelfEnabled
	body.CreateOrganizationEnabled = p.CreateOrganizationEnabled
	return body
}

// unlessEmpty leaves out an empty text, which is a new user's default.
func unlessEmpty(text *string) *string {
	if text == nil || *text == "" {
		return nil
	}
	return text
}

// split returns the values and their statuses. It leaves the statuses out if all are verified, which is Clerk's
// default.
func split(identifiers []NewIdentifier) (*[]string, []string) {
	if len(identifiers) == 0 {
		return nil, nil
	}
	values, statuses := make([]string, 0, len(identifiers)), make([]string, 0, len(identifiers))
	verified := true
	for _, identifier := range identifiers {
		status := identifier.Status
		if status == "" {
			status = Verified
		}
		verified = verified && status == Verified
		values, statuses = append(values, identifier.Value), append(statuses, string(status))
	}
	if verified {
		return &values, nil
	}
	return &values, statuses
}

func formatTime(at *time.Time) *string {
	if at == nil {
		return nil
	}
	text := at.UTC().Format(time.RFC3339Nano)
	return &text
}

// encodeMetadata returns the JSON of the three fields; a nil field is left out.
func encodeMetadata(p MetadataParams) (public, private, unsafe *json.RawMessage, err error) {
	fields := [3]*json.RawMessage{}
	for i, metadata := range [3]Metadata{p.Public, p.Private, p.Unsafe} {
		if metadata == nil {
			continue
		}
		raw, err := metadata.json()
		if err != nil {
			return nil, nil, nil, fmt.Errorf("encoding metadata: %w", errNotJSON)
		}
		fields[i] = (*json.RawMessage)(&raw)
	}
	return fields[0], fields[1], fields[2], nil
}
