// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// notPlain are the fields of a spec that are not in the table of plain fields, each with the reason.
var notPlain = map[string]string{
	"instanceRef":         "says where, not what",
	"userID":              "says who, and is never written",
	"username":            "is a way to sign in, which may be the last one",
	"emailAddresses":      "is a list with calls of its own",
	"phoneNumbers":        "is a list with calls of its own",
	"identifiersPolicy":   "says how the lists are read",
	"profileImage":        "has calls of its own, and its value comes from a source",
	"publicMetadata":      "is an object with a call of its own",
	"privateMetadata":     "is an object with a call of its own",
	"privateMetadataFrom": "is part of privateMetadata, and its values come from a source",
	"unsafeMetadata":      "is an object with a call of its own",
	"metadataPolicy":      "says how metadata is read",
	"banned":              "has calls of its own, and an order",
	"locked":              "has calls of its own, and an order",
	"password":            "is never shown by Clerk, and its value comes from a source",
	"initial":             "is for the creating call only",
	"statusIncludes":      "is for status only",
	"mode":                "says whether to write",
	"adoptionPolicy":      "says whom to write to",
	"deletionPolicy":      "is for the deletion only",
	"suspend":             "says whether to do anything",
}

// plainSpecs returns a spec for each plain field, with nothing but that field.
func plainSpecs() map[string]v1alpha1.ClerkUserSpec {
	specs := map[string]v1alpha1.ClerkUserSpec{}
	kind := reflect.TypeFor[v1alpha1.ClerkUserSpec]()
	for i := range kind.NumField() {
		name, _, _ := strings.Cut(kind.Field(i).Tag.Get("json"), ",")
		if _, found := notPlain[name]; found {
			continue
		}
		var spec v1alpha1.ClerkUserSpec
		setTo(reflect.ValueOf(&spec).Elem().Field(i))
		specs[name] = spec
	}
	return specs
}

// setTo gives a pointer something to point at that is not what a user has by itself.
func setTo(pointer reflect.Value) {
	value := reflect.New(pointer.Type().Elem())
	switch value.Elem().Kind() {
	case reflect.Struct:
		value.Elem().Set(reflect.ValueOf(clerk.NewSecret("value")))
	case reflect.String:
		value.Elem().SetString("value")
	case reflect.Bool:
		value.Elem().SetBool(true)
	case reflect.Int64:
		value.Elem().SetInt(7)
	default:
		panic("a field of type " + pointer.Type().String() + " is in no table; add it there, or to notPlain with the reason")
	}
	pointer.Set(value)
}

// TestNoPlainFieldIsForgotten goes by the fields of the spec: one without its row in the table is found here.
func TestNoPlainFieldIsForgotten(t *testing.T) {
	t.Parallel()
	for name, spec := range plainSpecs() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := mustDesire(t, spec, v1alpha1.Applied{})
			created := plan.For(d, nil)
			if diff := cmp.Diff([]string{plan.FieldOwnerMark, name}, sorted(plan.Fields(created))); diff != "" {
				t.Errorf("the creating call names (-want +got):\n%s", diff)
			}
			u := ada()
			todo := plan.For(d, u)
			if diff := cmp.Diff([]string{name}, plan.Fields(todo)); diff != "" {
				t.Fatalf("the plan names (-want +got):\n%s", diff)
			}
			do, withheld := plan.Allow(withhold(name), todo, d, u)
			if diff := cmp.Diff([]string{name}, withheld); diff != "" || len(do) != 0 {
				t.Errorf("withheld (-want +got):\n%s; carried out: %q", diff, render(do))
			}
			do, _ = plan.Allow(plan.Policy{Single: true}, todo, d, u)
			if diff := cmp.Diff(render(todo), render(do)); diff != "" {
				t.Errorf("a call of its own (-want +got):\n%s", diff)
			}
			final, err := carryOut(u, todo)
			if err != nil {
				t.Fatalf("the model refuses it: %v", err)
			}
			if rest := plan.For(d, final); len(rest) != 0 {
				t.Errorf("carried out, it is planned again: %q", render(rest))
			}
			if before, after := plan.Fingerprint(u, name), plan.Fingerprint(final, name); before == "" || before == after {
				t.Errorf("its fingerprint was %q and is %q", before, after)
			}
		})
	}
}

func sorted(names []string) []string {
	slices.SortFunc(names, func(a, b string) int {
		if a == plan.FieldOwnerMark {
			return -1
		}
		return strings.Compare(a, b)
	})
	return names
}

// TestEveryParameterBelongsToAField goes by the params of the two calls about a user's profile.
func TestEveryParameterBelongsToAField(t *testing.T) {
	t.Parallel()
	// What says how another parameter is meant goes with it.
	companions := []string{"SkipPasswordChecks", "SignOutOfOtherSessions", "PasswordHasher", "TOTPSecret"}
	update := reflect.TypeFor[clerk.UpdateUserParams]()
	for i := range update.NumField() {
		if update.Field(i).Anonymous {
			continue
		}
		var c plan.Update
		field := reflect.ValueOf(&c.Params).Elem().Field(i)
		if setTo(field); len(c.Fields()) != 1 && !slices.Contains(companions, update.Field(i).Name) {
			t.Errorf("an update of %s names the fields %v", update.Field(i).Name, c.Fields())
		}
	}
	create := reflect.TypeFor[clerk.CreateUserParams]()
	for i := range create.NumField() {
		if create.Field(i).Anonymous {
			continue
		}
		var c plan.Create
		field := reflect.ValueOf(&c.Params).Elem().Field(i)
		switch field.Kind() {
		case reflect.Slice:
			field.Set(reflect.MakeSlice(field.Type(), 1, 1))
		case reflect.Map:
			field.Set(reflect.ValueOf(clerk.Metadata{"a": 1}))
		default:
			field.Set(reflect.New(field.Type().Elem()))
		}
		if len(c.Fields()) != 1 && !slices.Contains(companions, create.Field(i).Name) {
			t.Errorf("a creation with %s names the fields %v", create.Field(i).Name, c.Fields())
		}
	}
}
