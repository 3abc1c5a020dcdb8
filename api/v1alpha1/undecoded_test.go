// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	kjson "k8s.io/apimachinery/pkg/util/json"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const boundUser = `{"apiVersion":"clerk-operator.io/v1alpha1","kind":"ClerkUser",
 "metadata":{"name":"ann-%d","namespace":"team-a","uid":"7a1c2a5e-0000-4000-8000-000000000001","resourceVersion":"12345",
  "generation":3,"creationTimestamp":"2026-01-02T03:04:05Z","finalizers":["clerk-operator.io/user"],
  "annotations":{"a":"b"}},
 "spec":{"emailAddresses":[{"address":"ann@example.com","primary":true,"status":"Verified"}],"firstName":"Ann","lastName":"Lee",
  "publicMetadata":{"role":"admin","team":{"name":"red","size":7}},"banned":false,"deletionPolicy":"Retain",
  "initial":{"createdAt":"2024-02-29T12:00:00Z"}},
 "status":{"observedGeneration":3,"userID":"user_2abcdefghijklmnopqrstuvw","origin":"Created","onDelete":"Retain",
  "instance":{"namespace":"team-a","name":"default","id":"ins_2abcdefghijklmnopqrstuvw"},
  "binding":"v1:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","banned":false,"locked":false,
  "passwordEnabled":false,"twoFactorEnabled":false,"totpEnabled":false,"backupCodeEnabled":false,"hasImage":false,
  "directoryManaged":false,"lastWriteTime":"2026-01-02T03:04:06Z",
  "applied":{"metadata":["/publicMetadata/role","/publicMetadata/team/name"],"emailAddresses":["ann@example.com"]},
  "conditions":[{"type":"Ready","status":"True","reason":"InSync","message":"the user at Clerk is as declared",
   "observedGeneration":3,"lastTransitionTime":"2026-01-02T03:04:06Z"}]}}`

// BenchmarkListOfUsers decodes what the API server answers when 1000 users are listed.
func BenchmarkListOfUsers(b *testing.B) {
	items := make([]string, 1000)
	for i := range items {
		items[i] = fmt.Sprintf(boundUser, i)
	}
	text := `{"apiVersion":"clerk-operator.io/v1alpha1","kind":"ClerkUserList","metadata":{},"items":[` + strings.Join(items, ",") + `]}`
	type plainUser v1alpha1.ClerkUser
	for name, decode := range map[string]func() error{
		"Lenient": func() error { return kjson.Unmarshal([]byte(text), &v1alpha1.ClerkUserList{}) },
		"Strict": func() error {
			return kjson.Unmarshal([]byte(text), &struct {
				Items []plainUser `json:"items"`
			}{})
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := decode(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// with returns the user with one value put in place of another.
func with(was, is string) string {
	return strings.Replace(fmt.Sprintf(boundUser, 1), was, is, 1)
}

func TestWhatDoesNotDecodeIsLeftOutAndNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want v1alpha1.FieldPaths
	}{
		"Everything":       {with("", ""), nil},
		"Time":             {with(`"2024-02-29T12:00:00Z"`, `"2024-02-29T12:00:00z"`), v1alpha1.FieldPaths{"spec.initial.createdAt"}},
		"Boolean":          {with(`"banned":false,"deletion`, `"banned":"no","deletion`), v1alpha1.FieldPaths{"spec.banned"}},
		"Word":             {with(`"deletionPolicy":"Retain"`, `"deletionPolicy":"retain"`), v1alpha1.FieldPaths{"spec.deletionPolicy"}},
		"WordThatIsNone":   {with(`"deletionPolicy":"Retain"`, `"deletionPolicy":7`), v1alpha1.FieldPaths{"spec.deletionPolicy"}},
		"Struct":           {with(`"initial":{"createdAt":"2024-02-29T12:00:00Z"}`, `"initial":[]`), v1alpha1.FieldPaths{"spec.initial"}},
		"List":             {with(`"emailAddresses":[{"address":"ann@example.com","primary":true,"status":"Verified"}]`, `"emailAddresses":"a"`), v1alpha1.FieldPaths{"spec.emailAddresses"}},
		"Item":             {with(`"primary":true`, `"primary":1`), v1alpha1.FieldPaths{"spec.emailAddresses[0].primary"}},
		"FirstOfManyItems": {with(`["/publicMetadata/role",`, `["/a",1,2,3,`), v1alpha1.FieldPaths{"status.applied.metadata[1]"}},
		"Number":           {with(`"observedGeneration":3,"userID"`, `"observedGeneration":1e30,"userID"`), v1alpha1.FieldPaths{"status.observedGeneration"}},
		"Condition":        {with(`"lastTransitionTime":"2026`, `"lastTransitionTime":"x2026`), v1alpha1.FieldPaths{"status.conditions[0].lastTransitionTime"}},
		"SpecAsAWhole":     {`{"metadata":{"name":"ann"},"spec":"none"}`, v1alpha1.FieldPaths{"spec"}},
		"StatusAsAWhole":   {`{"metadata":{"name":"ann"},"status":[]}`, v1alpha1.FieldPaths{"status"}},
		"Several": {
			strings.Replace(with(`"banned":false,"deletion`, `"banned":"no","deletion`), `"userID":"user_2abcdefghijklmnopqrstuvw"`, `"userID":7`, 1),
			v1alpha1.FieldPaths{"spec.banned", "status.userID"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := &v1alpha1.ClerkUser{}
			if err := json.Unmarshal([]byte(tc.text), user); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, user.Undecoded.All()); diff != "" {
				t.Errorf("undecoded (-want +got):\n%s", diff)
			}
			if !strings.HasPrefix(user.Name, "ann") {
				t.Errorf("the name is %q", user.Name)
			}
			if strings.Contains(tc.text, `"origin"`) && user.Status.Origin != v1alpha1.OriginCreated {
				t.Errorf("what does decode was lost: %+v", user.Status)
			}
		})
	}
}

// TestItemsThatDoNotDecodeAreLeftOutAsAWhole keeps half a condition, or half an address, from being taken for a whole one.
func TestItemsThatDoNotDecodeAreLeftOutAsAWhole(t *testing.T) {
	t.Parallel()
	user := &v1alpha1.ClerkUser{}
	text := with(`["/publicMetadata/role",`, `["/publicMetadata/role",null,{},`)
	text = strings.Replace(text, `"lastTransitionTime":"2026`, `"lastTransitionTime":"x2026`, 1)
	if err := json.Unmarshal([]byte(text), user); err != nil {
		t.Fatal(err)
	}
	if len(user.Status.Conditions) != 0 {
		t.Errorf("conditions: %+v", user.Status.Conditions)
	}
	if diff := cmp.Diff([]string{"/publicMetadata/role", "", "/publicMetadata/team/name"}, user.Status.Applied.Metadata); diff != "" {
		t.Errorf("applied (-want +got):\n%s", diff)
	}
}

func TestListWithAnObjectThatDoesNotDecode(t *testing.T) {
	t.Parallel()
	text := `{"items":[` + with("", "") + `,` + with(`"2024-02-29T12:00:00Z"`, `"2024-02-29T12:00:00z"`) + `,` + with("", "") + `]}`
	list := &v1alpha1.ClerkUserList{}
	if err := kjson.Unmarshal([]byte(text), list); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1, 0} {
		if got := len(list.Items[i].Undecoded.All()); got != want {
			t.Errorf("item %d lacks %d fields, want %d", i, got, want)
		}
	}
	// The answer to a patch is decoded into the object that was sent.
	if err := kjson.Unmarshal([]byte(with("", "")), &list.Items[1]); err != nil || list.Items[1].Undecoded != nil {
		t.Errorf("the corrected object still lacks %v, %v", list.Items[1].Undecoded.All(), err)
	}
}

func TestOtherKindsDecodeLeniently(t *testing.T) {
	t.Parallel()
	instance := &v1alpha1.ClerkInstance{}
	text := `{"metadata":{"name":"default"},"spec":{"secretKeyRef":{"name":"clerk"},"drift":{"interval":"1 day"},
		"policy":{"actions":["disableMFA","fly"],"deletion":"Deny"}},"status":{"users":"many"}}`
	if err := json.Unmarshal([]byte(text), instance); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v1alpha1.FieldPaths{"spec.drift.interval", "spec.policy.actions[1]", "status.users"}, instance.Undecoded.All()); diff != "" {
		t.Errorf("ClerkInstance (-want +got):\n%s", diff)
	}
	if instance.Spec.MayDelete() || instance.Spec.SecretKeyRef.Name != "clerk" {
		t.Errorf("what does decode was lost: %+v", instance.Spec)
	}
	action := &v1alpha1.ClerkUserAction{}
	text = `{"metadata":{"name":"action"},"spec":{"userRef":{"name":"ann"},"getOAuthAccessToken":{"provider":"oauth_google","secretName":5}}}`
	if err := json.Unmarshal([]byte(text), action); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(v1alpha1.FieldPaths{"spec.getOAuthAccessToken.secretName"}, action.Undecoded.All()); diff != "" {
		t.Errorf("ClerkUserAction (-want +got):\n%s", diff)
	}
	if action.Spec.GetOAuthAccessToken.Provider != "oauth_google" {
		t.Errorf("what does decode was lost: %+v", action.Spec.GetOAuthAccessToken)
	}
}

func TestObjectWhoseMetadataDoesNotDecodeIsNamed(t *testing.T) {
	t.Parallel()
	for kind, object := range map[string]any{
		"ClerkUser": &v1alpha1.ClerkUser{}, "ClerkInstance": &v1alpha1.ClerkInstance{}, "ClerkUserAction": &v1alpha1.ClerkUserAction{},
	} {
		text := fmt.Sprintf(`{"kind":%q,"metadata":{"name":"ann","namespace":"team-a","creationTimestamp":"now"}}`, kind)
		err := json.Unmarshal([]byte(text), object)
		if err == nil || !strings.Contains(err.Error(), kind+" team-a/ann") {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

func TestFieldPathsConcern(t *testing.T) {
	t.Parallel()
	paths := v1alpha1.FieldPaths{"spec.initial.createdAt", "status.applied.metadata[2]"}
	for field, want := range map[string]bool{
		"spec": true, "spec.initial": true, "spec.initial.createdAt": true, "status.applied": true, "status.applied.metadata": true,
		"spec.init": false, "spec.initial.createdAtAll": false, "spec.suspend": false, "status.applied.metadata[1]": false,
	} {
		if got := paths.Concern(field); got != want {
			t.Errorf("Concern(%q) = %t", field, got)
		}
	}
	if whole := (&v1alpha1.FieldPaths{"spec"}); !whole.Concern("spec.suspend") {
		t.Error("a field of a spec that does not decode is not concerned")
	}
	if diff := cmp.Diff(v1alpha1.FieldPaths{"status.applied.metadata[2]"}, paths.Of("status", "status.applied")); diff != "" {
		t.Errorf("Of (-want +got):\n%s", diff)
	}
}

// TestUndecodedIsNotSent keeps what is remembered about a decoding out of patches.
func TestUndecodedIsNotSent(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(&v1alpha1.ClerkUser{Undecoded: &v1alpha1.FieldPaths{"spec.banned"}})
	if err != nil || strings.Contains(string(text), "banned") {
		t.Errorf("sent: %s, %v", text, err)
	}
}
