// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestActionThatKeepsFailingIsNotRushed counts the calls of an action that are refused again and again for a transient reason. The
// operator's own writes about them must not have the next one made.
func TestActionThatKeepsFailingIsNotRushed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		set          func(*actionSpec)
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
			env := newActionEnvironment(t)
			tc.fault.Method, tc.fault.Path, tc.fault.Times = tc.method, tc.path, -1
			env.clerk.InjectFault(tc.fault)
			env.runAction("action", "ann", tc.set)
			env.elapse(8)
			if calls := env.calls(tc.method, tc.path); calls < 2 || calls > 6 {
				t.Errorf("%d calls were made in 8 seconds", calls)
			}
			env.clerk.ClearFaults()
			env.expectComplete("action")
			env.expectNoWrites()
		})
	}
}

// TestClerkThatHangsDoesNotHoldUpTheActionsOnOthers has an instance that answers nothing, as many actions on its users as would keep
// a few workers busy, and an action on a user of another instance.
func TestClerkThatHangsDoesNotHoldUpTheActionsOnOthers(t *testing.T) {
	env := newActionEnvironment(t, patient)
	other := env.anotherInstance("other")
	instance := env.instance()
	instance.Name, instance.Spec.SecretKeyRef.Name = "other", "other"
	allowsAll(instance)
	patient(instance)
	env.create(instance)
	env.create(env.user("eve", func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"} }))
	env.expectReason("eve", v1alpha1.ReasonInSync)
	other.InjectFault(emulator.Fault{Hang: true, Times: -1})
	for i := range 6 {
		env.runAction(fmt.Sprintf("hanging-%d", i), "eve", disablesMFA)
	}
	env.eventually("calls to hang", func() error {
		if len(other.Journal().Matching("DELETE", "/users/*/mfa"))+len(other.Journal().Matching("GET", "/users/*")) < 4 {
			return errNotYet
		}
		return nil
	})
	began := time.Now()
	env.runAction("action", "ann", disablesMFA)
	env.expectComplete("action")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the action took %s", took)
	}
	other.ClearFaults()
	for i := range 6 {
		env.expectComplete(fmt.Sprintf("hanging-%d", i))
	}
	env.expectNoWrites()
}
