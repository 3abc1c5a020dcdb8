// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"slices"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// pages answers requests for pages of ClerkUsers, one function for each.
type pages struct {
	client.Reader
	answers []func(o *client.ListOptions, page *v1alpha1.ClerkUserList) error
	asked   int
}

func (p *pages) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	o := &client.ListOptions{}
	o.ApplyOptions(options)
	p.asked++
	return p.answers[p.asked-1](o, list.(*v1alpha1.ClerkUserList))
}

// page answers with users, and with the token of the next page.
func page(t *testing.T, expected, next string, names ...string) func(*client.ListOptions, *v1alpha1.ClerkUserList) error {
	t.Helper()
	return func(o *client.ListOptions, list *v1alpha1.ClerkUserList) error {
		if o.Continue != expected || o.Limit == 0 || o.Namespace != "team" {
			t.Errorf("asked for %+v, want the page after %q", o, expected)
		}
		list.Continue = next
		for _, name := range names {
			list.Items = append(list.Items, v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Name: name}})
		}
		return nil
	}
}

// expired answers that the list took too long.
func expired(next string) func(*client.ListOptions, *v1alpha1.ClerkUserList) error {
	return func(*client.ListOptions, *v1alpha1.ClerkUserList) error {
		err := apierrors.NewResourceExpired("too late")
		err.ErrStatus.Continue = next
		return err
	}
}

func TestEachUserReadsPageByPage(t *testing.T) {
	t.Parallel()
	reader := &pages{answers: []func(*client.ListOptions, *v1alpha1.ClerkUserList) error{
		page(t, "", "second", "ada", "bob"), expired("later"), page(t, "later", "", "eve"),
	}}
	var names []string
	err := EachUser(t.Context(), reader, "team", func(u *v1alpha1.ClerkUser) { names = append(names, u.Name) })
	if err != nil || !slices.Equal(names, []string{"ada", "bob", "eve"}) {
		t.Errorf("visited %v, %v", names, err)
	}
}

func TestEachUserEndsWithAListThatCannotContinue(t *testing.T) {
	t.Parallel()
	reader := &pages{answers: []func(*client.ListOptions, *v1alpha1.ClerkUserList) error{page(t, "", "second", "ada"), expired("")}}
	err := EachUser(t.Context(), reader, "team", func(*v1alpha1.ClerkUser) {})
	if !apierrors.IsResourceExpired(err) {
		t.Errorf("the error is %v", err)
	}
}

func TestEachUserNamesTheMissingRight(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "clerkusers"}
	reader := &pages{answers: []func(*client.ListOptions, *v1alpha1.ClerkUserList) error{
		func(*client.ListOptions, *v1alpha1.ClerkUserList) error {
			return apierrors.NewForbidden(resource, "", errors.New("no"))
		},
	}}
	err := EachUser(t.Context(), reader, "", func(*v1alpha1.ClerkUser) {})
	if !apierrors.IsForbidden(err) {
		t.Errorf("the error is %v", err)
	}
}
