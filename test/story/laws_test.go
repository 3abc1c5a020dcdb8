// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// many is how many users a story has that is about what many cost.
const many = 120

// createMany creates users and waits until all are Ready.
func (env *environment) createMany(n int) {
	env.t.Helper()
	for i := range n {
		env.create(env.user(fmt.Sprintf("user%d", i)))
	}
	env.eventually(fmt.Sprintf("%d users to be in sync", n), func() error {
		if ready := env.inSync(); ready < n {
			return fmt.Errorf("%d are", ready)
		}
		return nil
	})
}

// inSync counts the ClerkUsers that are in sync.
func (env *environment) inSync() int {
	env.t.Helper()
	users := &v1alpha1.ClerkUserList{}
	if err := env.client.List(env.t.Context(), users, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	n := 0
	for i := range users.Items {
		for _, c := range users.Items[i].Status.Conditions {
			if c.Type == v1alpha1.ConditionReady && c.Reason == v1alpha1.ReasonInSync {
				n++
			}
		}
	}
	return n
}

// readings are the calls with which the operator reads users, by kind.
type readings struct {
	tails, lists, pages, counts, gets, others int
	// listed are the ids asked for in lists.
	listed int
}

func (env *environment) readings() readings {
	var r readings
	for _, e := range env.clerk.Journal() {
		values := e.Values()
		switch {
		case strings.HasSuffix(e.Path, "/users/count"):
			r.counts++
		case e.Method == http.MethodGet && strings.HasSuffix(e.Path, "/users") && values.Get("order_by") == "-updated_at":
			r.tails++
		case e.Method == http.MethodGet && strings.HasSuffix(e.Path, "/users") && values.Has("user_id"):
			r.lists++
			r.listed += len(values["user_id"])
		case e.Method == http.MethodGet && strings.HasSuffix(e.Path, "/users") && values.Get("order_by") == "+created_at":
			r.pages++
		case e.Method == http.MethodGet && strings.Contains(e.Path, "/users/"):
			r.gets++
		default:
			r.others++
		}
	}
	return r
}

// expectAllRead waits until all users were compared.
func (env *environment) expectAllRead(n int) {
	env.t.Helper()
	env.eventually("all users to be compared", func() error {
		if r := env.readings(); r.pages == 0 && r.listed < n {
			return fmt.Errorf("calls so far: %+v", r)
		}
		return nil
	})
}

// TestRestartReadsInLists holds a restart with many users in sync to a call for a hundred of them and four more.
func TestRestartReadsInLists(t *testing.T) {
	t.Parallel()
	for _, others := range []int{0, 1500} {
		t.Run(fmt.Sprintf("Beside%dOthers", others), func(t *testing.T) {
			env := newEnvironment(t, patient)
			for i := range others {
				env.clerk.Seed(verified(fmt.Sprintf("other%d", i)))
			}
			env.start()
			env.createMany(many)
			// The instance's users are counted at a start: the first restart sees their number change.
			env.settle()
			env.restart()
			env.settle()
			env.halt()
			before := env.versions()
			env.clerk.ResetJournal()
			env.start()
			env.expectAllRead(many)
			env.waitForRest()
			r := env.readings()
			if total := len(env.clerk.Journal()); total > (many+99)/100+4 || r.gets > 0 {
				t.Errorf("%d calls after a restart with %d users: %+v", total, many, r)
			}
			if difference := before.differences(env.versions()); difference != "" {
				t.Errorf("the restart wrote to the API server: %s", difference)
			}
			if writes := env.clerk.Journal().Writes(); len(writes) > 0 {
				t.Errorf("the restart wrote to Clerk: %v", writes)
			}
			env.expectNoWrites()
		})
	}
}

// TestSilenceCostsTailsAndComparisons has the operator look once a second, and compare once in five minutes.
func TestSilenceCostsTailsAndComparisons(t *testing.T) {
	const full = 5 * time.Minute
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Drift = &v1alpha1.DriftCheck{
			Interval:     &metav1.Duration{Duration: time.Second},
			FullInterval: &metav1.Duration{Duration: full},
		}
	})
	env.start()
	env.createMany(many)
	// What was read for the first time a moment ago is read again, because lists lag.
	env.settle()
	env.server.Clock().Advance(lagTime)
	env.settle()
	env.clerk.ResetJournal()
	before := env.versions()
	// How often the mirror syncs can only be seen by waiting.
	begin := time.Now()
	time.Sleep(3 * time.Second)
	r := env.readings()
	// On a busy machine, the test sleeps longer than it asked for.
	seconds := int(time.Since(begin)/time.Second) + 1
	if r.tails > seconds+1 || r.lists+r.pages+r.gets+r.counts+r.others > 0 {
		t.Errorf("%d seconds between two full comparisons cost %+v\n%s", seconds, r, env.describe())
	}
	env.server.Clock().Advance(full)
	env.expectAllRead(many)
	env.waitForRest()
	if r := env.readings(); r.counts != 1 || r.lists+r.pages > (many+99)/100 || r.gets+r.others > 0 {
		t.Errorf("a full comparison cost %+v", r)
	}
	if difference := before.differences(env.versions()); difference != "" {
		t.Errorf("silence wrote to the API server: %s", difference)
	}
	env.expectNoWrites()
}

// TestBusyInstanceIsNotReadForEver has the application change more users than a tail may read.
func TestBusyInstanceIsNotReadForEver(t *testing.T) {
	env := newEnvironment(t)
	ids := make([]string, 700)
	for i := range ids {
		ids[i] = env.clerk.Seed(verified(fmt.Sprintf("other%d", i))).ID
	}
	env.server.Clock().Advance(2 * lagTime)
	env.start()
	env.create(env.user("ann", banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()
	env.clerk.ResetJournal()
	for _, id := range ids {
		if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.UnsafeMetadata = map[string]any{"seen": true} }); err != nil {
			t.Fatal(err)
		}
	}
	env.eventually("the tail to be given up", func() error {
		if env.readings().tails < 5 {
			return errNotYet
		}
		return nil
	})
	// It would be read again in this time.
	time.Sleep(2 * driftInterval)
	if r := env.readings(); r.tails < 5 || r.tails > 7 {
		t.Errorf("%d pages were read of what others changed, want the 5 of one tail: %+v", r.tails, r)
	}
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval)
	env.expectAllRead(1)
	env.expectLiftedBanRestored("ann")
	env.expectNoWrites()
}
