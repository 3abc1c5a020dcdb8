// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"reflect"
	"strings"

	"pgregory.net/rapid"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// The generators, the model of Clerk and what "as declared" means know the plain fields by the types of the API and of internal/clerk,
// and not by the planner's table: a plain field has the same Go name in the spec, in the user and in the params of both calls.

// plainNames are the Go names of the plain fields.
func plainNames() []string {
	var found []string
	for field := range reflect.TypeFor[v1alpha1.ClerkUserSpec]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if _, other := notPlain[name]; !other {
			found = append(found, field.Name)
		}
	}
	return found
}

// field is the field of a struct behind a pointer; the struct must have it.
func field(of any, name string) reflect.Value {
	found := reflect.ValueOf(of).Elem().FieldByName(name)
	if !found.IsValid() {
		panic(reflect.TypeOf(of).Elem().String() + " has no field " + name + ", which is a plain field of ClerkUserSpec; add it, or list it in notPlain")
	}
	return found
}

// plainTexts are the texts of a plain field in a spec and in a user. Names stand in where a field is not listed.
var plainTexts = map[string]struct{ declared, held []string }{
	"Locale": {[]string{"", "en-US", "en-us"}, []string{"", "en-US", "en-U" + longS, "de"}},
}

// sameTexts says where two texts of a plain field are the same although they differ.
var sameTexts = map[string]func(a, b string) bool{
	"Locale": func(a, b string) bool { return upperASCII(a) == upperASCII(b) },
}

// drawPlain declares some of the plain fields.
func drawPlain(t *rapid.T, spec *v1alpha1.ClerkUserSpec) {
	for _, name := range plainNames() {
		texts := names
		if listed, found := plainTexts[name]; found {
			texts = listed.declared
		}
		drawOptional(t, name, field(spec, name), texts)
	}
}

// drawHeld gives a user some value of a plain field.
func drawHeld(t *rapid.T, u *clerk.User, name string) {
	texts := names
	if listed, found := plainTexts[name]; found {
		texts = listed.held
	}
	into := field(u, name)
	if into.Kind() == reflect.Pointer {
		drawOptional(t, "user "+name, into, texts)
		return
	}
	drawInto(t, "user "+name, into, texts)
}

func drawOptional(t *rapid.T, label string, into reflect.Value, texts []string) {
	into.SetZero()
	if !rapid.Bool().Draw(t, label+" given") {
		return
	}
	into.Set(reflect.New(into.Type().Elem()))
	drawInto(t, label, into.Elem(), texts)
}

func drawInto(t *rapid.T, label string, into reflect.Value, texts []string) {
	switch into.Kind() {
	case reflect.String:
		into.SetString(one(t, label, texts))
	case reflect.Bool:
		into.SetBool(rapid.Bool().Draw(t, label))
	case reflect.Int64:
		into.SetInt(one(t, label, []int64{0, 5}))
	default:
		panic(label + ": say here which values a plain field of type " + into.Type().String() + " has")
	}
}

// plain requires that each plain field that is declared has its value.
func (c *oracle) plain() {
	for _, name := range plainNames() {
		want, have := field(&c.spec, name), field(c.final, name)
		if want.IsNil() {
			continue
		}
		if have.Kind() == reflect.Pointer {
			have = have.Elem()
		}
		same := sameTexts[name]
		met := have.IsValid() && (have.Equal(want.Elem()) || same != nil && same(have.String(), want.Elem().String()))
		c.requiref(met, "%s is not as declared", name)
	}
}

// forgetPlain clears the plain fields that the spec declares.
func (w unrequested) forgetPlain(u *clerk.User) {
	for _, name := range plainNames() {
		if !field(&w.spec, name).IsNil() {
			field(u, name).SetZero()
		}
	}
}
