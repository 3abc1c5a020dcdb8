// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestEveryTypeHasAFlag compares the table with the types of the API. Each flag sets the field of its type and no other.
func TestEveryTypeHasAFlag(t *testing.T) {
	t.Parallel()
	var types []v1alpha1.ActionType
	flags := map[string]bool{}
	for _, k := range kinds() {
		types = append(types, k.actionType)
		if flags[k.flag] {
			t.Errorf("--%s is in the table twice", k.flag)
		}
		flags[k.flag] = true
		var spec v1alpha1.ClerkUserActionSpec
		if err := k.set(&spec, "secret/key", &parameters{}); err != nil || spec.ActionType() != k.actionType {
			t.Errorf("--%s sets %q: %v", k.flag, spec.ActionType(), err)
		}
		if set := fieldsSet(reflect.ValueOf(spec)); len(set) != 1 {
			t.Errorf("--%s sets the fields %v", k.flag, set)
		}
	}
	want := v1alpha1.ActionTypes()
	slices.Sort(want)
	slices.Sort(types)
	if diff := cmp.Diff(want, types); diff != "" {
		t.Errorf("types (-of the API +with a flag):\n%s", diff)
	}
}

// TestEveryParameterHasAFlag wants that each field of each type can be set on the command line.
func TestEveryParameterHasAFlag(t *testing.T) {
	t.Parallel()
	all := &parameters{into: "secret", signOutOfOtherSessions: true, revokeSessions: true}
	for _, k := range kinds() {
		reached := map[string]bool{}
		var field reflect.Value
		for _, value := range []string{"secret/key", "idn_1", "eac_1", "oauth_google", "0x52908400098527886E0F7030069857D2E4169EE7"} {
			var spec v1alpha1.ClerkUserActionSpec
			if err := k.set(&spec, value, all); err != nil {
				continue
			}
			field = reflect.ValueOf(spec).FieldByName(fieldsSet(reflect.ValueOf(spec))[0]).Elem()
			for _, name := range fieldsSet(field) {
				reached[name] = true
			}
		}
		for i := range field.NumField() {
			if name := field.Type().Field(i).Name; !reached[name] {
				t.Errorf("--%s cannot set %s of %s", k.flag, name, k.actionType)
			}
		}
	}
}

// fieldsSet returns the names of the fields of a struct that are not zero, other than those that all actions have.
func fieldsSet(value reflect.Value) []string {
	var names []string
	for i := range value.NumField() {
		name := value.Type().Field(i).Name
		if !value.Field(i).IsZero() && name != "UserRef" && name != "TTLSecondsAfterFinished" {
			names = append(names, name)
		}
	}
	return names
}

func TestValuesOfSecretsAreNotOnTheCommandLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"guess/password": true, "password": false, "/key": false, "name/": false, "a/b/c": false} {
		got, err := secretValue(text)
		if (err == nil) != want || want && (got.SecretKeyRef.Name != "guess" || got.SecretKeyRef.Key != "password") {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if err != nil && !strings.Contains(err.Error(), "SECRET/KEY") {
			t.Errorf("%q: %v", text, err)
		}
	}
}
