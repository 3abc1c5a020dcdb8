// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requestpath

import "testing"

func TestNamespaceOfARequest(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/api/v1/namespaces/team-a/secrets":                        "team-a",
		"/apis/clerk-operator.io/v1alpha1/namespaces/b/clerkusers": "b",
		"/prefix/api/v1/namespaces/team-a/configmaps":              "team-a",
		"/api/v1/secrets":           "",
		"/api/v1/namespaces":        "",
		"/api/v1/namespaces/team-a": "",
		"":                          "",
	} {
		p := &Path{}
		p.text.Store(&path)
		if got := p.Namespace(); got != want {
			t.Errorf("the namespace in %q is %q, want %q", path, got, want)
		}
	}
}
