// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestActThatKeepsFailingIsNotRushed counts the calls of an act that are refused again and again for a reason that may pass. The
// operator's own writes about them must not have the next one made.
func TestActThatKeepsFailingIsNotRushed(t *testing.T) {
	tests := map[string]struct {
		act          func(*actionSpec)
		method, path string
		fault        emulator.Fault
	}{
		"TokenUnavailable": {getsTokenFor("google"), "GET", "/users/*/oauth_access_tokens/*", emulator.Fault{Status: 503, Body: "<html>"}},
		"TokenCut":         {getsTokenFor("google"), "GET", "/users/*/oauth_access_tokens/*", emulator.Fault{Cut: true}},
		"Locked":           {disablesMFA, "DELETE", "/users/*/mfa", emulator.Fault{Status: 409, Code: "resource_locked"}},
		"Foreign":          {disablesMFA, "DELETE", "/users/*/mfa", emulator.Fault{Status: 403, Body: "<html>"}},
		"AnswerLost":       {disablesMFA, "DELETE", "/users/*/mfa", emulator.Fault{Status: 503, Body: "<html>", AfterApplying: true}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w := newActWorld(t)
			tc.fault.Method, tc.fault.Path, tc.fault.Times = tc.method, tc.path, -1
			w.clerk.InjectFault(tc.fault)
			w.act("act", "ann", tc.act)
			time.Sleep(8 * time.Second)
			if calls := w.calls(tc.method, tc.path); calls < 2 || calls > 6 {
				t.Errorf("%d calls were made in 8 seconds", calls)
			}
			w.clerk.ClearFaults()
			w.completes("act")
			w.actsRest()
		})
	}
}
