// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"
)

// TestShippedRightsSufficeForActions runs the operator as a service account that has the shipped ClusterRole and nothing else,
// and has it read, write and write again Secrets, and delete an action.
func TestShippedRightsSufficeForActions(t *testing.T) {
	env := newEnvironment(t, allowsAll)
	env.limitRights("operator-" + env.namespace)
	r := &requests{}
	env.config.Wrap(r.wrap)
	env.start()
	env.createAnn()
	env.putInputSecret()

	env.runAction("verify", "ann", func(s *actionSpec) { verifiesCode(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
	env.runAction("token", "ann", getsTokenFor("google"))
	env.expectComplete("token")
	env.haltDuringCall(false, "PATCH", "/users/*", func() { env.runAction("totp", "ann", createsTOTP) })
	env.server.Clock().Advance(underWay)
	env.start()
	env.expectComplete("totp")
	env.expectEvent("ann", "ActionComplete")
	env.eventually("the action to be deleted after its time", func() error {
		if len(env.actions()) != 2 {
			return errNotYet
		}
		return nil
	})

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.forbidden) > 0 {
		t.Errorf("the shipped rights do not suffice: %v", r.forbidden)
	}
	for _, line := range r.seen {
		if strings.HasPrefix(line, "GET ") && strings.HasSuffix(line, "/secrets") {
			t.Errorf("Secrets were listed or watched: %s", line)
		}
	}
}
