// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// sentTexts are values of parameters that do not take any text.
var sentTexts = map[string]string{"Locale": "en-US"}

// otherParameters refer to something else than their value, or cannot be sent alone.
var otherParameters = []string{"PrimaryEmailAddressID", "PrimaryPhoneNumberID", "CreatedAt"}

// parametersOf sets each parameter that a user shows under the same name, alone in its params.
func parametersOf[P any](t *testing.T, kind string) map[string]P {
	t.Helper()
	found := map[string]P{}
	for parameter := range reflect.TypeFor[P]().Fields() {
		shown, both := reflect.TypeFor[clerk.User]().FieldByName(parameter.Name)
		if !both || parameter.Type.Kind() != reflect.Pointer || slices.Contains(otherParameters, parameter.Name) {
			continue
		}
		var params P
		value := reflect.New(parameter.Type.Elem())
		switch value.Elem().Kind() {
		case reflect.String:
			value.Elem().SetString("value-" + kind)
			if text, listed := sentTexts[parameter.Name]; listed {
				value.Elem().SetString(text)
			}
		case reflect.Bool:
			// The default of a new user is sent as false.
			value.Elem().SetBool(parameter.Name != "DeleteSelfEnabled" && parameter.Name != "CreateOrganizationEnabled")
		case reflect.Int64:
			value.Elem().SetInt(7)
		default:
			t.Fatalf("%s is of type %s; say here which value is sent", parameter.Name, shown.Type)
		}
		reflect.ValueOf(&params).Elem().FieldByName(parameter.Name).Set(value)
		found[parameter.Name] = params
	}
	return found
}

// requireShown requires that a user has what a parameter of its name says.
func requireShown(t *testing.T, u *clerk.User, params any, name string) {
	t.Helper()
	want, got := reflect.ValueOf(params).FieldByName(name).Elem(), reflect.ValueOf(u).Elem().FieldByName(name)
	if got.Kind() == reflect.Pointer {
		got = got.Elem()
	}
	if !got.IsValid() || !got.Equal(want) {
		t.Errorf("%s is %v, want %v as it was sent", name, got, want)
	}
}

// TestEveryParameterComesBackInTheUser uses the types: it names a parameter that is not sent, not kept or not read.
func TestEveryParameterComesBackInTheUser(t *testing.T) {
	t.Parallel()
	w := newEnvironment(t, emulator.Settings{})
	for name, params := range parametersOf[clerk.UpdateUserParams](t, "updated") {
		t.Run("Update"+name, func(t *testing.T) {
			t.Parallel()
			u := must2(t)(w.CreateUser(t.Context(), clerk.CreateUserParams{
				Username: new("of-" + strings.ToLower(name)), SkipPasswordRequirement: new(true),
			}))
			requireShown(t, must2(t)(w.UpdateUser(t.Context(), u.ID, params)), params, name)
			requireShown(t, must2(t)(w.User(t.Context(), u.ID)), params, name)
		})
	}
	for name, params := range parametersOf[clerk.CreateUserParams](t, "created") {
		t.Run("Create"+name, func(t *testing.T) {
			t.Parallel()
			params.SkipPasswordRequirement = new(true)
			if params.Username == nil {
				params.Username = new("with-" + strings.ToLower(name))
			}
			requireShown(t, must2(t)(w.CreateUser(t.Context(), params)), params, name)
		})
	}
}
