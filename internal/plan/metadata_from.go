// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// sourcedValue is a value of private metadata from a Secret.
type sourcedValue struct {
	// where is the entry of the spec, for errors.
	where string
	path  path
	value clerk.Secret
}

// sourcedValues combines the entries of spec.privateMetadataFrom with their values.
func sourcedValues(spec *v1alpha1.ClerkUserSpec, values []clerk.Secret) []sourcedValue {
	var found []sourcedValue
	for i, source := range spec.PrivateMetadataFrom[:min(len(spec.PrivateMetadataFrom), len(values))] {
		found = append(found, sourcedValue{
			where: fmt.Sprintf("spec.privateMetadataFrom[%d]", i),
			path:  pathOf(strings.TrimPrefix(source.Path, "/")),
			value: values[i],
		})
	}
	return found
}

// putInto sets the value in an object.
func (v sourcedValue) putInto(object map[string]any) *InvalidError {
	if strings.HasPrefix(v.path[0], v1alpha1.ReservedPrefix) {
		return reservedKey(v.where + ".path")
	}
	if !utf8.ValidString(v.value.Reveal()) {
		return &InvalidError{v.where + ".secretKeyRef", "names an entry that is not text in UTF-8; put text there, or encode it"}
	}
	if len(v.path) >= depthLimit {
		return &InvalidError{v.where + ".path", fmt.Sprintf("is more than %d deep; flatten it", depthLimit)}
	}
	for _, key := range v.path[:len(v.path)-1] {
		below, found := object[key]
		inner, isObject := below.(map[string]any)
		switch {
		case !found:
			inner = map[string]any{}
			object[key] = inner
		case !isObject:
			return declaredTwice(v.where)
		}
		object = inner
	}
	if _, found := object[v.path.last()]; found {
		return declaredTwice(v.where)
	}
	object[v.path.last()] = v.value.Reveal()
	return nil
}

func declaredTwice(where string) *InvalidError {
	return &InvalidError{where + ".path", "is declared in privateMetadata, or by another entry, too; remove one of the two"}
}
