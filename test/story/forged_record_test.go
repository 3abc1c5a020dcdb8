// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestForgedRecordReachesItsOwnUserOnly has somebody who may write the status of a ClerkUser add to the record of what the operator
// added: keys of metadata, the owner mark among them, and addresses. docs/explanation/security.md says what that can do. Whoever may edit
// the ClerkUser can do the same.
func TestForgedRecordReachesItsOwnUserOnly(t *testing.T) {
	env := newRunningEnvironment(t)
	ids := map[string]string{}
	for _, name := range []string{"ann", "bob"} {
		env.create(env.user(name))
		ids[name] = env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID
		if _, err := env.clerk.Edit(ids[name], func(u *emulator.User) {
			u.PublicMetadata = map[string]any{"app": "wrote this", "more": "of it"}
			u.EmailAddresses = append(u.EmailAddresses, emulator.VerifiedEmail(name+"-own@example.com"))
		}); err != nil {
			t.Fatal(err)
		}
	}
	forged := env.read("ann")
	before := forged.DeepCopy()
	forged.Status.Applied = &v1alpha1.Applied{
		Metadata:       []string{"/publicMetadata/app", "/privateMetadata/clerk-operator.io~1owner"},
		EmailAddresses: []string{"ann-own@example.com", "bob-own@example.com"},
	}
	if err := env.client.Status().Patch(t.Context(), forged, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.eventually("the forged entries to be removed", func() error {
		if u := env.clerk.User(ids["ann"]); u.PublicMetadata["app"] != nil || len(u.EmailAddresses) != 1 {
			return errNotYet
		}
		return nil
	})
	if u := env.clerk.User(ids["ann"]); u.PublicMetadata["more"] == nil || u.PrivateMetadata[v1alpha1.OwnerKey] == nil {
		t.Errorf("more was removed than the record has, or the owner mark: %+v", u)
	}
	if u := env.clerk.User(ids["bob"]); u.PublicMetadata["app"] == nil || len(u.EmailAddresses) != 2 {
		t.Errorf("another user lost something: %+v", u)
	}
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}
