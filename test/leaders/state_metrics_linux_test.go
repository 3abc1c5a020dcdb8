// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/manager"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// TestOnlyTheLeaderShowsTheState scrapes two managers: one that leads and one that waits, and both after the leader was frozen, lost
// its lease and woke.
func TestOnlyTheLeaderShowsTheState(t *testing.T) {
	t.Parallel()
	env := newClerk(t)
	addresses := map[*replica]string{}
	for _, name := range []string{"a", "b"} {
		address := manager.FreeAddress(t)
		r := env.start(name, "--metrics-bind-address="+address,
			"--leader-elect-lease-duration=4s", "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms")
		addresses[r] = address
	}
	bearer := "Bearer " + env.token("reader")
	env.allowMetrics(rights.MetricsReader(t, "default"), "reader")
	env.add("ann")
	env.expectInSync("ann")
	leader := env.leader()
	led, waited := addresses[env.replicas[0]], addresses[env.replicas[1]]
	if env.replicas[1].current() == leader {
		led, waited = waited, led
	}
	env.expectState(led, bearer, true)
	env.expectState(waited, bearer, false)

	if !env.freeze(leader) {
		t.Skip("the leader ended by itself: this machine is too busy")
	}
	env.leader(leader)
	env.expectState(waited, bearer, true)
	env.resume(leader, func() {
		// It may still answer before it ends, and then must not say that it leads.
		body, _, err := env.scrape(led, bearer)
		if err == nil && !strings.Contains(body, "\nclerk_operator_leader 0\n") {
			t.Error("a process that lost its lease says that it leads")
		}
	})
	env.expectState(led, bearer, false)
	env.expectState(waited, bearer, true)
}

// expectState waits until a manager says whether it leads, and shows the state of the cluster if it does and only then.
func (env *environment) expectState(address, authorization string, leads bool) {
	env.t.Helper()
	series := []string{
		`clerk_operator_users{clerk_instance="` + env.clerk.ID() + `",ready="True",reason="InSync"} 1`,
		`clerk_operator_users_suspended{clerk_instance="` + env.clerk.ID() + `"} 0`,
		`clerk_operator_clerkinstance_ready{resource_name="default",resource_namespace="` + env.namespace + `"} 1`,
		`clerk_operator_actions_unfinished 0`,
		`clerk_operator_deletion_brake_max{clerk_instance="` + env.clerk.ID() + `"} 0`,
	}
	env.eventually("the state from "+address, func() error {
		body, status, err := env.scrape(address, authorization)
		if err != nil || status != http.StatusOK {
			return errors.Join(err, fmt.Errorf("the answer is %d", status))
		}
		for _, one := range series {
			metric := one[:strings.IndexAny(one, "{ ")]
			if leads && !strings.Contains(body, "\n"+one+"\n") {
				return fmt.Errorf("the leader lacks %s", one)
			}
			if !leads && strings.Contains(body, "\n"+metric) {
				return fmt.Errorf("a process that does not lead shows %s", metric)
			}
		}
		want := "\nclerk_operator_leader 0\n"
		if leads {
			want = "\nclerk_operator_leader 1\n"
		}
		if !strings.Contains(body, want) {
			return fmt.Errorf("the answer lacks %q", strings.TrimSpace(want))
		}
		return nil
	})
}
