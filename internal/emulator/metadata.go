// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"encoding/json"
	"strings"
)

// metadataForm are the three metadata fields. Which of them may be null depends on the operation.
type metadataForm struct {
	Public  given[object] `json:"public_metadata"`
	Private given[object] `json:"private_metadata"`
	Unsafe  given[object] `json:"unsafe_metadata"`
}

// maxMetadata is the maximum size of a metadata field's JSON in bytes, as stored.
const maxMetadata = 8192

// field is one metadata field of a user with its value in a request.
type field struct {
	name   string
	given  *given[object]
	stored *map[string]any
}

func (f *metadataForm) fields(u *User) []field {
	return []field{
		{name: "public_metadata", given: &f.Public, stored: &u.PublicMetadata},
		{name: "private_metadata", given: &f.Private, stored: &u.PrivateMetadata},
		{name: "unsafe_metadata", given: &f.Unsafe, stored: &u.UnsafeMetadata},
	}
}

// replace replaces the fields that were sent. Null becomes {}: for PATCH of a user that is the emulator's choice, and
// Clerk's schema allows no null public or unsafe metadata in an answer.
func (f *metadataForm) replace(u *User) error {
	return f.store(u, func(_, requested map[string]any) map[string]any { return clone(requested) })
}

// store combines the stored and the sent object of every field that was sent, unless one exceeds the limit.
func (f *metadataForm) store(u *User, combine func(have, requested map[string]any) map[string]any) error {
	var problems []errorEntry
	for _, field := range f.fields(u) {
		if !field.given.Set {
			continue
		}
		result := combine(*field.stored, field.given.Value)
		if result == nil {
			result = map[string]any{}
		}
		if sizeOf(result) > maxMetadata {
			problems = append(problems, problem("form_param_exceeds_allowed_size", field.name, "exceeds allowed size",
				"The given "+field.name+" exceeds the maximum allowed size of 8192 bytes (8 KB)."))
			continue
		}
		*field.stored = result
	}
	return unprocessable(problems...)
}

// sizeOf returns the length of an object's shortest JSON, without the escapes that only HTML and JavaScript need.
func sizeOf(object map[string]any) int {
	var counter byteCounter
	encoder := json.NewEncoder(&counter)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return maxMetadata + 1
	}
	const saved = len(`\u2028`) - len("\u2028")
	return int(counter) - len("\n") - saved*separators(object)
}

// separators counts U+2028 and U+2029, which encoding/json always escapes.
func separators(value any) int {
	count := 0
	switch value := value.(type) {
	case string:
		count = strings.Count(value, "\u2028") + strings.Count(value, "\u2029")
	case []any:
		for _, item := range value {
			count += separators(item)
		}
	case map[string]any:
		for key, item := range value {
			count += separators(key) + separators(item)
		}
	}
	return count
}

// byteCounter is a writer that only counts bytes.
type byteCounter int

// Write counts p.
func (b *byteCounter) Write(p []byte) (int, error) {
	*b += byteCounter(len(p))
	return len(p), nil
}

// merge deep-merges the fields that were sent into the stored ones. It refuses null for a whole field, because null
// only removes keys in it.
func (f *metadataForm) merge(u *User) error {
	for _, field := range f.fields(u) {
		if field.given.Null {
			return unprocessable(nilParam(field.name))
		}
	}
	return f.store(u, mergeObjects)
}

// overwrite is replace for PUT metadata, which stores null private metadata as null.
func (f *metadataForm) overwrite(u *User) error {
	if err := f.replace(u); err != nil {
		return err
	}
	if f.Private.Null {
		u.PrivateMetadata = nil
	}
	return nil
}

// mergeObjects merges requested into a copy of have: objects key by key at every depth. Null removes a key, and every
// other value, arrays included, replaces the former one.
func mergeObjects(have, requested map[string]any) map[string]any {
	merged := clone(have)
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range requested {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(merged, key)
		case isObject:
			// A value that is no object yet starts as an empty one, so that nulls in a new object are removed too.
			before, _ := merged[key].(map[string]any)
			merged[key] = mergeObjects(before, inner)
		default:
			merged[key] = clone(value)
		}
	}
	return merged
}

func mergeMetadata(c *call) (any, error) { return c.writeMetadata((*metadataForm).merge) }

func replaceMetadata(c *call) (any, error) { return c.writeMetadata((*metadataForm).overwrite) }

// writeMetadata carries out a call whose body has the three metadata fields.
func (c *call) writeMetadata(write func(*metadataForm, *User) error) (any, error) {
	if _, err := c.user(); err != nil {
		return nil, err
	}
	var form struct{ metadataForm }
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	return c.change(c.id("user_id"), func(u *User) error { return write(&form.metadataForm, u) })
}
