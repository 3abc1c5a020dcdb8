// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// Level 1 tells why nothing was done, level 2 each call to Clerk, and a quiet reconciliation has no line at level 0.
func TestLogLevelsTellWhatTheyAreFor(t *testing.T) {
	env := newEnvironment(t)
	env.logger = logging.New(env.infos, logging.JSON, 2)
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.create(env.user("observed", func(s *spec) { s.Mode = ptr.To(v1alpha1.ModeObserve) }))
	env.expectReason("observed", v1alpha1.ReasonObserved)
	env.create(env.user("suspended", func(s *spec) { s.Suspend = ptr.To(true) }))
	env.settle()
	before, calls := len(env.infos.String()), len(env.clerk.Journal())
	env.reconcileAll(userController, &v1alpha1.ClerkUserList{})
	env.settle()

	for name, why := range map[string]string{
		"ann": "the user at Clerk is as declared", "observed": "mode Enforce would create it", "suspended": "spec.suspend is true",
	} {
		told := false
		for text := range strings.Lines(env.infos.String()[before:]) {
			told = told || strings.Contains(text, `"level":"debug"`) && strings.Contains(text, `"msg":"nothing was changed at Clerk"`) &&
				strings.Contains(text, `"name":"`+name+`"`) && strings.Contains(text, why)
		}
		if !told {
			t.Errorf("no line says why nothing was done for %s, %q", name, why)
		}
	}
	since := env.infos.String()[before:]
	if strings.Contains(since, `"level":"info"`) || strings.Contains(since, `"level":"error"`) || strings.Contains(since, "Level(") {
		t.Errorf("quiet reconciliations write at level 0:\n%s", since)
	}
	if created := env.logged(0, "created user "+env.read("ann").Status.UserID); len(created) != 1 || created[0].Level != "debug" {
		t.Errorf("the event that repeats an audit line is told by %+v", created)
	}
	told := env.logged(0, "clerk call")
	if received := len(env.clerk.Journal()); len(told) != received || received <= calls {
		t.Errorf("%d lines tell of %d calls to Clerk", len(told), received)
	}
	for _, line := range told {
		if line.Level != "trace" {
			t.Errorf("a call is told at level %s", line.Level)
		}
	}
}
