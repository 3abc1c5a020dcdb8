// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"fmt"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
)

const emailAddressesPath = "/email_addresses"

// CreateEmailAddress adds an address to a user. IdentifierTaken is true for the error if any user has the address, even
// the same one.
func (c *Client) CreateEmailAddress(ctx context.Context, params CreateEmailAddressParams) (EmailAddress, error) {
	if !userIDShape.MatchString(params.UserID) {
		return EmailAddress{}, fmt.Errorf("%.64q is not the id of a Clerk user", params.UserID)
	}
	return c.emailAddress(ctx, endpoint{OperationCreateEmailAddress, http.MethodPost}, &emailAddressAnswer{sent: &params.Address}, &emailaddress.CreateParams{
		UserID:       &params.UserID,
		EmailAddress: &params.Address,
		Verified:     &params.Verified,
		Primary:      ifTrue(params.Primary),
	})
}

// UpdateEmailAddress changes the state of an address. The address itself cannot be changed.
func (c *Client) UpdateEmailAddress(ctx context.Context, id string, params UpdateEmailAddressParams) (EmailAddress, error) {
	if err := checkIdentification(id); err != nil {
		return EmailAddress{}, err
	}
	return c.emailAddress(ctx, endpoint{OperationUpdateEmailAddress, http.MethodPatch}, &emailAddressAnswer{asked: id}, &emailaddress.UpdateParams{
		Verified: params.Verified, Primary: params.Primary,
	})
}

// DeleteEmailAddress removes an address from its user. Clerk refuses to remove the last way to sign in, and linked
// addresses.
func (c *Client) DeleteEmailAddress(ctx context.Context, id string) error {
	if err := checkIdentification(id); err != nil {
		return err
	}
	return c.call(ctx, endpoint{OperationDeleteEmailAddress, http.MethodDelete}, emailAddressesPath+"/"+id, nil, &deletedAnswer{asked: id})
}

// emailAddress makes a call whose answer is an address.
func (c *Client) emailAddress(ctx context.Context, to endpoint, answer *emailAddressAnswer, params clerksdk.Params) (EmailAddress, error) {
	path := emailAddressesPath
	if answer.asked != "" {
		path += "/" + answer.asked
	}
	if err := c.call(ctx, to, path, params, answer); err != nil {
		return EmailAddress{}, err
	}
	return answer.canonical, nil
}

type emailAddressAnswer struct {
	clerksdk.EmailAddress
	// asked is the id of the requested address; "" for a new one. sent is a new address; nil otherwise. Clerk does not say
	// to whom an address belongs.
	asked     string
	sent      *string
	canonical EmailAddress
}

func (a *emailAddressAnswer) canonicalize() (err error) {
	a.canonical, err = canonicalEmailAddress(&a.EmailAddress)
	if err != nil {
		return err
	}
	user := &User{EmailAddresses: []EmailAddress{a.canonical}}
	if a.asked != "" && a.ID != a.asked || a.sent != nil && !matches(user, KindEmailAddress, *a.sent) {
		return &malformedError{problem: "it is not the address that the call is about"}
	}
	return nil
}

// checkIdentification refuses a text that is not the id of an address or number. An empty one would select all of them.
func checkIdentification(id string) error {
	if !identificationIDShape.MatchString(id) {
		return fmt.Errorf("%.64q is not the id of an identifier at Clerk", id)
	}
	return nil
}

// ifTrue leaves out false, which is the default.
func ifTrue(value bool) *bool {
	if !value {
		return nil
	}
	return &value
}
