// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestDirectoryManagedUserIsChangedWhereItsDirectoryLetsGo(t *testing.T) {
	w := newWatchingWorld(t)
	before := w.clerk.Seed(emulator.User{
		FirstName:      ptr.To("Ann"),
		EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("ann@example.com")},
		Directory:      &emulator.Directory{},
	})
	w.keep("ann", "password", "first-Of-All-77")
	w.create(w.user("ann", func(s *spec) {
		s.UserID, s.PublicMetadata = ptr.To(before.ID), object(`{"role":"admin"}`)
	}, withPassword))
	user := w.becomes("ann", v1alpha1.ReasonInSync)
	if !*user.Status.DirectoryManaged {
		t.Error("status does not say that a directory manages the user")
	}
	w.wantPassword("ann", "first-Of-All-77")

	w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Anna") })
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.firstName", "attribute_managed_by_scim", "directory")
	patches := w.calls("PATCH", "/users/*")
	w.rests()
	w.wantCalls(patches, "PATCH", "/users/*")
	if name := *w.atClerk("ann").FirstName; name != "Ann" {
		t.Errorf("the directory's name was changed to %s", name)
	}
	w.edit("ann", func(s *spec) { s.FirstName, s.PublicMetadata = nil, object(`{"role":"viewer"}`) })
	w.becomes("ann", v1alpha1.ReasonInSync)
	if role := w.atClerk("ann").PublicMetadata["role"]; role != "viewer" {
		t.Errorf("the role is %v", role)
	}
	w.rests()
}
