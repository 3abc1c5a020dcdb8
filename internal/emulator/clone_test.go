// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fillAll puts something into everything below a value, so that a copy that leaves something out differs.
func fillAll(value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		value.SetString("text")
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Int, reflect.Int64:
		value.SetInt(7)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fillAll(value.Elem())
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		fillAll(value.Index(0))
	case reflect.Map:
		value.Set(reflect.ValueOf(map[string]any{"list": []any{map[string]any{"key": "text"}}, "none": nil}))
	case reflect.Struct:
		if value.Type() == reflect.TypeFor[time.Time]() {
			value.Set(reflect.ValueOf(time.Unix(7, 0)))
			return
		}
		for _, field := range value.Fields() {
			fillAll(field)
		}
	default:
		panic("a stored value holds a " + value.Type().String() + ", which clone.go does not know")
	}
}

// shared returns the paths at which two values lead to the same memory.
func shared(path string, a, b reflect.Value) (found []string) {
	switch a.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if !a.IsNil() && a.UnsafePointer() == b.UnsafePointer() {
			return []string{path}
		}
	default:
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !a.IsNil() {
			found = shared(path, a.Elem(), b.Elem())
		}
	case reflect.Slice:
		for i := range a.Len() {
			found = append(found, shared(path+"[]", a.Index(i), b.Index(i))...)
		}
	case reflect.Map:
		for _, key := range a.MapKeys() {
			found = append(found, shared(path+"."+key.String(), a.MapIndex(key), b.MapIndex(key))...)
		}
	case reflect.Struct:
		if a.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range a.NumField() {
			found = append(found, shared(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
		}
	default:
	}
	return found
}

func TestCloneIsEqualAndSharesNothing(t *testing.T) {
	t.Parallel()
	user, settings := &User{}, &Settings{}
	fillAll(reflect.ValueOf(user).Elem())
	fillAll(reflect.ValueOf(settings).Elem())
	for name, original := range map[string]any{"User": user, "Settings": settings, "EmptyUser": &User{}, "Nothing": (*User)(nil)} {
		copied := clone(original)
		if !reflect.DeepEqual(original, copied) {
			t.Errorf("%s: the copy differs (-original +copy):\n%s", name, cmp.Diff(original, copied))
		}
		for _, path := range shared(name, reflect.ValueOf(original), reflect.ValueOf(copied)) {
			t.Errorf("the copy shares %s with the original", path)
		}
	}
}
