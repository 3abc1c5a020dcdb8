// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// usersPage is how many ClerkUsers are read at once.
const usersPage = 500

// EachUser calls visit with each ClerkUser of a namespace, or of all namespaces for "", in the order of their names. It reads them
// in pages, so that memory does not grow with their number. The object is valid during the call.
func EachUser(ctx context.Context, reader client.Reader, namespace string, visit func(*v1alpha1.ClerkUser)) error {
	for next := ""; ; {
		page := &v1alpha1.ClerkUserList{}
		err := reader.List(ctx, page, client.InNamespace(namespace), client.Limit(usersPage), client.Continue(next))
		if later := laterPage(err); later != "" {
			// The list took longer than the API server keeps its state. The rest is as it is now.
			next = later
			continue
		}
		if err != nil {
			return Explain(err, Request{Verb: "list", Resource: "clerkusers", Namespace: namespace})
		}
		for i := range page.Items {
			visit(&page.Items[i])
		}
		if next = page.Continue; next == "" {
			return nil
		}
	}
}

// laterPage returns the token with which a list continues that took too long; "" for any other error.
func laterPage(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || !apierrors.IsResourceExpired(err) {
		return ""
	}
	return status.Status().Continue
}
