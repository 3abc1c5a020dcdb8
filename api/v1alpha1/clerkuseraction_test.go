// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestEveryActionHasAType sets one field of the spec after the other.
func TestEveryActionHasAType(t *testing.T) {
	t.Parallel()
	others := []string{"userRef", "ttlSecondsAfterFinished"}
	var fields []v1alpha1.ActionType
	for field := range reflect.TypeFor[v1alpha1.ClerkUserActionSpec]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if slices.Contains(others, name) {
			continue
		}
		spec := v1alpha1.ClerkUserActionSpec{}
		reflect.ValueOf(&spec).Elem().FieldByIndex(field.Index).Set(reflect.New(field.Type.Elem()))
		if got := spec.ActionType(); string(got) != name {
			t.Errorf("with %s the type of the action is %q", name, got)
		}
		fields = append(fields, v1alpha1.ActionType(name))
	}
	if diff := cmp.Diff(fields, v1alpha1.ActionTypes()); diff != "" {
		t.Errorf("types (-fields of the spec +ActionTypes):\n%s", diff)
	}
	if got := (&v1alpha1.ClerkUserActionSpec{}).ActionType(); got != "" {
		t.Errorf("without an action its type is %q", got)
	}
	for _, actionType := range v1alpha1.ActionTypes() {
		var decoded v1alpha1.ActionType
		if err := decoded.UnmarshalText([]byte(actionType)); err != nil || decoded != actionType {
			t.Errorf("%s decodes as %q, %v", actionType, decoded, err)
		}
	}
}
