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
	w := newWorld(t, allowsAll)
	w.limitRights("operator-" + w.namespace)
	r := &requests{}
	w.config.Wrap(r.wrap)
	w.start()
	w.createAnn()
	w.keepInput()

	w.runAction("verify", "ann", func(s *actionSpec) { verifiesCode(s); s.TTLSecondsAfterFinished = ptr.To[int32](0) })
	w.runAction("token", "ann", getsTokenFor("google"))
	w.completes("token")
	w.hang(false, "PATCH", "/users/*", func() { w.runAction("totp", "ann", createsTOTP) })
	w.server.Clock().Advance(underWay)
	w.start()
	w.completes("totp")
	w.tells("ann", "ActionComplete")
	w.eventually("the action to be deleted after its time", func() error {
		if len(w.actions()) != 2 {
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
