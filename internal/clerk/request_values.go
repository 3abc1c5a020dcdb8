// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// values returns the texts and numbers in the request, longest first, so that they can be removed from an answer that
// echoes them. Names of parameters and metadata keys are not included.
func (r *request) values() []string {
	var found []string
	for name, values := range r.query {
		if name == "limit" {
			continue
		}
		for _, value := range values {
			found = append(found, value, strings.TrimPrefix(value, "+"))
		}
	}
	if r.contentType == "application/json" {
		decoder := json.NewDecoder(bytes.NewReader(r.body))
		decoder.UseNumber()
		var body any
		if decoder.Decode(&body) == nil {
			found = appendLeaves(found, body)
		}
	}
	// A single character reveals nothing, and its removal would leave nothing of the text.
	found = slices.DeleteFunc(found, func(value string) bool { return utf8.RuneCountInString(value) < 2 })
	return longestFirst(found)
}

// longestFirst sorts texts so that a text comes before those that it contains, and removes duplicates.
func longestFirst(texts []string) []string {
	slices.SortFunc(texts, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	return slices.Compact(texts)
}

func appendLeaves(found []string, value any) []string {
	switch value := value.(type) {
	case map[string]any:
		for _, inner := range value {
			found = appendLeaves(found, inner)
		}
	case []any:
		for _, inner := range value {
			found = appendLeaves(found, inner)
		}
	case json.Number:
		found = append(found, value.String())
	case string:
		// The value itself, and its form inside quotes in JSON and in Go.
		found = append(found, value, unquoted(strconv.Quote(value)))
		if quoted, err := json.Marshal(value); err == nil {
			found = append(found, unquoted(string(quoted)))
		}
	}
	return found
}

func unquoted(text string) string { return text[1 : len(text)-1] }
