// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestAuditLinesTellWhatWasDone reconstructs from the operator's log alone what it did to whom and why, and compares that with what
// Clerk received.
func TestAuditLinesTellWhatWasDone(t *testing.T) {
	env := newRunningEnvironment(t, allowsAll)
	declareAnn := func(s *spec) { s.FirstName, s.PublicMetadata = ptr.To("Ann"), object(`{"role":"member"}`) }
	env.create(env.user("ann", declareAnn))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	id := env.atClerk("ann").ID

	env.edit("ann", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", func(u *emulator.User) { u.FirstName = ptr.To("Anna") })
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)
	env.edit("ann", func(s *spec) { s.Banned = ptr.To(true) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.Banned = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)

	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 422, Code: "form_param_format_invalid", Param: "last_name"})
	env.edit("ann", func(s *spec) { s.LastName = ptr.To("Refused") })
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", AfterApplying: true, Cut: true})
	env.edit("ann", func(s *spec) { s.LastName = ptr.To("Lost") })
	env.expectReason("ann", v1alpha1.ReasonInSync)

	env.editAtClerk("ann", equipped)
	env.server.Clock().Advance(2 * lagTime)
	env.runAction("disable", "ann", func(s *actionSpec) { s.DisableMFA = &v1alpha1.NoParameters{} })
	env.expectComplete("disable")

	env.editAtClerk("ann", func(u *emulator.User) { delete(u.PrivateMetadata, v1alpha1.OwnerKey) })
	env.expectEvent("ann", v1alpha1.EventMarkRestored)
	env.waitForRest()

	adopted := env.clerk.Seed(emulator.User{Username: ptr.To("bob")})
	bob := env.user("bob", func(s *spec) {
		s.EmailAddresses, s.UserID, s.DeletionPolicy = nil, &adopted.ID, ptr.To(v1alpha1.DeletionBan)
		s.Username = ptr.To("bob")
	})
	env.create(bob)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	env.delete(bob)
	env.expectGone("bob")
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.waitForRest()

	lines := env.auditLines()
	want := []deed{
		{"ClerkUser ann", 1, "spec", "create emailAddresses firstName ownerMark publicMetadata", "succeeded", id},
		{"ClerkUser ann", 2, "spec", "merge_metadata publicMetadata", "succeeded", id},
		{"ClerkUser ann", 2, "drift", "update firstName", "succeeded", id},
		{"ClerkUser ann", 3, "spec", "ban banned", "succeeded", id},
		{"ClerkUser ann", 4, "spec", "unban banned", "succeeded", id},
		{"ClerkUser ann", 5, "spec", "update lastName", "refused", id},
		{"ClerkUser ann", 6, "spec", "update lastName", "lost", id},
		{"ClerkUserAction disable", 1, "action", "disableMFA", "succeeded", id},
		{"ClerkUser ann", 6, "drift", "merge_metadata ownerMark", "succeeded", id},
		{"ClerkUser bob", 1, "spec", "merge_metadata ownerMark", "succeeded", adopted.ID},
		{"ClerkUser bob", 2, "deletion", "ban banned", "succeeded", adopted.ID},
		{"ClerkUser bob", 2, "deletion", "merge_metadata ownerMark", "succeeded", adopted.ID},
		{"ClerkUser ann", 7, "deletion", "delete deletionPolicy", "succeeded", id},
	}
	if diff := cmp.Diff(want, tell(lines)); diff != "" {
		t.Errorf("what the audit lines tell (-want +got):\n%s", diff)
	}
	env.expectJournal(lines)
}
