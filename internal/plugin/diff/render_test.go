// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// previewed is a result with one object of every sort.
func previewed() preview.Result {
	inSync := &metav1.Condition{Status: metav1.ConditionTrue, Reason: "InSync"}
	return preview.Result{Objects: []preview.Object{
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "ada", UserID: "user_ada", Applied: true, Ready: inSync,
			Calls: []preview.Call{
				{Operation: "ban_user", Method: "POST", Path: "/users/user_ada/ban", Cause: "spec", Fields: []preview.Field{
					{Name: "banned", From: false, To: true},
				}},
				{Operation: "update_user", Method: "PATCH", Path: "/users/user_ada", Cause: "drift", Fields: []preview.Field{
					{Name: "firstName", From: "Ada\x1b[31m", To: "Augusta"},
					{Name: "password", HiddenTo: true},
					{Name: "publicMetadata.beta", From: true},
					{Name: "publicMetadata.roles", To: []any{"admin", "<owner>"}},
				}},
			},
		},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "bob", New: true, Applied: true, Ready: inSync,
			Calls: []preview.Call{{Operation: "create_user", Method: "POST", Path: "/users", Cause: "spec", Fields: []preview.Field{
				{Name: "emailAddresses[bob@example.com]", To: map[string]any{"verified": true}},
				{Name: "privateMetadata.token", HiddenTo: true},
			}}},
			Unknown: []string{"whether the password changed"},
		},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "cyd", UserID: "user_cyd", Applied: true,
			Ready: &metav1.Condition{Status: metav1.ConditionFalse, Reason: "RejectedByClerk", Message: "username: Clerk refuses it\nand more"},
			Calls: []preview.Call{{
				Operation: "update_user", Method: "PATCH", Path: "/users/user_cyd", Cause: "spec", Refused: "username is taken",
				Fields: []preview.Field{{Name: "username", From: "cyd", To: "ada"}},
			}},
			Withheld: []string{"username"},
		},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "dan", New: true, Applied: true,
			Ready: &metav1.Condition{Status: metav1.ConditionFalse, Reason: "AlreadyExists", Message: "a user with dan@example.com exists"},
		},
		{Kind: "ClerkUser", Namespace: "team-a", Name: "eve", UserID: "user_eve", Applied: true, Ready: inSync},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "fay", UserID: "user_fay", Applied: true,
			Ready:    &metav1.Condition{Status: metav1.ConditionTrue, Reason: "Observed", Message: "mode is Observe"},
			Withheld: []string{"firstName", "lastName"},
		},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "gus", UserID: "user_gus", Deleted: true,
			Calls: []preview.Call{{Operation: "delete_user", Method: "DELETE", Path: "/users/user_gus", After: 30 * time.Second, Cause: "deletion"}},
		},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "hal", UserID: "user_hal", Deleted: true,
			Calls: []preview.Call{{
				Operation: "merge_metadata", Method: "PATCH", Path: "/users/user_hal/metadata", Cause: "deletion",
				Fields: []preview.Field{{Name: "ownerMark", From: "cluster/team-a/hal"}},
			}},
			Events: []preview.Event{{Reason: "Released", Note: "The user stays at Clerk."}, {Reason: "Updated", Note: "not shown"}},
		},
		{
			Kind: "ClerkUser", Namespace: "team-a", Name: "ida", UserID: "user_ida", Ready: inSync,
			Calls:   []preview.Call{{Operation: "update_user", Method: "PATCH", Path: "/users/user_ida", Cause: "source", Fields: []preview.Field{{Name: "profileImage"}}}},
			Unknown: []string{"whether the password changed"},
		},
		{
			Kind: "ClerkUserAction", Namespace: "team-a", Name: "reset", New: true, Applied: true,
			Unknown: []string{"the action disableMFA would run once; its calls are not foreseen"},
		},
	}}
}

// applied are the objects of that result whose Secrets are known.
func applied() []client.Object {
	secret := func(name string) v1alpha1.SecretKeySelector {
		return v1alpha1.SecretKeySelector{Name: name, Key: "value"}
	}
	return []client.Object{
		&v1alpha1.ClerkUser{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ada"},
			Spec:       v1alpha1.ClerkUserSpec{Password: &v1alpha1.Password{SecretKeyRef: secret("ada-password")}},
		},
		&v1alpha1.ClerkUser{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "bob"},
			Spec: v1alpha1.ClerkUserSpec{PrivateMetadataFrom: []v1alpha1.PrivateMetadataSource{
				{Path: "/token", SecretKeyRef: secret("one")}, {Path: "/other", SecretKeyRef: secret("two")},
			}},
		},
	}
}

func refusedExample() []Refusal {
	return []Refusal{{
		Kind: "ClerkUser", Namespace: "team-a", Name: "zoe\x1b[2J", Source: "users/zoe.yaml",
		Problems: []string{"spec.username: too long", "spec: at least one identifier is needed\x07"},
	}}
}

// golden compares a text with a file of testdata. With the variable UPDATE_GOLDEN it writes the file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; UPDATE_GOLDEN=1 writes it):\n%s", path, diff)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	report := reportOf(previewed(), applied(), refusedExample(), []string{"not in the text"})
	golden(t, "report.txt", report.Text(false))
}

func TestColorAddsNothingToTheText(t *testing.T) {
	t.Parallel()
	report := reportOf(previewed(), applied(), refusedExample(), nil)
	colored := report.Text(true)
	plain := colored
	for _, code := range []string{"0", string(cli.Bold), string(cli.Red), string(cli.Green), string(cli.Yellow), string(cli.Faint)} {
		plain = strings.ReplaceAll(plain, "\x1b["+code+"m", "")
	}
	if diff := cmp.Diff(report.Text(false), plain); diff != "" {
		t.Errorf("without colours (-want +got):\n%s", diff)
	}
	if !strings.Contains(colored, "\x1b[32m+ ") || !strings.Contains(colored, "\x1b[31m- ") {
		t.Errorf("additions are not green or removals not red:\n%q", colored)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	report := reportOf(previewed(), applied(), refusedExample(), []string{"a note"})
	var out bytes.Buffer
	if err := cli.OutputJSON.Print(&out, report); err != nil {
		t.Fatal(err)
	}
	golden(t, "report.json", out.String())
	again := Report{}
	if err := json.Unmarshal(out.Bytes(), &again); err != nil {
		t.Errorf("reading it: %v", err)
	}
}

func TestEmptyReport(t *testing.T) {
	t.Parallel()
	report := reportOf(preview.Result{}, nil, nil, nil)
	if got, want := report.Text(false), "no user is affected\n"; got != want {
		t.Errorf("Text() = %q, want %q", got, want)
	}
	if report.Summary.found() {
		t.Error("found() = true")
	}
	text, err := json.Marshal(report)
	if err != nil || !strings.Contains(string(text), `"objects":[]`) {
		t.Errorf("JSON: %s, %v", text, err)
	}
}
