// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestWhatAnswersInTheWrongPlaceIsNamed has something answer GET /instance that cannot be Clerk.
func TestWhatAnswersInTheWrongPlaceIsNamed(t *testing.T) {
	t.Parallel()
	const page = "<html>hidden words</html>"
	for name, tc := range map[string]struct {
		fault emulator.Fault
		says  string
	}{
		"NotFoundOfClerk":   {emulator.Fault{Status: 404, Code: "resource_not_found"}, "status 404 resource_not_found"},
		"NotFoundOfAProxy":  {emulator.Fault{Status: 404, Body: page}, "status 404 and an HTML page"},
		"GoneOfAProxy":      {emulator.Fault{Status: 410, Body: page}, "status 410 and an HTML page"},
		"ForbiddenByAProxy": {emulator.Fault{Status: 403, Body: page}, "status 403 and an HTML page"},
		"Redirect":          {emulator.Fault{Status: 301, Header: map[string]string{"Location": "https://hidden.example"}}, "status 301 and an empty body"},
		"Page":              {emulator.Fault{Status: 200, Body: page}, "a success status and an HTML page"},
		"AnotherAPI":        {emulator.Fault{Status: 200, Body: `{"status":"hidden words"}`}, "JSON that is not Clerk's"},
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnvironment(t)
			fault := tc.fault
			fault.Method, fault.Path, fault.Times = "GET", "/instance", -1
			env.clerk.InjectFault(fault)
			env.start()
			env.create(env.user("ann"))
			env.expectInstanceReason(v1alpha1.ReasonUnexpectedAnswer)
			says := env.instanceMessage()
			if !strings.Contains(says, tc.says) || !strings.Contains(says, "spec.apiURL") || strings.Contains(says, "hidden") {
				t.Errorf("the ClerkInstance says %q, want %q", says, tc.says)
			}
			env.expectMessage(env.expectReason("ann", v1alpha1.ReasonInstanceNotReady), tc.says)
			env.expectNoWrites()
			env.clerk.ClearFaults()
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
			env.expectNoWrites()
		})
	}
}

// TestProxyThatForgetsItsPathTakesNobodysConnection lets GET /instance be answered by something else when the key is asked
// about again, for it was rotated.
func TestProxyThatForgetsItsPathTakesNobodysConnection(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	next := env.anotherKey("next")
	env.clerk.AddKey(next)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 404, Body: "<html>", Times: -1})
	env.setKey(next)
	env.expectInstanceReason(v1alpha1.ReasonUnexpectedAnswer)
	env.expectLiftedBanRestored("ann")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.ClearFaults()
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectNoWrites()
}
