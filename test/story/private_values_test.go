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

// wantPrivate waits until the user's private metadata, less the owner mark, is this.
func (w *world) wantPrivate(name string, want map[string]any) {
	w.t.Helper()
	w.eventually("the private metadata of "+name, func() error {
		have := w.atClerk(name).PrivateMetadata
		delete(have, v1alpha1.OwnerKey)
		if cmp.Diff(want, have) != "" {
			return errNotYet
		}
		return nil
	})
}

func TestPrivateValuesComeFromSecrets(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("tokens", "billing", "tok-1")
	w.create(w.user("ann", fromTokens))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantPrivate("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-1"}})
	w.wantCalls(0, "PATCH", "/users/*/metadata")

	w.keep("tokens", "billing", "tok-2")
	w.wantPrivate("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-2"}})
	w.rests()
	w.edits("ann", func(u *emulator.User) {
		u.PrivateMetadata["billing"] = map[string]any{"plan": "pro", "token": "by-hand"}
	})
	w.wantPrivate("ann", map[string]any{"billing": map[string]any{"plan": "pro", "token": "tok-2"}})
	w.tells("ann", v1alpha1.EventDriftCorrected)

	w.edit("ann", func(s *spec) { s.PrivateMetadataFrom = nil })
	w.wantPrivate("ann", map[string]any{"billing": map[string]any{"plan": "pro"}})
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestPrivateValueIsDeclaredOnce(t *testing.T) {
	w := newWatchingWorld(t)
	w.keep("tokens", "billing", "tok-1")
	w.create(w.user("ann", fromTokens, func(s *spec) { s.PrivateMetadata = object(`{"billing":{"token":"plain"}}`) }))
	w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), "spec.privateMetadataFrom[0].path", "remove one of the two")
	w.edit("ann", func(s *spec) { s.PrivateMetadata = object(`{"billing":7}`) })
	w.says(w.becomes("ann", v1alpha1.ReasonInvalidSpec), "spec.privateMetadataFrom[0].path")
	w.edit("ann", fromTokens)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}
