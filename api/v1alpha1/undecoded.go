// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/json"
)

// FieldPaths names fields of an object, such as spec.initial.createdAt or status.conditions[0].lastTransitionTime. An object
// holds a pointer to them, since almost no object has any, and a slice would take three times the memory in each. nil is none.
type FieldPaths []string

// All returns the paths.
func (f *FieldPaths) All() FieldPaths {
	if f == nil {
		return nil
	}
	return *f
}

// Concern reports whether one of the paths is the given field, a part of it, or what it is a part of.
func (f *FieldPaths) Concern(field string) bool { return len(f.Of(field)) > 0 }

// Of returns the paths that concern one of the fields, in their order.
func (f *FieldPaths) Of(fields ...string) FieldPaths {
	var found FieldPaths
	for _, path := range f.All() {
		for _, field := range fields {
			if contains(field, path) || contains(path, field) {
				found = append(found, path)
				break
			}
		}
	}
	return found
}

// contains reports whether a field is the given one or a part of it.
func contains(whole, part string) bool {
	rest, found := strings.CutPrefix(part, whole)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// UnmarshalJSON decodes a ClerkUser. See decodeObject for values that do not decode.
func (u *ClerkUser) UnmarshalJSON(text []byte) error {
	type strict ClerkUser
	if err := json.Unmarshal(text, (*strict)(u)); err == nil {
		u.Undecoded = nil
		return nil
	}
	decoded := ClerkUser{}
	undecoded, err := decodeObject(text, &decoded.TypeMeta, &decoded.ObjectMeta, &decoded.Spec, &decoded.Status)
	if err != nil {
		return err
	}
	*u, u.Undecoded = decoded, undecoded
	return nil
}

// UnmarshalJSON decodes a ClerkInstance. See decodeObject for values that do not decode.
func (i *ClerkInstance) UnmarshalJSON(text []byte) error {
	type strict ClerkInstance
	if err := json.Unmarshal(text, (*strict)(i)); err == nil {
		i.Undecoded = nil
		return nil
	}
	decoded := ClerkInstance{}
	undecoded, err := decodeObject(text, &decoded.TypeMeta, &decoded.ObjectMeta, &decoded.Spec, &decoded.Status)
	if err != nil {
		return err
	}
	*i, i.Undecoded = decoded, undecoded
	return nil
}

// UnmarshalJSON decodes a ClerkUserAction. See decodeObject for values that do not decode.
func (a *ClerkUserAction) UnmarshalJSON(text []byte) error {
	type strict ClerkUserAction
	if err := json.Unmarshal(text, (*strict)(a)); err == nil {
		a.Undecoded = nil
		return nil
	}
	decoded := ClerkUserAction{}
	undecoded, err := decodeObject(text, &decoded.TypeMeta, &decoded.ObjectMeta, &decoded.Spec, &decoded.Status)
	if err != nil {
		return err
	}
	*a, a.Undecoded = decoded, undecoded
	return nil
}

// decodeObject decodes an object of which some value does not decode, such as a time that another version of the
// CustomResourceDefinition let in. One such value would otherwise end the list and the watch of every object of its kind.
// Values that do not decode are left out, and their paths are returned. Metadata is the API server's and has to decode: an
// error names the object.
func decodeObject(text []byte, kind *metav1.TypeMeta, meta *metav1.ObjectMeta, spec, status any) (*FieldPaths, error) {
	parts := struct {
		Metadata stdjson.RawMessage `json:"metadata"`
		Spec     stdjson.RawMessage `json:"spec"`
		Status   stdjson.RawMessage `json:"status"`
	}{Metadata: stdjson.RawMessage("{}")}
	name := struct {
		Namespace string `json:"namespace"`
		Name      string `json:"name"`
	}{}
	err := json.Unmarshal(text, kind)
	if err == nil {
		err = json.Unmarshal(text, &parts)
	}
	if err == nil {
		err = errors.Join(json.Unmarshal(parts.Metadata, &name), json.Unmarshal(parts.Metadata, meta))
	}
	if err != nil {
		return nil, fmt.Errorf("decoding %s %s/%s: %w", kind.Kind, name.Namespace, name.Name, err)
	}
	d := leniently{}
	d.fill(parts.Spec, reflect.ValueOf(spec).Elem(), "spec")
	d.fill(parts.Status, reflect.ValueOf(status).Elem(), "status")
	if len(d.undecoded) == 0 {
		return nil, nil
	}
	return &d.undecoded, nil
}

// leniently decodes one value after the other.
type leniently struct{ undecoded FieldPaths }

func (d *leniently) leaveOut(path string) { d.undecoded = append(d.undecoded, path) }

// fill decodes text into a value, as a whole if possible and else part by part. An empty text leaves the value as it is.
func (d *leniently) fill(text []byte, into reflect.Value, path string) {
	if len(text) == 0 {
		return
	}
	whole := reflect.New(into.Type())
	if json.Unmarshal(text, whole.Interface()) == nil {
		into.Set(whole.Elem())
		return
	}
	if _, indivisible := reflect.TypeAssert[stdjson.Unmarshaler](whole); indivisible {
		d.leaveOut(path)
		return
	}
	switch into.Kind() {
	case reflect.Pointer:
		if into.Type().Elem().Kind() != reflect.Struct {
			d.leaveOut(path)
			return
		}
		into.Set(reflect.New(into.Type().Elem()))
		d.fill(text, into.Elem(), path)
	case reflect.Struct:
		d.fillStruct(text, into, path)
	case reflect.Slice:
		d.fillSlice(text, into, path)
	default:
		d.leaveOut(path)
	}
}

func (d *leniently) fillStruct(text []byte, into reflect.Value, path string) {
	var values map[string]stdjson.RawMessage
	if json.Unmarshal(text, &values) != nil {
		d.leaveOut(path)
		return
	}
	for i := range into.NumField() {
		name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		switch {
		case name == "" && into.Type().Field(i).Anonymous:
			d.fillStruct(text, into.Field(i), path)
		case name != "" && name != "-":
			d.fill(values[name], into.Field(i), path+"."+name)
		}
	}
}

// fillSlice leaves out an item as a whole, since half of one could mean something else, and names the first one only: a list
// may be long.
func (d *leniently) fillSlice(text []byte, into reflect.Value, path string) {
	var values []stdjson.RawMessage
	if json.Unmarshal(text, &values) != nil {
		d.leaveOut(path)
		return
	}
	var first FieldPaths
	for i, value := range values {
		item, within := reflect.New(into.Type().Elem()).Elem(), leniently{}
		within.fill(value, item, fmt.Sprintf("%s[%d]", path, i))
		if len(within.undecoded) == 0 {
			into.Set(reflect.Append(into, item))
		} else if first == nil {
			first = within.undecoded
		}
	}
	d.undecoded = append(d.undecoded, first...)
}
