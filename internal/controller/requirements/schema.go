// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// document is what is read of the API server's OpenAPI document of a group and version.
type document struct {
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

// schema is what is read of a schema.
type schema struct {
	Properties map[string]*schema        `json:"properties"`
	Items      *schema                   `json:"items"`
	Open       bool                      `json:"x-kubernetes-preserve-unknown-fields"`
	Kinds      []metav1.GroupVersionKind `json:"x-kubernetes-group-version-kind"`

	// Any is additionalProperties, which is a schema or a boolean.
	Any json.RawMessage `json:"additionalProperties"`
}

// kind returns the schema of a kind; nil if there is none.
func (d *document) kind(kind string) *schema {
	for _, s := range d.Components.Schemas {
		if slices.ContainsFunc(s.Kinds, func(k metav1.GroupVersionKind) bool { return k.Kind == kind }) {
			return s
		}
	}
	return nil
}

// missingFields returns the fields of a Go type, as paths, for which a schema has no property. The API server drops their values.
// Properties that the type does not have are those of a newer version, and do no harm.
func missingFields(t reflect.Type, s *schema, path string) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s == nil || s.Open || writesItself(t) {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return missingInStruct(t, s, path)
	case reflect.Slice, reflect.Array:
		return missingFields(t.Elem(), s.Items, path+"[]")
	case reflect.Map:
		return missingFields(t.Elem(), s.values(), path+"[]")
	default:
		return nil
	}
}

func missingInStruct(t reflect.Type, s *schema, path string) []string {
	var missing []string
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch property, found := s.Properties[name]; {
		case name == "-" || !field.IsExported():
		case field.Anonymous && name == "":
			missing = append(missing, missingFields(field.Type, s, path)...)
		case !found:
			missing = append(missing, strings.TrimPrefix(path+"."+name, "."))
		default:
			missing = append(missing, missingFields(field.Type, property, path+"."+name)...)
		}
	}
	return missing
}

// values is the schema of the values of a map; nil if it allows anything.
func (s *schema) values() *schema {
	values := &schema{}
	if json.Unmarshal(s.Any, values) != nil {
		return nil
	}
	return values
}

// writesItself reports whether a type has a form of its own in JSON, so that its fields are none of the schema's. ObjectMeta is
// the API server's own.
func writesItself(t reflect.Type) bool {
	marshaler := reflect.TypeFor[json.Marshaler]()
	return t == reflect.TypeFor[metav1.ObjectMeta]() || t.Implements(marshaler) || reflect.PointerTo(t).Implements(marshaler)
}
