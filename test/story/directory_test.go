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
	env := newWatchingEnvironment(t)
	before := env.clerk.Seed(emulator.User{
		FirstName:      ptr.To("Ann"),
		EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("ann@example.com")},
		Directory:      &emulator.Directory{},
	})
	env.putSecret("ann", "password", "first-Of-All-77")
	env.create(env.user("ann", func(s *spec) {
		s.UserID, s.PublicMetadata = ptr.To(before.ID), object(`{"role":"admin"}`)
	}, withPassword))
	user := env.expectReason("ann", v1alpha1.ReasonInSync)
	if !*user.Status.DirectoryManaged {
		t.Error("status does not say that a directory manages the user")
	}
	env.expectPassword("ann", "first-Of-All-77")

	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Anna") })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.firstName", "attribute_managed_by_scim", "directory")
	patches := env.calls("PATCH", "/users/*")
	env.expectNoWrites()
	env.expectCalls(patches, "PATCH", "/users/*")
	if name := *env.atClerk("ann").FirstName; name != "Ann" {
		t.Errorf("the directory's name was changed to %s", name)
	}
	env.edit("ann", func(s *spec) { s.FirstName, s.PublicMetadata = nil, object(`{"role":"viewer"}`) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if role := env.atClerk("ann").PublicMetadata["role"]; role != "viewer" {
		t.Errorf("the role is %v", role)
	}
	env.expectNoWrites()
}
