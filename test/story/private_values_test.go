// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func fromTokens(s *spec) {
	s.PrivateMetadata = object(`{"billing":{"plan":"pro"}}`)
	s.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/billing/token", SecretKeyRef: at("tokens", "billing")}}
}

// expectPrivateMetadata waits until the user's private metadata, less the owner mark, is this.
func (env *environment) expectPrivateMetadata(name string, want map[string]any) {
	env.t.Helper()
	env.eventually("the private metadata of "+name, func() error {
		have := env.atClerk(name).PrivateMetadata
		delete(have, v1alpha1.OwnerKey)
		if cmp.Diff(want, have) != "" {
			return errNotYet
		}
		return nil
	})
}

func TestPrivateValuesComeFromSecrets(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("tokens", "billing", "tok-1")
	env.create(env.user("ann", fromTokens))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectPrivateMetadata("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-1"}})
	env.expectCalls(0, "PATCH", "/users/*/metadata")

	env.putSecret("tokens", "billing", "tok-2")
	env.expectPrivateMetadata("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-2"}})
	env.expectNoWrites()
	env.editAtClerk("ann", func(u *emulator.User) {
		u.PrivateMetadata["billing"] = map[string]any{"plan": "pro", "token": "by-hand"}
	})
	env.expectPrivateMetadata("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-2"}})
	env.expectEvent("ann", v1alpha1.EventDriftCorrected)

	env.edit("ann", func(s *spec) { s.PrivateMetadataFrom = nil })
	env.expectPrivateMetadata("ann", map[string]any{"billing": map[string]any{"plan": "pro"}})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestPrivateValueIsDeclaredOnce(t *testing.T) {
	env := newWatchingEnvironment(t)
	env.putSecret("tokens", "billing", "tok-1")
	env.create(env.user("ann", fromTokens, func(s *spec) { s.PrivateMetadata = object(`{"billing":{"token":"plain"}}`) }))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), "spec.privateMetadataFrom[0].path", "remove one of the two")
	env.edit("ann", func(s *spec) { s.PrivateMetadata = object(`{"billing":7}`) })
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInvalidSpec), "spec.privateMetadataFrom[0].path")
	env.edit("ann", fromTokens)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}
