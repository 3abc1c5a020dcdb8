// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// logLine is a line of the operator's log.
type logLine struct {
	Level    string `json:"level"`
	Message  string `json:"msg"`
	Audit    bool   `json:"audit"`
	Of       string `json:"of"`
	Name     string `json:"name"`
	Reason   string `json:"reason"`
	Repeated int    `json:"repeated"`
	Objects  int    `json:"objects"`
}

// logged are the lines with this message in the operator's log since it had so many bytes.
func (env *environment) logged(since int, message string) []logLine {
	env.t.Helper()
	var found []logLine
	for text := range strings.Lines(env.infos.String()[since:]) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			env.t.Fatalf("%v in line %s", err, text)
		}
		if line.Message == message {
			found = append(found, line)
		}
	}
	return found
}

// outageUsers is how many users an outage concerns.
const outageUsers = 20

// newOutage makes an environment with users who are in sync. rename gives all of them another name, by which each needs a call.
func newOutage(t *testing.T) (env *environment, rename func(string)) {
	t.Helper()
	env = newRunningEnvironment(t)
	for n := range outageUsers {
		env.create(env.user(fmt.Sprintf("user-%d", n)))
	}
	for n := range outageUsers {
		env.expectReason(fmt.Sprintf("user-%d", n), v1alpha1.ReasonInSync)
	}
	return env, func(name string) {
		for n := range outageUsers {
			env.edit(fmt.Sprintf("user-%d", n), func(s *spec) { s.FirstName = ptr.To(name) })
		}
	}
}

// failedCalls is how many calls were answered with a status.
func (env *environment) failedCalls(status int) (calls int) {
	for _, e := range env.clerk.Journal() {
		if e.Status == status {
			calls++
		}
	}
	return calls
}

// awaitFailedCalls waits until so many calls were answered with a status.
func (env *environment) awaitFailedCalls(status, calls int) {
	env.t.Helper()
	env.eventually("calls to fail", func() error {
		if n := env.failedCalls(status); n < calls {
			return fmt.Errorf("%d of %d", n, calls)
		}
		return nil
	})
}

// awaitEachFailed waits until the calls of each user were answered with a status twice, so that the first answer is in the log.
func (env *environment) awaitEachFailed(status int) {
	env.t.Helper()
	env.eventually("calls of each user to fail", func() error {
		calls := map[string]int{}
		for _, e := range env.clerk.Journal() {
			if e.Status == status {
				calls[e.Path]++
			}
		}
		twice := 0
		for _, n := range calls {
			if n > 1 {
				twice++
			}
		}
		if twice < outageUsers {
			return fmt.Errorf("those of %d of %d", twice, outageUsers)
		}
		return nil
	})
}

// An outage of Clerk is told once for all users of an instance, then counted, and its end is told.
func TestOutageOfClerkIsToldOnce(t *testing.T) {
	env, rename := newOutage(t)
	before := len(env.infos.String())
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Status: 503, Times: -1})
	rename("Ann")
	env.awaitEachFailed(503)
	instance := "ClerkInstance " + env.namespace + "/default"
	first := env.logged(before, "Reconciler error")
	if len(first) != 1 || first[0].Level != "error" || first[0].Of != instance || first[0].Repeated != 0 {
		t.Errorf("%d users failed repeatedly, and %d lines tell it: %+v", outageUsers, len(first), first)
	}
	env.server.Clock().Advance(2 * time.Minute)
	env.awaitFailedCalls(503, env.failedCalls(503)+outageUsers)
	env.eventually("the second line", func() error {
		if told := env.logged(before, "Reconciler error"); len(told) != 2 || told[1].Repeated < outageUsers || told[1].Objects != outageUsers {
			return fmt.Errorf("%+v", told)
		}
		return nil
	})
	env.clerk.ClearFaults()
	for n := range outageUsers {
		// The longer the outage took on a busy machine, the longer the next retry is away.
		env.enqueue(fmt.Sprintf("user-%d", n))
		env.expectReason(fmt.Sprintf("user-%d", n), v1alpha1.ReasonInSync)
	}
	env.expectNoWrites()
	ended := env.logged(before, "failure ended")
	if len(ended) != 1 || ended[0].Level != "info" || ended[0].Of != instance || ended[0].Repeated < 2*outageUsers {
		t.Errorf("the end of the outage is told by %+v", ended)
	}
	if changed := env.logged(before, "Ready changed"); len(changed) != 0 {
		t.Errorf("lines about single users tell the outage again: %+v", changed)
	}
}

// The end of an outage is told although objects were suspended or deleted in it, and the next outage is told again.
func TestEndOfAnOutageIsToldForWhatIsLeftAlone(t *testing.T) {
	env, rename := newOutage(t)
	before := len(env.infos.String())
	outage := emulator.Fault{Method: "PATCH", Status: 503, Times: -1}
	env.clerk.InjectFault(outage)
	rename("Ann")
	env.awaitFailedCalls(503, 2*outageUsers)
	for n := range outageUsers - 1 {
		name := fmt.Sprintf("user-%d", n)
		env.edit(name, func(s *spec) { s.Suspend = ptr.To(true) })
		env.expectSuspended(name, v1alpha1.ReasonInSync, true)
	}
	last := fmt.Sprintf("user-%d", outageUsers-1)
	env.delete(env.read(last))
	env.expectGone(last)
	env.eventually("the end of the outage", func() error {
		if ended := env.logged(before, "failure ended"); len(ended) != 1 {
			return fmt.Errorf("%+v", ended)
		}
		return nil
	})
	env.edit("user-0", func(s *spec) { s.Suspend = nil })
	env.eventually("the line about the next outage", func() error {
		if told := env.logged(before, "Reconciler error"); len(told) != 2 || told[1].Repeated != 0 {
			return fmt.Errorf("%+v", told)
		}
		return nil
	})
	env.clerk.ClearFaults()
	env.expectReason("user-0", v1alpha1.ReasonInSync)
}

// A proxy that answers with a page is told once for all users of an instance.
func TestPagesInsteadOfAnswersAreToldOnce(t *testing.T) {
	env, rename := newOutage(t)
	before := len(env.infos.String())
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Status: 200, Body: "<html>sign in</html>", Times: -1})
	calls := env.failedCalls(200)
	rename("Ann")
	env.awaitFailedCalls(200, calls+2*outageUsers)
	told := env.logged(before, "Reconciler error")
	if len(told) != 1 || told[0].Of != "ClerkInstance "+env.namespace+"/default" {
		t.Errorf("%d users failed repeatedly, and %d lines tell it: %+v", outageUsers, len(told), told)
	}
	env.clerk.ClearFaults()
	for n := range outageUsers {
		env.expectReason(fmt.Sprintf("user-%d", n), v1alpha1.ReasonInSync)
	}
}

// A revoked key is told by the lines of the ClerkInstance, whatever number of users cannot be changed.
func TestRevokedKeyIsToldOnce(t *testing.T) {
	env, rename := newOutage(t)
	before := len(env.infos.String())
	env.clerk.RevokeKey(env.clerk.Key())
	rename("Ann")
	for n := range outageUsers {
		env.expectReason(fmt.Sprintf("user-%d", n), v1alpha1.ReasonInstanceNotReady)
	}
	env.waitForRest()
	for text := range strings.Lines(env.infos.String()[before:]) {
		var line logLine
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if !line.Audit && line.Name != "default" {
			t.Errorf("a line about a single user: %s", text)
		}
	}
	if changed := env.logged(before, "Ready changed"); len(changed) != 1 || changed[0].Reason != v1alpha1.ReasonKeyRejected {
		t.Errorf("the revoked key is told by %+v", changed)
	}
}
