// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"slices"
)

const (
	versionHeader = "Clerk-Api-Version"
	versionQuery  = "__clerk_api_version"
	// oldestVersion is applied to a request that names none.
	oldestVersion = "2021-02-05"
	// metadataVersion is the first in which PATCH of a user refuses metadata.
	metadataVersion = "2026-05-12"
)

// knownVersions returns the dates Clerk accepts, oldest first.
func knownVersions() []string {
	return []string{oldestVersion, "2024-10-01", "2025-03-12", "2025-04-10", "2025-11-10", metadataVersion}
}

// requestedVersion returns the version a request names, or the empty string.
func requestedVersion(r *http.Request) string {
	if version := r.Header.Get(versionHeader); version != "" {
		return version
	}
	return r.URL.Query().Get(versionQuery)
}

// appliedVersion returns the version that applies to a request. Naming one twice or one that Clerk does not know is refused.
func appliedVersion(r *http.Request) (string, error) {
	named := slices.Concat(r.Header.Values(versionHeader), r.URL.Query()[versionQuery])
	switch {
	case len(named) == 0:
		return oldestVersion, nil
	case len(named) == 1 && slices.Contains(knownVersions(), named[0]):
		return named[0], nil
	default:
		return "", refuse(http.StatusBadRequest, "api_version_invalid", "is invalid",
			"The API version must be given once, in the header or in the query, and be one that exists.")
	}
}
