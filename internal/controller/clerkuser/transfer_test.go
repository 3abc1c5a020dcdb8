// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"net/http"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// In a rename the successor is reconciled while the other object gives it the user. It must not end with the belief that no user
// was created for it, or its deletion would leave the user behind.
func TestTransferDuringAReconcileOfTheSuccessorIsNotForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.create(newTestUser("heir", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "ann@example.com" }))
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists", Match: func(emulator.Entry) bool {
		f.objects.notify("heir-uid", func(n *notifications) { n.transferred = true })
		return true
	}})
	f.expectReason("heir", v1alpha1.ReasonConflict)
	if creation.Of(f.user("heir")) == nil {
		t.Error("the annotation of the creating call was removed")
	}
	heir := f.user("heir")
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) {
		u.PrivateMetadata[v1alpha1.OwnerKey] = markOf(heir, v1alpha1.OriginCreated).String()
	}); err != nil {
		t.Fatal(err)
	}
	f.delete("heir")
	f.expectGone("heir")
	if n := len(f.clerk.Users()); n != 0 {
		t.Errorf("%d users were left behind", n)
	}
}
