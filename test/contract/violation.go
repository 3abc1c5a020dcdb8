// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
)

// Side says who violated the contract.
type Side string

const (
	// Request means the client.
	Request Side = "request"
	// Answer means the server.
	Answer Side = "answer"
)

// Violation says how a message violates the contract. It has names from the document or the message, and never values.
type Violation struct {
	Side Side
	// Method is the request's method. Path is its path below the base path, as in the document.
	Method, Path string
	// Status is the status of the answer; 0 for a request.
	Status int
	// What is the place, with * for the index of a list, and the violated rule of the document.
	What string
}

// String returns the violation in one line.
func (v Violation) String() string {
	if v.Side == Request {
		return fmt.Sprintf("the request %s %s breaks Clerk's document: %s", v.Method, v.Path, v.What)
	}
	return fmt.Sprintf("the answer %d to %s %s breaks Clerk's document: %s", v.Status, v.Method, v.Path, v.What)
}

// reasons describes an error of the validator without the values that its text quotes: places, each with the violated
// rule.
func reasons(err error) []string {
	var all []string
	for _, e := range schemaErrors(err) {
		all = append(all, rules(e)...)
	}
	_, undecodable := errors.AsType[*openapi3filter.ParseError](err)
	switch {
	case len(all) > 0:
		return all
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		return []string{": is missing"}
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		return []string{": is empty"}
	case undecodable:
		return []string{": cannot be decoded"}
	default:
		return []string{": has another content type than described"}
	}
}

// schemaErrors returns the innermost errors of an error.
func schemaErrors(err error) []*openapi3.SchemaError {
	var all []*openapi3.SchemaError
	if several, ok := errors.AsType[openapi3.MultiError](err); ok {
		for _, one := range several {
			all = append(all, schemaErrors(one)...)
		}
	}
	if len(all) > 0 {
		return all
	}
	if one, ok := errors.AsType[*openapi3.SchemaError](err); ok {
		all = append(all, one)
	}
	return all
}

// rules returns the place and the rule of an error. For an unknown field the validator names only the object; rules
// names the field.
func rules(e *openapi3.SchemaError) []string {
	place := strings.Builder{}
	for _, key := range e.JSONPointer() {
		if strings.Trim(key, "0123456789") == "" {
			key = "*"
		}
		place.WriteString("/" + key)
	}
	object, isObject := e.Value.(map[string]any)
	if e.SchemaField != "properties" || !isObject {
		return []string{place.String() + ": breaks " + e.SchemaField}
	}
	var all []string
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if e.Schema.Properties[key] == nil {
			all = append(all, place.String()+"/"+key+": is not known")
		}
	}
	return all
}
