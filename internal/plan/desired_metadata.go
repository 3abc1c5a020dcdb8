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
	// metadataLimit is what Clerk takes per metadata field, in bytes of JSON.
	// See https://clerk.com/docs/guides/users/extending.
	metadataLimit = 8192
	// depthLimit bounds how deep metadata may nest. Clerk documents no bound; nobody reads what is deeper.
	depthLimit = 32
	// exactLimit is the largest integer up to which a JSON number survives every JavaScript reader, 2^53.
	exactLimit = 1 << 53
)

// metadataWish is a declared metadata field. Where the spec omits it, only ours matters.
type metadataWish struct {
	field string
	given bool
	// want never holds the owner mark; it is empty where the field is omitted.
	want map[string]any
	// ours are the paths of the keys that we wrote.
	ours []path
}

// metadataSource is a metadata field of a spec as it was written.
type metadataSource struct {
	field string
	raw   *runtime.RawExtension
	// from are values that are declared elsewhere.
	from []sourcedValue
}

func metadataSources(spec *v1alpha1.ClerkUserSpec, values []clerk.Secret) []metadataSource {
	return []metadataSource{
		{field: FieldPublicMetadata, raw: spec.PublicMetadata},
		{field: FieldPrivateMetadata, raw: spec.PrivateMetadata, from: sourcedValues(spec, values)},
		{field: FieldUnsafeMetadata, raw: spec.UnsafeMetadata},
	}
}

// readWish decodes and checks a metadata field.
func readWish(source metadataSource, mark Mark) (metadataWish, *InvalidError) {
	wish := metadataWish{field: source.field, want: map[string]any{}}
	if source.raw == nil && len(source.from) == 0 {
		return wish, nil
	}
	where := "spec." + source.field
	if source.raw != nil {
		object, invalid := readObject(where, source.raw.Raw)
		if invalid != nil {
			return wish, invalid
		}
		wish.want = object
	}
	for _, value := range source.from {
		if invalid := value.putInto(wish.want); invalid != nil {
			return wish, invalid
		}
	}
	wish.given = true
	if size := clerk.Metadata(wish.stored(mark)).Size(); size > metadataLimit {
		return wish, &InvalidError{where, fmt.Sprintf("has %d bytes of JSON; Clerk takes %d (private metadata with the "+
			"owner mark); make it smaller", size, metadataLimit)}
	}
	return wish, wish.recordable()
}

// readObject decodes a metadata field that stands in the spec.
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

// reservedKey refuses a key that a spec must not declare.
func reservedKey(where string) *InvalidError {
	return &InvalidError{where, "keys that begin with " + v1alpha1.ReservedPrefix + " belong to the operator; choose another key"}
}

// stored is the whole field as Clerk shall hold it when nobody else writes to it: with the mark, where it belongs.
func (w metadataWish) stored(mark Mark) map[string]any {
	whole := cloneObject(w.want)
	if w.field == FieldPrivateMetadata {
		whole[v1alpha1.OwnerKey] = mark.String()
	}
	return whole
}

// makeCanonical turns an object that was decoded with json.Number into one that encoding/json decodes into an any, and
// refuses what Clerk could not keep as it is.
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

// canonicalNumber is the number as a float64, which is how Clerk's answers are read. Integers that it cannot hold, or
// that a JavaScript front end could not, are refused; fractions lose digits everywhere and are let through.
func canonicalNumber(where string, number json.Number) (any, *InvalidError) {
	value, err := number.Float64()
	if !strings.ContainsAny(number.String(), ".eE") {
		// Compared as an integer, since a float64 would be rounded to the limit.
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

// step is the path of a key below where, quoted if it could be misread.
func step(where, key string) string {
	if plainKey.MatchString(key) {
		return where + "." + key
	}
	return where + "[" + strconv.Quote(key) + "]"
}

// cloneObject is a deep copy of a decoded JSON object, and not nil.
func cloneObject(object map[string]any) map[string]any {
	clone := make(map[string]any, len(object))
	for key, item := range object {
		clone[key] = cloneJSON(item)
	}
	return clone
}

// cloneJSON is a deep copy of a decoded JSON value.
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
