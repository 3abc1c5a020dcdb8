// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// limitedAt sends reads until one is refused and returns how many were answered.
func limitedAt(c *client, most int) int {
	c.t.Helper()
	for n := range most {
		if c.send("GET", "/users/count", nil).status == http.StatusTooManyRequests {
			return n
		}
	}
	return most
}

func TestInstanceLimit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config emulator.InstanceConfig
		want   int
	}{
		"Development": {emulator.InstanceConfig{Environment: emulator.Development}, 100},
		"Production":  {emulator.InstanceConfig{Environment: emulator.Production}, 1000},
		"Configured":  {emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: 7}}, 7},
		"Off":         {emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1}}, 1100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, test.config)
			if got := limitedAt(c, 1100); got != test.want {
				t.Errorf("%d requests were answered, want %d", got, test.want)
			}
		})
	}
}

func TestLimitEndsWhenItSays(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: 2}})
	c.send("GET", "/users", nil).ok()
	c.server.Clock().Advance(3500 * time.Millisecond)
	c.send("POST", "/users", m{"username": "somebody"}).ok()
	refused := c.send("POST", "/users", m{"username": "another"})
	refused.refused(http.StatusTooManyRequests, "too_many_requests")
	if got := refused.header.Get("Retry-After"); got != "7" {
		t.Errorf("Retry-After %q, want 7", got)
	}
	c.server.Clock().Advance(6 * time.Second)
	if got := c.send("GET", "/instance", nil); got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "1" {
		t.Errorf("half a second before the end: %d, Retry-After %q", got.status, got.header.Get("Retry-After"))
	}
	c.server.Clock().Advance(time.Second)
	c.send("GET", "/users", nil).ok()
	if got := len(c.instance.Users()); got != 1 {
		t.Errorf("%d users: a refused request had an effect, or the other had none", got)
	}
}

func TestUserLimit(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Environment: emulator.Production})
	u, other := c.create(m{"username": "somebody"}), c.create(m{"username": "another"})
	for n := range 10 {
		switch path := "/users/" + u.ID; n % 3 {
		case 0:
			c.send("PATCH", path, m{}).ok()
		case 1:
			c.send("PATCH", path+"/metadata", m{}).ok()
		default:
			c.send("PUT", path+"/metadata", m{}).ok()
		}
	}
	for _, request := range [][2]string{{"PATCH", ""}, {"PATCH", "/metadata"}, {"PUT", "/metadata"}} {
		got := c.send(request[0], "/users/"+u.ID+request[1], m{})
		got.refused(http.StatusTooManyRequests, "too_many_requests")
		if got.header.Get("Retry-After") != "10" {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
	}
	c.send("GET", "/users/"+u.ID, nil).ok()
	c.send("POST", "/users/"+u.ID+"/ban", nil).ok()
	c.send("PATCH", "/users/"+other.ID, m{}).ok()
	c.server.Clock().Advance(10 * time.Second)
	c.send("PATCH", "/users/"+u.ID, m{}).ok()
	c.instance.Configure(func(s *emulator.Settings) { s.UserRateLimit = 1 })
	c.send("PATCH", "/users/"+u.ID, m{}).refused(http.StatusTooManyRequests, "too_many_requests")
	c.instance.Configure(func(s *emulator.Settings) { s.UserRateLimit = -1 })
	c.send("PATCH", "/users/"+u.ID, m{}).ok()
}
