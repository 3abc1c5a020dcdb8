// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestPrivateValuesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("/a", 32)
	for name, tc := range map[string]struct{ declared, path, value, field string }{
		"NotText":          {`{}`, "/a", "\xff", "spec.privateMetadataFrom[1].secretKeyRef"},
		"DeclaredInTheRaw": {`{"a":{"b":1}}`, "/a/b", "x", "spec.privateMetadataFrom[1].path"},
		"BelowAScalar":     {`{"a":1}`, "/a/b", "x", "spec.privateMetadataFrom[1].path"},
		"BelowAnother":     {`{}`, "/first/b", "x", "spec.privateMetadataFrom[1].path"},
		"Ours":             {`{}`, "/clerk-operator.io~1owner", "x", "spec.privateMetadataFrom[1].path"},
		"TooDeep":          {`{}`, deep, "x", "spec.privateMetadataFrom[1].path"},
		"TooLarge":         {`{}`, "/a", strings.Repeat("x", 9000), "spec.privateMetadata"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := &v1alpha1.ClerkUserSpec{
				PrivateMetadata:     &runtime.RawExtension{Raw: []byte(tc.declared)},
				PrivateMetadataFrom: []v1alpha1.PrivateMetadataSource{{Path: "/first"}, {Path: tc.path}},
			}
			_, err := plan.FromSpec(spec, plan.Inputs{Mark: mark, PrivateMetadata: []clerk.Secret{clerk.NewSecret(leakMarker), clerk.NewSecret(tc.value)}})
			var invalid *plan.InvalidError
			if !errors.As(err, &invalid) || invalid.Field != tc.field || strings.Contains(err.Error(), leakMarker) {
				t.Errorf("the error is %v, want one about %s", err, tc.field)
			}
		})
	}
}

func TestPrivateValuesThatWereNotReadAreNotDeclared(t *testing.T) {
	t.Parallel()
	spec := &v1alpha1.ClerkUserSpec{PrivateMetadataFrom: []v1alpha1.PrivateMetadataSource{{Path: "/a"}, {Path: "/b"}}}
	d, err := plan.FromSpec(spec, plan.Inputs{Mark: mark, PrivateMetadata: []clerk.Secret{clerk.NewSecret("x")}})
	if err != nil {
		t.Fatal(err)
	}
	created, err := act(nil, plan.For(d, nil)[0])
	if err != nil {
		t.Fatal(err)
	}
	delete(created.PrivateMetadata, v1alpha1.OwnerKey)
	if diff := cmp.Diff(map[string]any{"a": "x"}, plain(created.PrivateMetadata)); diff != "" {
		t.Errorf("private metadata (-want +got):\n%s", diff)
	}
}

func TestInitialCredentialsTravelInTheCreatingCall(t *testing.T) {
	t.Parallel()
	in := plan.Inputs{Mark: mark, Initial: plan.InitialInputs{
		Password: clerk.NewSecret("p"), PasswordDigest: clerk.NewSecret("d"), TOTPSecret: clerk.NewSecret("t"), BackupCodes: []clerk.Secret{clerk.NewSecret("a"), clerk.NewSecret("b")},
	}}
	for name, tc := range map[string]struct {
		initial v1alpha1.InitialValues
		want    clerk.CreateUserParams
	}{
		"Password": {
			v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{SkipChecks: new(true)}},
			clerk.CreateUserParams{Password: new(clerk.NewSecret("p")), SkipPasswordChecks: new(true)},
		},
		"Digest": {
			v1alpha1.InitialValues{PasswordDigest: &v1alpha1.PasswordDigest{Hasher: "bcrypt"}},
			clerk.CreateUserParams{PasswordDigest: new(clerk.NewSecret("d")), PasswordHasher: new("bcrypt")},
		},
		"SecondFactors": {
			v1alpha1.InitialValues{TOTPSecretRef: &v1alpha1.SecretKeySelector{}, BackupCodesSecretRef: &v1alpha1.SecretKeySelector{}},
			clerk.CreateUserParams{TOTPSecret: new(clerk.NewSecret("t")), BackupCodes: []clerk.Secret{clerk.NewSecret("a"), clerk.NewSecret("b")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{Initial: &tc.initial}, in)
			if err != nil {
				t.Fatal(err)
			}
			create := plan.For(d, nil)[0].(plan.Create)
			got := create.Params
			got.PrivateMetadata = nil
			if diff := cmp.Diff(render([]plan.Change{plan.Create{Params: tc.want}}), render([]plan.Change{plan.Create{Params: got}})); diff != "" {
				t.Errorf("the call (-want +got):\n%s", diff)
			}
			if name != "Password" && !cmp.Equal(create.Fields(), []string{plan.FieldInitial, plan.FieldOwnerMark}) {
				t.Errorf("the call names %v", create.Fields())
			}
		})
	}
}

func TestRestrictionsTakeAccessAwayAndDoNothingElse(t *testing.T) {
	t.Parallel()
	todo := []plan.Change{plan.Ban{}, plan.Lock{}, plan.Update{}, plan.SetProfileImage{}, plan.MergeMetadata{}, plan.Unlock{}, plan.Unban{}}
	if diff := cmp.Diff([]plan.Change{plan.Ban{}, plan.Lock{}}, plan.Restrictions(todo)); diff != "" {
		t.Errorf("restrictions (-want +got):\n%s", diff)
	}
	if got := plan.Restrictions([]plan.Change{plan.Update{}}); len(got) != 0 {
		t.Errorf("an update restricts: %v", got)
	}
}
