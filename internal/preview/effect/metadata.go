// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package effect

import (
	"net/http"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// maxMetadata is Clerk's limit for a metadata field in bytes of JSON, as stored.
const maxMetadata = 8192

// writeMetadata combines what the user has and what was sent, for each field that was sent.
func writeMetadata(u *clerk.User, p clerk.MetadataParams, combine func(have, sent map[string]any) map[string]any) error {
	for _, field := range []struct {
		param string
		have  *clerk.Metadata
		sent  clerk.Metadata
	}{
		{"public_metadata", &u.PublicMetadata, p.Public},
		{"private_metadata", &u.PrivateMetadata, p.Private},
		{"unsafe_metadata", &u.UnsafeMetadata, p.Unsafe},
	} {
		if field.sent == nil {
			continue
		}
		*field.have = combine(*field.have, field.sent)
		if field.have.Size() > maxMetadata {
			return refusal(http.StatusUnprocessableEntity, "form_param_exceeds_allowed_size", field.param)
		}
	}
	return nil
}

// merged merges objects key by key at every depth (RFC 7386). nil removes a key, and every other value replaces the former one.
func merged(have, sent map[string]any) map[string]any {
	result := copyObject(have)
	for key, value := range sent {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(result, key)
		case isObject:
			before, _ := result[key].(map[string]any)
			result[key] = merged(before, inner)
		default:
			result[key] = copyValue(value)
		}
	}
	return result
}

// copyObject returns a deep copy; an empty object for nil.
func copyObject(object map[string]any) map[string]any {
	result := make(map[string]any, len(object))
	for key, value := range object {
		result[key] = copyValue(value)
	}
	return result
}

func copyValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return copyObject(value)
	case []any:
		items := make([]any, len(value))
		for i := range value {
			items[i] = copyValue(value[i])
		}
		return items
	default:
		return value
	}
}
