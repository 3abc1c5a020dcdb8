// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/utils/ptr"
)

// TestActionsNeverListSecrets has the operator read, write and write again Secrets, and delete an action.
func TestActionsNeverListSecrets(t *testing.T) {
	env := newEnvironment(t, allowsAll)
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

	env.requests.expectNoSecretLists(t)
}
