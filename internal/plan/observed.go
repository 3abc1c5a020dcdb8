// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// PlainValues returns the values of a user's plain fields by the names of the fields. Texts that are empty and values that Clerk does
// not have are left out.
func PlainValues(u *clerk.User) map[string]any {
	values := map[string]any{}
	for _, field := range plainFields {
		value := reflect.ValueOf(field.observed(u))
		if value.IsNil() || value.Elem().Kind() == reflect.String && value.Elem().Len() == 0 {
			continue
		}
		values[field.name] = value.Elem().Interface()
	}
	return values
}

// InlineMetadata decodes a metadata field of a spec into the form in which a user has it. The error is an *InvalidError.
func InlineMetadata(field string, raw []byte) (clerk.Metadata, error) {
	object, invalid := readObject("spec."+field, raw)
	if invalid != nil {
		return nil, invalid
	}
	return object, nil
}
