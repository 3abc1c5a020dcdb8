// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// settle leaves out every field that the operator would change at Clerk, so that the manifest changes nothing. The operator's own
// planner decides. The owner mark is not counted. It reports whether the mark has room in the user's private metadata.
func (d *draft) settle(u *clerk.User, mark plan.Mark) (markFits bool) {
	for {
		desired, err := plan.FromSpec(&d.spec, plan.Inputs{Mark: mark})
		if err != nil {
			if invalid, ok := errors.AsType[*plan.InvalidError](err); ok && d.drop(fieldOf(invalid)) {
				continue
			}
			return false
		}
		open := slices.DeleteFunc(plan.Fields(plan.For(desired, u)), func(name string) bool { return name == plan.FieldOwnerMark })
		problems := plan.Unreachable(desired, u)
		for i := range problems {
			open = append(open, fieldOf(&problems[i]))
		}
		dropped := false
		for _, name := range open {
			dropped = d.drop(name) || dropped
		}
		if !dropped {
			return len(problems) == 0
		}
	}
}

// fieldOf returns the name of the field of the spec that an error is about.
func fieldOf(invalid *plan.InvalidError) string {
	name := strings.TrimPrefix(invalid.Field, "spec.")
	if end := strings.IndexAny(name, ".["); end >= 0 {
		name = name[:end]
	}
	return name
}

// drop leaves a field out. It reports whether the field was there.
func (d *draft) drop(name string) bool {
	spec := reflect.ValueOf(&d.spec).Elem()
	for i := range spec.NumField() {
		tag, _, _ := strings.Cut(spec.Type().Field(i).Tag.Get("json"), ",")
		if field := spec.Field(i); tag == name && !field.IsZero() {
			field.SetZero()
			d.leaveOut(name)
			return true
		}
	}
	return false
}
