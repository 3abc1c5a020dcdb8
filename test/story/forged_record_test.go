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
// added: keys of this user's metadata, the owner mark among them. docs/explanation/security.md says what that can do. Whoever may edit
// the ClerkUser can do the same.
func TestForgedRecordReachesItsOwnUserOnly(t *testing.T) {
	env := newRunningEnvironment(t)
	ids := map[string]string{}
	for _, name := range []string{"ann", "bob"} {
		env.create(env.user(name))
		ids[name] = env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID
		if _, err := env.clerk.Edit(ids[name], func(u *emulator.User) {
			u.PublicMetadata = map[string]any{"app": "wrote this", "more": "of it"}
		}); err != nil {
			t.Fatal(err)
		}
	}
	forged := env.read("ann")
	before := forged.DeepCopy()
	forged.Status.Applied = &v1alpha1.Applied{Metadata: []string{"/publicMetadata/app", "/privateMetadata/clerk-operator.io~1owner"}}
	if err := env.client.Status().Patch(t.Context(), forged, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	env.eventually("the forged key to be removed", func() error {
		if env.clerk.User(ids["ann"]).PublicMetadata["app"] != nil {
			return errNotYet
		}
		return nil
	})
	if u := env.clerk.User(ids["ann"]); u.PublicMetadata["more"] == nil || u.PrivateMetadata[v1alpha1.OwnerKey] == nil {
		t.Errorf("more was removed than the record has, or the owner mark: %+v", u)
	}
	if u := env.clerk.User(ids["bob"]); u.PublicMetadata["app"] == nil {
		t.Errorf("another user lost a key: %+v", u)
	}
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}
