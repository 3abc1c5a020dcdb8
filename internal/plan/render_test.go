// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"reflect"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// render shows a plan with its values, which plan itself never does: one line per call, such as
// "Update FirstName=\"Ada\"".
func render(changes []plan.Change) []string {
	lines := []string{}
	for _, c := range changes {
		value := reflect.ValueOf(c)
		lines = append(lines, strings.Join(append([]string{value.Type().Name()}, renderFields(value)...), " "))
	}
	return lines
}

func renderFields(value reflect.Value) []string {
	var parts []string
	for i := range value.NumField() {
		name, field := value.Type().Field(i).Name, value.Field(i)
		switch {
		case name == "Params", name == "Contact":
			parts = append(parts, renderFields(field)...)
		case name == "Value" && strings.Contains(field.String(), "@"):
			parts = append(parts, "Address="+asJSON(field.Interface()))
		case name == "Value":
			parts = append(parts, "Number="+asJSON(field.Interface()))
		case !field.IsZero() && field.Type() == reflect.TypeFor[*clerk.Secret]():
			parts = append(parts, name+"="+asJSON(field.Interface().(*clerk.Secret).Reveal()))
		case !field.IsZero():
			parts = append(parts, name+"="+asJSON(field.Interface()))
		}
	}
	return parts
}
