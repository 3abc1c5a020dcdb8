// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"reflect"
	"time"
)

// clone returns a deep copy of a value, whatever fields the value has. Stored users are never changed in place: a
// lagging list and an answer that is still being written keep the version that they were made from.
func clone[T any](value T) T {
	own(reflect.ValueOf(&value).Elem())
	return value
}

// own replaces everything that a value refers to by a copy. Unexported fields cannot be copied; no type here has any.
func own(value reflect.Value) {
	switch value.Kind() {
	case reflect.Pointer:
		ownPointer(value)
	case reflect.Slice:
		ownSlice(value)
	case reflect.Map:
		ownMap(value)
	case reflect.Interface:
		ownInterface(value)
	case reflect.Struct:
		if value.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range value.NumField() {
			own(value.Field(i))
		}
	default:
		// It is a value of its own.
	}
}

func ownPointer(value reflect.Value) {
	if value.IsNil() {
		return
	}
	fresh := reflect.New(value.Type().Elem())
	fresh.Elem().Set(value.Elem())
	own(fresh.Elem())
	value.Set(fresh)
}

func ownSlice(value reflect.Value) {
	if value.IsNil() {
		return
	}
	fresh := reflect.MakeSlice(value.Type(), value.Len(), value.Len())
	reflect.Copy(fresh, value)
	for i := range fresh.Len() {
		own(fresh.Index(i))
	}
	value.Set(fresh)
}

func ownMap(value reflect.Value) {
	if value.IsNil() {
		return
	}
	fresh := reflect.MakeMapWithSize(value.Type(), value.Len())
	for entries := value.MapRange(); entries.Next(); {
		element := reflect.New(value.Type().Elem()).Elem()
		element.Set(entries.Value())
		own(element)
		fresh.SetMapIndex(entries.Key(), element)
	}
	value.Set(fresh)
}

func ownInterface(value reflect.Value) {
	switch value.Elem().Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
		fresh := reflect.New(value.Elem().Type()).Elem()
		fresh.Set(value.Elem())
		own(fresh)
		value.Set(fresh)
	default:
		// It is a value of its own, or nil.
	}
}
