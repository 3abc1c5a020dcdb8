// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"net/http"

	"github.com/clerk/clerk-sdk-go/v2/user"
)

const metadataSuffix = "/metadata"

// errNotJSON replaces the encoder's error, which quotes the value.
var errNotJSON = errors.New("a value has no JSON form")

// MergeMetadata merges params into the user's metadata: objects key by key at any depth, other values as a whole. A
// null removes its key.
func (c *Client) MergeMetadata(ctx context.Context, id string, params MetadataParams) (*User, error) {
	body := &user.UpdateMetadataParams{}
	var err error
	if body.PublicMetadata, body.PrivateMetadata, body.UnsafeMetadata, err = encodeMetadata(params); err != nil {
		return nil, err
	}
	return c.user(ctx, endpoint{OperationMergeMetadata, http.MethodPatch}, id, metadataSuffix, body)
}

// ReplaceMetadata replaces the user's metadata fields that params names.
func (c *Client) ReplaceMetadata(ctx context.Context, id string, params MetadataParams) (*User, error) {
	body := &user.ReplaceMetadataParams{}
	var err error
	if body.PublicMetadata, body.PrivateMetadata, body.UnsafeMetadata, err = encodeMetadata(params); err != nil {
		return nil, err
	}
	return c.user(ctx, endpoint{OperationReplaceMetadata, http.MethodPut}, id, metadataSuffix, body)
}
