// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

const (
	// metadataLimit is Clerk's limit per metadata field, in bytes of JSON.
	// See https://clerk.com/docs/guides/users/extending.
	metadataLimit = 8192
	// depthLimit limits how deep metadata may be nested. Clerk documents no limit, and deeper metadata serves nobody.
	depthLimit = 32
	// exactLimit is the largest integer, 2^53, up to which every JavaScript reader keeps a JSON number exactly.
	exactLimit = 1 << 53
)

// desiredMetadata is a declared metadata field. If the spec omits it, only ours matters.
type desiredMetadata struct {
	field string
	given bool
	// want never has the owner mark. It is empty if the field is omitted.
	want map[string]any
	// ours are the paths of the keys that we wrote.
	ours []path
}

// metadataSource is a metadata field of a spec as written.
type metadataSource struct {
	field string
	raw   *runtime.RawExtension
	// from are the values from Secrets.
	from []sourcedValue
}

func metadataSources(spec *v1alpha1.ClerkUserSpec, values []clerk.Secret) []metadataSource {
	return []metadataSource{
		{field: FieldPublicMetadata, raw: spec.PublicMetadata},
		{field: FieldPrivateMetadata, raw: spec.PrivateMetadata, from: sourcedValues(spec, values)},
		{field: FieldUnsafeMetadata, raw: spec.UnsafeMetadata},
	}
}

// readDesired decodes and checks a metadata field.
func readDesired(source metadataSource, mark Mark) (desiredMetadata, *InvalidError) {
	declared := desiredMetadata{field: source.field, want: map[string]any{}}
	if source.raw == nil && len(source.from) == 0 {
		return declared, nil
	}
	where := "spec." + source.field
	if source.raw != nil {
		object, invalid := readObject(where, source.raw.Raw)
		if invalid != nil {
			return declared, invalid
		}
		declared.want = object
	}
	for _, value := range source.from {
		if invalid := value.putInto(declared.want); invalid != nil {
			return declared, invalid
		}
	}
	declared.given = true
	if size := clerk.Metadata(declared.stored(mark)).Size(); size > metadataLimit {
		what := "has"
		if source.field == FieldPrivateMetadata {
			what = "has, with the owner mark,"
		}
		return declared, &InvalidError{where, fmt.Sprintf("%s %d bytes of JSON; Clerk accepts %d; make it smaller", what, size, metadataLimit)}
	}
	return declared, declared.recordable()
}

// readObject decodes a metadata field of the spec.
func readObject(where string, raw []byte) (map[string]any, *InvalidError) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var object map[string]any
	if !json.Valid(raw) || decoder.Decode(&object) != nil || object == nil {
		return nil, &InvalidError{where, "is not a JSON object; write keys and values"}
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if strings.HasPrefix(key, v1alpha1.ReservedPrefix) {
			return nil, reservedKey(step(where, key))
		}
	}
	return object, makeCanonical(where, object, depthLimit)
}

// reservedKey returns the error for a key that a spec must not declare.
func reservedKey(where string) *InvalidError {
	return &InvalidError{where, "keys that begin with " + v1alpha1.ReservedPrefix + " belong to the operator; choose another key"}
}

// stored returns the whole field as Clerk stores it if nobody else writes to it, with the mark in private metadata.
func (w desiredMetadata) stored(mark Mark) map[string]any {
	whole := cloneObject(w.want)
	if w.field == FieldPrivateMetadata {
		whole[v1alpha1.OwnerKey] = mark.String()
	}
	return whole
}

// makeCanonical converts an object that was decoded with json.Number into the form in which encoding/json decodes into
// an any. It refuses values that Clerk could not keep exactly.
func makeCanonical(where string, object map[string]any, depth int) *InvalidError {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		canonical, invalid := canonicalValue(step(where, key), object[key], depth-1)
		if invalid != nil {
			return invalid
		}
		object[key] = canonical
	}
	return nil
}

func canonicalValue(where string, value any, depth int) (any, *InvalidError) {
	if depth == 0 {
		return nil, &InvalidError{where, fmt.Sprintf("is nested more than %d deep; flatten it", depthLimit)}
	}
	switch value := value.(type) {
	case nil:
		return nil, &InvalidError{where, "is null, which Clerk cannot merge; to remove a key, drop it"}
	case json.Number:
		return canonicalNumber(where, value)
	case map[string]any:
		return value, makeCanonical(where, value, depth)
	case []any:
		for i := range value {
			canonical, invalid := canonicalValue(where+"["+strconv.Itoa(i)+"]", value[i], depth-1)
			if invalid != nil {
				return nil, invalid
			}
			value[i] = canonical
		}
	}
	return value, nil
}

// canonicalNumber returns the number as a float64, as Clerk's answers are decoded. It refuses integers that a float64
// or a JavaScript front end cannot hold. It accepts fractions, which lose digits everywhere.
func canonicalNumber(where string, number json.Number) (any, *InvalidError) {
	value, err := number.Float64()
	if !strings.ContainsAny(number.String(), ".eE") {
		// Compared as an integer, because a float64 would be rounded to the limit.
		var whole int64
		whole, err = number.Int64()
		if whole > exactLimit || whole < -exactLimit {
			err = strconv.ErrRange
		}
	}
	if err != nil {
		return nil, &InvalidError{where, "is a number that JSON readers do not keep exactly (beyond 2^53); " +
			"put it in quotes"}
	}
	return value, nil
}

var plainKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// step returns the path of a key below where, quoted if it would be ambiguous.
func step(where, key string) string {
	if plainKey.MatchString(key) {
		return where + "." + key
	}
	return where + "[" + strconv.Quote(key) + "]"
}

// cloneObject returns a deep copy of a decoded JSON object; never nil.
func cloneObject(object map[string]any) map[string]any {
	clone := make(map[string]any, len(object))
	for key, item := range object {
		clone[key] = cloneJSON(item)
	}
	return clone
}

// cloneJSON returns a deep copy of a decoded JSON value.
func cloneJSON(value any) any {
	switch value := value.(type) {
	case map[string]any:
		return cloneObject(value)
	case []any:
		clone := make([]any, len(value))
		for i, item := range value {
			clone[i] = cloneJSON(item)
		}
		return clone
	default:
		return value
	}
}
