// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/test/leak"
)

func TestWhatMustNotBePrintedIsNot(t *testing.T) {
	t.Parallel()
	var in plan.Inputs
	leak.Fill(&in)
	in.Mark = mark
	spec := v1alpha1.ClerkUserSpec{
		Username: new(leak.Marker), Password: &v1alpha1.Password{}, PublicMetadata: raw(`{"a":"` + leak.Marker + `"}`),
		PrivateMetadataFrom: []v1alpha1.PrivateMetadataSource{{Path: "/b"}}, Initial: &v1alpha1.InitialValues{},
	}
	desired, err := plan.FromSpec(&spec, in)
	if err != nil {
		t.Fatal(err)
	}
	part := plan.Part{Field: "emailAddresses", Entry: leak.Marker}
	leak.Check(t, []any{
		plan.Inputs{}, plan.InitialInputs{}, desired, &part, plan.Contact{},
		plan.Create{}, plan.Update{}, plan.MergeMetadata{}, plan.ReplaceMetadata{}, plan.SetProfileImage{},
		plan.AddEmailAddress{}, plan.UpdateEmailAddress{}, plan.DeleteEmailAddress{},
		plan.AddPhoneNumber{}, plan.UpdatePhoneNumber{}, plan.DeletePhoneNumber{},
		plan.Ban{}, plan.Unban{}, plan.Lock{}, plan.Unlock{}, plan.DeleteProfileImage{}, plan.Delete{},
	}, map[string]string{
		"Digests":      "are made with a key that is not in them, and are in status",
		"InvalidError": "has a text that was made for people",
		"Mark":         "names objects, not people",
		"Policy":       "has names of fields, and Parts, which are hidden",
		"Record":       "is what status.applied shows",
	})
	if shown := leak.Shown(plan.Policy{Refused: map[plan.Part]bool{part: true}}); len(shown) > 0 {
		t.Errorf("a policy shows its parts in %v", shown)
	}
	// Package fmt does not ask an unexported field how to print.
	type holder struct{ in plan.InitialInputs }
	if shown := leak.Shown(&holder{plan.InitialInputs{Password: clerk.NewSecret(leak.Marker)}}); len(shown) > 0 {
		t.Errorf("an unexported field shows a password in %v", shown)
	}
}
