// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package leak tests which structs of a package show their values when they are printed, marshalled or logged.
package leak

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Marker is the value that must not be shown. Its length is a multiple of three, so that base64 has only one form of
// it.
const Marker = "leak-marker0"

// Check requires that each exported struct of the package under test is in hidden, or in harmless with a reason. It
// fills hidden structs with markers, except those given as pointers, and they must not show a marker.
func Check(t *testing.T, hidden []any, harmless map[string]string) {
	t.Helper()
	known := maps.Clone(harmless)
	for _, value := range hidden {
		kind := reflect.TypeOf(value)
		filled := value
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		} else {
			target := reflect.New(kind)
			Fill(target.Interface())
			filled = target.Interface()
		}
		known[kind.Name()] = "hidden"
		for _, way := range Shown(filled) {
			t.Errorf("%s shows its values in %s", kind, way)
		}
	}
	for _, name := range exportedStructs(t) {
		if known[name] == "" {
			t.Errorf("it is not known whether %s may be printed; list it here as hidden, or as harmless with the reason", name)
		}
	}
}

// exportedStructs returns the names of the exported structs of the package in the working directory.
func exportedStructs(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d files: %v", len(files), err)
	}
	var names []string
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		names = append(names, structsOf(t, name)...)
	}
	return names
}

func structsOf(t *testing.T, name string) (names []string) {
	t.Helper()
	text, err := fs.ReadFile(os.DirFS("."), name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		if declared, ok := node.(*ast.TypeSpec); ok && declared.Name.IsExported() {
			if _, isStruct := declared.Type.(*ast.StructType); isStruct {
				names = append(names, declared.Name.Name)
			}
		}
		return true
	})
	return names
}

// Fill puts a marker into every exported value below a pointer that can hold one.
func Fill(target any) { fill(reflect.ValueOf(target).Elem()) }

func fill(value reflect.Value) {
	switch value.Kind() {
	case reflect.String:
		value.SetString(Marker)
	case reflect.Interface:
		if value.NumMethod() == 0 {
			value.Set(reflect.ValueOf(Marker))
		}
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem())
	case reflect.Slice:
		if value.Type().Elem().Kind() == reflect.Uint8 {
			value.SetBytes([]byte(Marker))
			return
		}
		value.Set(reflect.MakeSlice(value.Type(), 1, 1))
		fill(value.Index(0))
	case reflect.Map:
		key, element := reflect.New(value.Type().Key()).Elem(), reflect.New(value.Type().Elem()).Elem()
		fill(key)
		fill(element)
		value.Set(reflect.MakeMap(value.Type()))
		value.SetMapIndex(key, element)
	case reflect.Struct:
		fillStruct(value)
	default:
		// It cannot hold a marker.
	}
}

func fillStruct(value reflect.Value) {
	if value.Type() == reflect.TypeFor[clerk.Secret]() {
		value.Set(reflect.ValueOf(clerk.NewSecret(Marker)))
		return
	}
	for _, field := range value.Fields() {
		if field.CanSet() {
			fill(field)
		}
	}
}

// Shown returns the ways of printing, marshalling and logging a value that show a marker.
func Shown(value any) []string {
	found := map[string]bool{}
	for _, one := range []any{value, elementOf(value), []any{value}, map[string]any{"key": elementOf(value)}, struct{ Inner any }{elementOf(value)}} {
		for way, text := range texts(one) {
			if shows(text) {
				found[way] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// elementOf returns the value that a pointer points to, or the value itself.
func elementOf(value any) any {
	if v := reflect.ValueOf(value); v.Kind() == reflect.Pointer {
		return v.Elem().Interface()
	}
	return value
}

func texts(value any) map[string]string {
	all := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		all[verb] = fmt.Sprintf(verb, value)
	}
	if text, err := json.Marshal(value); err == nil {
		all["JSON"] = string(text)
	}
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("text", "value", value)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "value", value)
	all["a log"] = out.String()
	return all
}

func shows(text string) bool {
	encoded := hex.EncodeToString([]byte(Marker))
	decimal := strings.Trim(fmt.Sprintf("%d", []byte(Marker)), "[]")
	for _, spelling := range []string{Marker, encoded, strings.ToUpper(encoded), base64.StdEncoding.EncodeToString([]byte(Marker)), decimal} {
		if strings.Contains(text, spelling) {
			return true
		}
	}
	return false
}
