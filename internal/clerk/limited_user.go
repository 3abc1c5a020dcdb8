// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"net/http"
	"regexp"
)

var (
	userPath     = regexp.MustCompile(`^/users/(user_[A-Za-z0-9]+)$`)
	metadataPath = regexp.MustCompile(`^/users/(user_[A-Za-z0-9]+)/metadata$`)
)

// limitedUser returns the id of the user whose limit a call counts against; "" for none. Clerk limits writes to one
// user to 10 in 10 seconds, across all clients of the instance: PATCH of a user, and PATCH and PUT of its metadata. See
// https://clerk.com/docs/guides/how-clerk-works/system-limits.
func limitedUser(method, path string) string {
	var match []string
	switch method {
	case http.MethodPatch:
		if match = userPath.FindStringSubmatch(path); match == nil {
			match = metadataPath.FindStringSubmatch(path)
		}
	case http.MethodPut:
		match = metadataPath.FindStringSubmatch(path)
	}
	if match == nil {
		return ""
	}
	return match[1]
}
