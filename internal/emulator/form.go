// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"unicode/utf8"
)

// given is a field of a request body: absent, null or a value.
type given[T any] struct {
	Set   bool
	Null  bool
	Value T
}

// UnmarshalJSON is called for a present field.
func (g *given[T]) UnmarshalJSON(raw []byte) error {
	g.Set = true
	if string(raw) == "null" {
		g.Null = true
		return nil
	}
	return json.Unmarshal(raw, &g.Value)
}

// present reports whether the field holds a value.
func (g *given[T]) present() bool { return g.Set && !g.Null }

// pointer returns the value as Clerk stores it: nil for null and absent.
func (g *given[T]) pointer() *T {
	if !g.present() {
		return nil
	}
	return new(g.Value)
}

// object is a JSON object whose numbers are kept as written.
type object map[string]any

var errNoObject = errors.New("not a JSON object")

// UnmarshalJSON refuses everything except an object.
func (o *object) UnmarshalJSON(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return err
	}
	fields, isObject := value.(map[string]any)
	if !isObject {
		return errNoObject
	}
	*o = fields
	return nil
}

// decode decodes the call's body into the form, a struct of given fields. An empty body is an empty form, and so is
// null, which Clerk's Go SDK sends without parameters. It refuses unknown fields by name, and null for a field tagged
// null:"no".
func decode(c *call, form any) error {
	fields, err := c.fields()
	if err != nil {
		return err
	}
	var problems []errorEntry
	visitFields(reflect.ValueOf(form).Elem(), func(name string, nullable bool, target any) {
		raw, sent := fields[name]
		if !sent {
			return
		}
		delete(fields, name)
		switch {
		case !c.settings().offers(name):
			problems = append(problems, unknownParam(name))
		case !nullable && string(raw) == "null":
			problems = append(problems, nilParam(name))
		case json.Unmarshal(raw, target) != nil:
			problems = append(problems, invalidValue(name))
		}
	})
	unknown := make([]string, 0, len(fields))
	for name := range fields {
		unknown = append(unknown, name)
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		problems = append(problems, unknownParam(name))
	}
	return unprocessable(problems...)
}

// visitFields calls visit for every field of a form and of embedded forms.
func visitFields(form reflect.Value, visit func(name string, nullable bool, target any)) {
	for n := range form.NumField() {
		field := form.Type().Field(n)
		if field.Anonymous {
			visitFields(form.Field(n), visit)
			continue
		}
		visit(field.Tag.Get("json"), field.Tag.Get("null") != "no", form.Field(n).Addr().Interface())
	}
}

// fields returns the body's members as sent.
func (c *call) fields() (map[string]json.RawMessage, error) {
	body := bytes.TrimSpace(c.body)
	if len(body) > maxBody {
		return nil, refuse(http.StatusRequestEntityTooLarge, "request_body_too_large", "request body too large",
			"The request body exceeds the maximum allowed size.")
	}
	if len(body) == 0 || string(body) == "null" {
		return map[string]json.RawMessage{}, nil
	}
	mediaType, _, _ := mime.ParseMediaType(c.request.Header.Get("Content-Type"))
	if mediaType != contentTypeJSON {
		return nil, refuse(http.StatusUnsupportedMediaType, "unsupported_content_type", "Content-Type is not supported",
			"Content-Type must be application/json.")
	}
	if !utf8.Valid(body) {
		return nil, unprocessable(errorEntry{Code: "form_param_value_invalid", Message: "is invalid",
			LongMessage: "The request body must be valid UTF-8."})
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(body, &fields); err != nil {
		return nil, refuse(http.StatusBadRequest, "request_body_invalid", "Request body invalid",
			"The request body is not a valid JSON object.")
	}
	return fields, nil
}
