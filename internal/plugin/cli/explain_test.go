// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	users := schema.GroupResource{Group: "clerk-operator.io", Resource: "clerkusers"}
	list := Request{Verb: "list", Resource: "clerkusers"}
	here := Request{Verb: "list", Resource: "clerkusers", Namespace: "team"}
	ada := Request{Verb: "get", Resource: "clerkusers", Namespace: "team", Name: "ada"}
	plain := errors.New("something else")
	unknownPath := apierrors.NewGenericServerResponse(http.StatusNotFound, "get", users, "ada", "404 page not found", 0, true)
	noNamespace := apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "team")
	for name, test := range map[string]struct {
		err   error
		of    Request
		wants string
	}{
		"AllNamespaces":   {apierrors.NewForbidden(users, "", plain), list, "list clerkusers in all namespaces is not allowed; leave --all-namespaces out"},
		"OneNamespace":    {apierrors.NewForbidden(users, "", plain), here, "list clerkusers in namespace team is not allowed; ask for a Role"},
		"Credentials":     {apierrors.NewUnauthorized("no"), here, "log in again"},
		"NoKind":          {&meta.NoKindMatchError{}, here, "no CustomResourceDefinitions of group clerk-operator.io"},
		"NoResource":      {apierrors.NewNotFound(users, ""), here, "no CustomResourceDefinitions of group clerk-operator.io"},
		"OldCache":        {unknownPath, ada, "no CustomResourceDefinitions of group"},
		"NoNamespace":     {noNamespace, here, `list clerkusers in namespace team: namespaces "team" not found`},
		"NoObject":        {apierrors.NewNotFound(users, "ada"), ada, "get clerkusers ada in namespace team: "},
		"NoAnswer":        {&url.Error{Op: "Get", URL: "https://10.0.0.1", Err: plain}, here, "the API server does not answer"},
		"AnythingElse":    {plain, ada, "get clerkusers ada in namespace team: something else"},
		"NoNamespaceName": {plain, Request{Verb: "get", Resource: "namespaces", Name: "kube-system"}, "get namespaces kube-system: something else"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Explain(test.err, test.of)
			if !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.wants) {
				t.Errorf("%q does not say %q", err, test.wants)
			}
		})
	}
	if err := Explain(nil, list); err != nil {
		t.Errorf("no error is explained as %v", err)
	}
}
