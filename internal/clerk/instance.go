// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"net/http"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// Instance is the instance of a secret key.
type Instance struct {
	// ID is ins_ and letters and digits.
	ID string
	// Environment is development or production.
	Environment string
}

// Instance returns the instance that the client's key belongs to.
func (c *Client) Instance(ctx context.Context) (Instance, error) {
	answer := &instanceAnswer{}
	if err := c.call(ctx, endpoint{OperationInstance, http.MethodGet}, "/instance", nil, answer); err != nil {
		return Instance{}, err
	}
	return Instance{ID: answer.ID, Environment: answer.Environment}, nil
}

// IsInstanceID reports whether a text has the form of an instance's id.
func IsInstanceID(text string) bool { return instanceIDShape.MatchString(text) }

type instanceAnswer struct {
	clerksdk.APIResource
	ID          string `json:"id"`
	Environment string `json:"environment_type"`
}

func (a *instanceAnswer) canonicalize() error {
	if !IsInstanceID(a.ID) {
		return &malformedError{problem: "it is not an instance", form: formJSON}
	}
	return nil
}
