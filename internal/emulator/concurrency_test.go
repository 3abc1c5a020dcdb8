// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestConcurrentCallsKeepTheRules makes many clients and a Dashboard use one instance at once. It is most useful with
// the race detector.
func TestConcurrentCallsKeepTheRules(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Configure(noLimits)
	shared := c.create(m{"username": "shared-user"})
	const workers, rounds = 8, 25
	var created sync.Map
	var all sync.WaitGroup
	for worker := range workers {
		all.Go(func() {
			for round := range rounds {
				// All workers compete for every username.
				got := c.send("POST", "/users", m{"username": fmt.Sprintf("user-%d", round), "external_id": fmt.Sprintf("%d-%d", worker, round)})
				if got.status == http.StatusOK {
					created.Store(fmt.Sprintf("%d-%d", worker, round), true)
				}
				c.send("PATCH", "/users/"+shared.ID+"/metadata", m{"public_metadata": m{fmt.Sprintf("w%d", worker): round}}).ok()
				c.send("GET", "/users?order_by=-updated_at&limit=50", nil).ok()
				c.instance.Configure(func(s *emulator.Settings) { s.ListLag = time.Duration(round%2) * time.Second })
				c.instance.Users()
				c.server.Journal()
				id := c.instance.InjectFault(emulator.Fault{Path: "/nowhere"})
				c.server.RemoveFault(id)
				c.server.Clock().Advance(time.Millisecond)
			}
		})
	}
	all.Wait()
	won := 0
	created.Range(func(any, any) bool { won++; return true })
	if won != rounds || len(c.instance.Users()) != rounds+1 {
		t.Errorf("%d creations succeeded and %d users exist, want %d and %d", won, len(c.instance.Users()), rounds, rounds+1)
	}
	if got := c.instance.User(shared.ID).PublicMetadata; len(got) != workers {
		t.Errorf("a merge got lost: %v", got)
	}
	if got, want := len(c.server.Journal()), 1+workers*rounds*3; got != want {
		t.Errorf("%d entries in the journal, want %d", got, want)
	}
}
