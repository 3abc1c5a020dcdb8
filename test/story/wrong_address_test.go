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
			w := newWorld(t)
			fault := tc.fault
			fault.Method, fault.Path, fault.Times = "GET", "/instance", -1
			w.clerk.InjectFault(fault)
			w.start()
			w.create(w.user("ann"))
			w.instanceBecomes(v1alpha1.ReasonUnexpectedAnswer)
			says := w.instanceMessage()
			if !strings.Contains(says, tc.says) || !strings.Contains(says, "spec.apiURL") || strings.Contains(says, "hidden") {
				t.Errorf("the ClerkInstance says %q, want %q", says, tc.says)
			}
			w.says(w.becomes("ann", v1alpha1.ReasonInstanceNotReady), tc.says)
			w.rests()
			w.clerk.ClearFaults()
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
			w.rests()
		})
	}
}

// TestProxyThatForgetsItsPathTakesNobodysConnection lets GET /instance be answered by something else when the key is asked
// about again, for it was rotated.
func TestProxyThatForgetsItsPathTakesNobodysConnection(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	next := w.anotherKey("next")
	w.clerk.AddKey(next)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 404, Body: "<html>", Times: -1})
	w.setKey(next)
	w.instanceBecomes(v1alpha1.ReasonUnexpectedAnswer)
	w.liftedBanIsPutBack("ann")
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.ClearFaults()
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.rests()
}
