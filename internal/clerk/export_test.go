// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

// MetadataJSON is what is sent for a metadata field.
func MetadataJSON(m Metadata) ([]byte, error) { return m.json() }
