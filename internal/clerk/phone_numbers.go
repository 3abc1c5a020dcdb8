// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"fmt"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
	"github.com/clerk/clerk-sdk-go/v2/phonenumber"
)

const phoneNumbersPath = "/phone_numbers"

// createPhoneParams are the SDK's parameters with the one that it lacks.
type createPhoneParams struct {
	phonenumber.CreateParams
	ReservedForSecondFactor *bool `json:"reserved_for_second_factor,omitempty"`
}

// CreatePhoneNumber adds a number to a user. IdentifierTaken is true for the error if any user has the number, even the
// same one.
func (c *Client) CreatePhoneNumber(ctx context.Context, params CreatePhoneNumberParams) (PhoneNumber, error) {
	if !userIDShape.MatchString(params.UserID) {
		return PhoneNumber{}, fmt.Errorf("%.64q is not the id of a Clerk user", params.UserID)
	}
	body := &createPhoneParams{ReservedForSecondFactor: ifTrue(params.ReservedForSecondFactor)}
	body.UserID, body.PhoneNumber = &params.UserID, &params.Number
	body.Verified, body.Primary = &params.Verified, ifTrue(params.Primary)
	return c.phoneNumber(ctx, endpoint{OperationCreatePhoneNumber, http.MethodPost}, &phoneNumberAnswer{sent: &params.Number}, body)
}

// UpdatePhoneNumber changes the state of a number. The number itself cannot be changed.
func (c *Client) UpdatePhoneNumber(ctx context.Context, id string, params UpdatePhoneNumberParams) (PhoneNumber, error) {
	if err := checkIdentification(id); err != nil {
		return PhoneNumber{}, err
	}
	return c.phoneNumber(ctx, endpoint{OperationUpdatePhoneNumber, http.MethodPatch}, &phoneNumberAnswer{asked: id}, &phonenumber.UpdateParams{
		Verified: params.Verified, Primary: params.Primary, ReservedForSecondFactor: params.ReservedForSecondFactor,
	})
}

// DeletePhoneNumber removes a number from its user. Clerk refuses to remove the last way to sign in, and linked
// numbers.
func (c *Client) DeletePhoneNumber(ctx context.Context, id string) error {
	if err := checkIdentification(id); err != nil {
		return err
	}
	return c.call(ctx, endpoint{OperationDeletePhoneNumber, http.MethodDelete}, phoneNumbersPath+"/"+id, nil, &deletedAnswer{asked: id})
}

// phoneNumber makes a call whose answer is a number.
func (c *Client) phoneNumber(ctx context.Context, to endpoint, answer *phoneNumberAnswer, params clerksdk.Params) (PhoneNumber, error) {
	path := phoneNumbersPath
	if answer.asked != "" {
		path += "/" + answer.asked
	}
	if err := c.call(ctx, to, path, params, answer); err != nil {
		return PhoneNumber{}, err
	}
	return answer.canonical, nil
}

type phoneNumberAnswer struct {
	clerksdk.PhoneNumber
	// asked is the id of the requested number; "" for a new one. sent is a new number; nil otherwise. Clerk does not say
	// to whom a number belongs.
	asked     string
	sent      *string
	canonical PhoneNumber
}

func (a *phoneNumberAnswer) canonicalize() (err error) {
	a.canonical, err = canonicalPhoneNumber(&a.PhoneNumber)
	if err != nil {
		return err
	}
	user := &User{PhoneNumbers: []PhoneNumber{a.canonical}}
	if a.asked != "" && a.ID != a.asked || a.sent != nil && !matches(user, KindPhoneNumber, *a.sent) {
		return &malformedError{problem: "it is not the number that the call is about"}
	}
	return nil
}
