// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestWhichInstanceIsMeant(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		there    []string
		argument string
		want     string
		says     []string
	}{
		"Name":              {[]string{"team-a/a", "team-a/default"}, "a", "team-a/a", nil},
		"WithNamespace":     {[]string{"team-a/a", "team-b/a"}, "team-b/a", "team-b/a", nil},
		"Default":           {[]string{"team-a/a", "team-a/default"}, "", "team-a/default", nil},
		"TheOnlyOne":        {[]string{"team-a/a", "team-b/b"}, "", "team-a/a", nil},
		"NoneThere":         {[]string{"team-b/default"}, "", "", []string{"no ClerkInstance in namespace team-a", "namespace/name", "kubectl get clerkinstances -A"}},
		"OneOfSeveral":      {[]string{"team-a/a", "team-a/b"}, "", "", []string{"2 ClerkInstances", "none is named default", "-n team-a"}},
		"Unknown":           {[]string{"team-a/a"}, "b", "", []string{"no ClerkInstance b in namespace team-a"}},
		"UnknownNamespace":  {[]string{"team-a/a"}, "team-b/a", "", []string{"no ClerkInstance a in namespace team-b"}},
		"NoName":            {nil, "team-b/", "", []string{"name or namespace/name"}},
		"NoNamespace":       {nil, "/a", "", []string{"name or namespace/name"}},
		"TooManyParts":      {nil, "a/b/c", "", []string{"name or namespace/name"}},
		"AnotherOfTheSameN": {[]string{"team-a/default", "team-b/default"}, "", "team-a/default", nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var objects []client.Object
			for _, there := range tc.there {
				namespace, name := there[:len("team-a")], there[len("team-a/"):]
				objects = append(objects, &v1alpha1.ClerkInstance{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}})
			}
			found, err := findInstance(t.Context(), cluster(t, nil, objects...), "team-a", tc.argument)
			if len(tc.says) > 0 {
				expectRefusal(t, err, tc.says...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := found.Namespace + "/" + found.Name; got != tc.want {
				t.Errorf("found %s, want %s", got, tc.want)
			}
		})
	}
}
