// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestOmittedAndEmptyAreTwoThings sends every optional field of a spec once with its empty value and once not at all.
func TestOmittedAndEmptyAreTwoThings(t *testing.T) {
	t.Parallel()
	checkExplicitValues(t, reflect.TypeFor[v1alpha1.ClerkUserSpec]())
	checkExplicitValues(t, reflect.TypeFor[v1alpha1.ClerkInstanceSpec]())
}

// checkExplicitValues checks a struct type and the struct types that it holds.
func checkExplicitValues(t *testing.T, typ reflect.Type) {
	t.Helper()
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		where := typ.Name() + "." + f.Name
		empty := reflect.New(typ).Elem()
		switch f.Type.Kind() {
		case reflect.Pointer:
			empty.Field(i).Set(reflect.New(f.Type.Elem()))
			if raw, ok := reflect.TypeAssert[json.Unmarshaler](empty.Field(i)); ok && strings.HasSuffix(name, "Metadata") {
				if err := raw.UnmarshalJSON([]byte(`{}`)); err != nil {
					t.Fatal(err)
				}
			}
		case reflect.Slice:
			empty.Field(i).Set(reflect.MakeSlice(f.Type, 0, 0))
		default:
			if options != "" {
				t.Errorf("%s cannot tell omitted from empty; make it a pointer", where)
			}
			continue
		}
		if sent := keysOf(t, empty.Interface()); !sent[name] {
			t.Errorf("%s is dropped when it is empty, which is a wish", where)
		}
		if sent := keysOf(t, reflect.New(typ).Interface()); sent[name] {
			t.Errorf("%s is sent when it was omitted", where)
		}
		if inner := elementOf(f.Type); inner.Kind() == reflect.Struct && inner.PkgPath() == typ.PkgPath() {
			checkExplicitValues(t, inner)
		}
	}
}

func elementOf(typ reflect.Type) reflect.Type {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	return typ
}

// keysOf are the names of the fields that a value sends.
func keysOf(t *testing.T, value any) map[string]bool {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	var sent map[string]any
	if err := json.Unmarshal(text, &sent); err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for key := range sent {
		keys[key] = true
	}
	return keys
}

// TestExplicitValuesSurviveTheAPIServer writes a manifest, reads it with the typed client, writes it back and finds the very
// same spec.
func TestExplicitValuesSurviveTheAPIServer(t *testing.T) {
	t.Parallel()
	c, namespace := newClient(t), controlplane.Namespace(t)
	specs := acceptedUsers()
	specs["Everything"] = `{externalID: "", username: "", emailAddresses: [], phoneNumbers: [{number: "+15555550100", primary: false,
		reservedForSecondFactor: false}], firstName: "", lastName: "", locale: "", publicMetadata: {}, privateMetadata: {a: {}, b: [], c: ""},
		banned: false, locked: false, deleteSelfEnabled: false, createOrganizationEnabled: false, createOrganizationsLimit: 0,
		bypassClientTrust: false, suspend: false, initial: {web3Wallets: [], skipLegalChecks: false}}`
	for name, spec := range specs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			written := created(t, c, namespace, spec)
			user := &v1alpha1.ClerkUser{}
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(written), user); err != nil {
				t.Fatal(err)
			}
			user.Labels = map[string]string{"seen": "true"}
			if err := c.Update(t.Context(), user.DeepCopy()); err != nil {
				t.Fatal(err)
			}
			read := &unstructured.Unstructured{}
			read.SetGroupVersionKind(written.GroupVersionKind())
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(written), read); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(written.Object["spec"], read.Object["spec"]); diff != "" {
				t.Errorf("the spec changed on its way through the typed client (-written +read):\n%s", diff)
			}
		})
	}
}
