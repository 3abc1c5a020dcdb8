// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"slices"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"
)

// pagedAnswer is one page of a list, with the length of the whole list.
type pagedAnswer[T any] struct {
	clerksdk.APIResource
	Data  []*T   `json:"data"`
	Total *int64 `json:"total_count"`
}

func (a *pagedAnswer[T]) canonicalize() error {
	if a.Data == nil || a.Total == nil || *a.Total < 0 {
		return &malformedError{problem: "it is not a page of a list"}
	}
	if slices.Contains(a.Data, nil) {
		return errMissingPart
	}
	return nil
}

// page returns the SDK's parameters for a page of up to limit (at most 500) items after the first offset.
func page(limit, offset int) clerksdk.ListParams {
	return clerksdk.ListParams{
		Limit:  clerksdk.Int64(int64(min(max(limit, 1), maxListLimit))),
		Offset: clerksdk.Int64(int64(max(offset, 0))),
	}
}
