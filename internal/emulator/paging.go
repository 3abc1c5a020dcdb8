// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"maps"
	"net/url"
	"slices"
)

// listPage is the form of every list except that of users: a page, and the total number.
type listPage[T any] struct {
	Data       []T `json:"data"`
	TotalCount int `json:"total_count"`
}

// sublist returns the part of a list that the query's limit and offset select.
func sublist[T any](values url.Values, list []T) ([]T, error) {
	page, err := parsePage(url.Values{"limit": values["limit"], "offset": values["offset"]})
	if err != nil {
		return nil, err
	}
	from := min(page.offset, len(list))
	return list[from:min(from+page.limit, len(list))], nil
}

// refuseUnknown refuses unknown query parameters, as list and count do.
func refuseUnknown(values url.Values, known ...string) error {
	var found []errorEntry
	for _, param := range slices.Sorted(maps.Keys(values)) {
		if param != versionQuery && !slices.Contains(known, param) {
			found = append(found, unknownParam(param))
		}
	}
	return unprocessable(found...)
}
