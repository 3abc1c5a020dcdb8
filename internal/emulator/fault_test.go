// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// faulty serves an instance whose answers are not checked for their form.
func faulty(t *testing.T) *client {
	t.Helper()
	c := start(t, emulator.InstanceConfig{})
	c.dishonest = true
	return c
}

func TestFaultAnswersInsteadOfClerk(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault       emulator.Fault
		status      int
		body        string
		contentType string
		retryAfter  string
	}{
		"ThrottledWithJSON":   {emulator.Fault{Status: 429, Code: "too_many_requests", Header: map[string]string{"Retry-After": "7"}}, 429, `"code":"too_many_requests"`, "application/json", "7"},
		"ThrottledWithText":   {emulator.Fault{Status: 429, Body: "slow down", Header: map[string]string{"Retry-After": "1"}}, 429, "slow down", "text/plain; charset=utf-8", "1"},
		"UnavailableInHTML":   {emulator.Fault{Status: 503, Body: "<html>busy</html>"}, 503, "<html>busy</html>", "text/html; charset=utf-8", ""},
		"BadGatewayEmpty":     {emulator.Fault{Status: 502}, 502, "", "text/plain; charset=utf-8", ""},
		"CodeAlone":           {emulator.Fault{Code: "form_identifier_exists", Param: "username"}, 422, `"param_name":"username"`, "application/json", ""},
		"JSONOfItsOwn":        {emulator.Fault{Status: 500, Body: `{"errors":null}`}, 500, `{"errors":null}`, "application/json", ""},
		"HeaderBeatsGuess":    {emulator.Fault{Status: 500, Body: `{}`, Header: map[string]string{"content-type": "text/x"}}, 500, "{}", "text/x", ""},
		"SuccessThatIsNone":   {emulator.Fault{Status: 200}, 200, "", "text/plain; charset=utf-8", ""},
		"LockedByAnother":     {emulator.Fault{Status: 409, Code: "resource_locked"}, 409, "resource_locked", "application/json", ""},
		"MalformedWithStatus": {emulator.Fault{Status: 200, Body: `{"id":`}, 200, `{"id":`, "text/plain; charset=utf-8", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t)
			id := c.instance.InjectFault(test.fault)
			got := c.send("POST", "/users", m{"username": "somebody"})
			if got.status != test.status || !strings.Contains(string(got.body), test.body) || test.body == "" && len(got.body) > 0 {
				t.Errorf("answered %d %q", got.status, got.body)
			}
			if got.header.Get("Content-Type") != test.contentType || got.header.Get("Retry-After") != test.retryAfter ||
				got.header.Get(emulator.FaultHeader) != id {
				t.Errorf("headers %v", got.header)
			}
			entry := c.server.Journal()[0]
			if entry.Status != test.status || entry.Applied || entry.Fault != id || len(c.instance.Users()) != 0 {
				t.Errorf("entry %+v, %d users", entry, len(c.instance.Users()))
			}
			if honest := c.send("POST", "/users", m{"username": "somebody"}).ok(); honest.header.Get(emulator.FaultHeader) != "" {
				t.Errorf("an answer of Clerk's carries %s", emulator.FaultHeader)
			}
		})
	}
}

func TestFaultAfterApplying(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault  emulator.Fault
		status int
		body   string
	}{
		"GatewayTimeout": {emulator.Fault{AfterApplying: true, Status: 504, Body: "<html>"}, 504, "<html>"},
		"Malformed":      {emulator.Fault{AfterApplying: true, Body: `{"id":"user_`}, 200, `{"id":"user_`},
		"Empty":          {emulator.Fault{AfterApplying: true, Status: 200}, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t)
			c.instance.InjectFault(test.fault)
			got := c.send("POST", "/users", m{"username": "somebody"})
			if got.status != test.status || string(got.body) != test.body {
				t.Errorf("answered %d %q", got.status, got.body)
			}
			if entry := c.server.Journal()[0]; !entry.Applied || entry.Status != test.status || len(c.instance.Users()) != 1 {
				t.Errorf("entry %+v, %d users", entry, len(c.instance.Users()))
			}
		})
	}
}

// TestAnswersAreMixedUp answers requests as if they were about another user.
func TestAnswersAreMixedUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path string
		applies      bool
		list         bool
	}{
		"Create":             {"POST", "/users", true, false},
		"CreateNotCarried":   {"POST", "/users", false, false},
		"List":               {"GET", "/users", false, true},
		"ReadOfAnother":      {"GET", "/users/{ann}", false, false},
		"UpdateOfAnother":    {"PATCH", "/users/{ann}", true, false},
		"BanOfAnotherUnmade": {"POST", "/users/{ann}/ban", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t)
			ann := c.instance.Seed(emulator.User{Username: new("ann")})
			bob := c.instance.Seed(emulator.User{Username: new("bob")})
			c.instance.InjectFault(emulator.Fault{Method: test.method, AnotherUser: bob.ID, AfterApplying: test.applies})
			var body m
			if test.method != "GET" && !strings.HasSuffix(test.path, "/ban") {
				body = m{"username": "somebody"}
			}
			got := c.send(test.method, strings.ReplaceAll(test.path, "{ann}", ann.ID), body).ok()
			var users []emulator.User
			text := got.body
			if !test.list {
				text = slices.Concat([]byte("["), text, []byte("]"))
			}
			if err := json.Unmarshal(text, &users); err != nil || len(users) != 1 || users[0].ID != bob.ID {
				t.Errorf("answered %s", got.body)
			}
			if entry := c.server.Journal()[0]; entry.Applied != test.applies || entry.Fault == "" {
				t.Errorf("the journal has %+v", entry)
			}
		})
	}
}

func TestAnswerAboutAUserThatIsNone(t *testing.T) {
	t.Parallel()
	c := faulty(t)
	c.instance.InjectFault(emulator.Fault{AnotherUser: "user_nobody"})
	if got := c.send("GET", "/users", nil); !strings.Contains(string(got.body), "resource_not_found") {
		t.Errorf("answered %s", got.body)
	}
}

func TestConnectionIsCut(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault        emulator.Fault
		method, path string
		users        int
		wantApplied  bool
	}{
		"BeforeApplying": {emulator.Fault{Cut: true}, "POST", "/users", 0, false},
		"AfterApplying":  {emulator.Fault{Cut: true, AfterApplying: true}, "POST", "/users", 1, true},
		"ARead":          {emulator.Fault{Cut: true}, "GET", "/users", 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t)
			// On a connection that was used before, Go's client would repeat a read that got no byte of an answer.
			c.send("GET", "/instance", nil).ok()
			c.server.ResetJournal()
			c.instance.InjectFault(test.fault)
			if _, err := c.try(test.method, test.path, m{"username": "somebody"}); err == nil {
				t.Error("an answer arrived over a connection that was cut")
			}
			journal := c.server.Journal()
			if len(journal) != 1 || journal[0].Status != 0 || journal[0].Applied != test.wantApplied || len(c.instance.Users()) != test.users {
				t.Errorf("journal %+v, %d users", journal, len(c.instance.Users()))
			}
		})
	}
}

func TestHangEnds(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*client, context.CancelFunc){
		"WhenTheClientGivesUp":     func(_ *client, giveUp context.CancelFunc) { giveUp() },
		"WhenTheFaultIsRemoved":    func(c *client, _ context.CancelFunc) { c.instance.ClearFaults() },
		"WhenTheServerIsClosed":    func(c *client, _ context.CancelFunc) { c.server.Close() },
		"WhenTheInstanceIsReset":   func(c *client, _ context.CancelFunc) { c.instance.Reset() },
		"WhenTheFaultIsRemovedToo": func(c *client, _ context.CancelFunc) { c.server.RemoveFault("fault-1") },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t)
			c.instance.InjectFault(emulator.Fault{Hang: true, AfterApplying: true})
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			failed := make(chan error, 1)
			go func() {
				_, err := c.try("POST", "/users", m{"username": "somebody"}, func(r *http.Request) { *r = *r.WithContext(ctx) })
				failed <- err
			}()
			for len(c.instance.Users()) == 0 {
				time.Sleep(time.Millisecond)
			}
			select {
			case err := <-failed:
				t.Fatalf("it did not hang: %v", err)
			case <-time.After(20 * time.Millisecond):
			}
			end(c, giveUp)
			if err := <-failed; err == nil {
				t.Error("it was answered after all")
			}
		})
	}
}

func TestDelayAndLatency(t *testing.T) {
	t.Parallel()
	server := emulator.New(emulator.Config{Latency: 30 * time.Millisecond})
	c := startOn(t, server, server.AddInstance(emulator.InstanceConfig{}))
	c.instance.InjectFault(emulator.Fault{Method: "POST", Delay: 50 * time.Millisecond})
	took := func(method string, body any) time.Duration {
		began := time.Now()
		c.send(method, "/users", body).ok()
		return time.Since(began)
	}
	if got := took("GET", nil); got < 30*time.Millisecond {
		t.Errorf("answered after %s", got)
	}
	if got := took("POST", m{"username": "somebody"}); got < 80*time.Millisecond {
		t.Errorf("answered after %s", got)
	}
	if entry := server.Journal()[1]; !entry.Applied || entry.Fault != "fault-1" {
		t.Errorf("entry %+v", entry)
	}
	c.instance.InjectFault(emulator.Fault{Delay: time.Hour, Status: 500})
	server.Close()
	c.dishonest = true
	if got := c.send("GET", "/users", nil); got.status != 500 {
		t.Errorf("answered %d", got.status)
	}
}

func TestFaultsChooseTheirRequests(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault emulator.Fault
		// want has a letter per request: x for affected, dot for passed.
		want string
	}{
		"Once":          {emulator.Fault{}, "x....."},
		"Twice":         {emulator.Fault{Times: 2}, "xx...."},
		"Always":        {emulator.Fault{Times: -1}, "xxxxxx"},
		"Later":         {emulator.Fault{Skip: 2, Times: 2}, "..xx.."},
		"ByMethod":      {emulator.Fault{Method: "POST", Times: -1}, "x.x..."},
		"ByPath":        {emulator.Fault{Path: "/users/*", Times: -1}, ".x..x."},
		"ByMethodPath":  {emulator.Fault{Method: "GET", Path: "/users/*", Skip: 1}, "....x."},
		"ByBody":        {emulator.Fault{BodyContains: "second", Times: -1}, "..x..."},
		"ByKey":         {emulator.Fault{KeyID: "key-1", Times: -1}, "xxxxx."},
		"ByOtherKey":    {emulator.Fault{KeyID: "key-2", Times: -1}, ".....x"},
		"ByFunction":    {emulator.Fault{Match: func(e emulator.Entry) bool { return e.Query != "" }, Times: -1}, "...x.."},
		"OtherInstance": {emulator.Fault{Instance: "ins_other", Times: -1}, "......"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := faulty(t)
			second := c.server.AddInstance(emulator.InstanceConfig{})
			test.fault.Status = 503
			c.server.InjectFault(test.fault)
			var got strings.Builder
			send := func(method, path string, body any) {
				if c.send(method, path, body).status == 503 {
					got.WriteByte('x')
				} else {
					got.WriteByte('.')
				}
			}
			send("POST", "/users", m{"username": "first"})
			send("GET", "/users/user_x", nil)
			send("POST", "/users", m{"username": "second"})
			send("GET", "/users?limit=1", nil)
			send("GET", "/users/user_x", nil)
			c.key = second.Key()
			send("GET", "/instance", nil)
			if got.String() != test.want {
				t.Errorf("struck %s, want %s", got.String(), test.want)
			}
		})
	}
}

func TestFaultsAreListedAndRemoved(t *testing.T) {
	t.Parallel()
	c := faulty(t)
	first := c.instance.InjectFault(emulator.Fault{Status: 500, Times: 3, Skip: 1})
	second := c.server.InjectFault(emulator.Fault{Status: 501, Times: -1})
	c.send("GET", "/users", nil).ok()
	if got := c.send("GET", "/users", nil); got.status != 500 {
		t.Errorf("answered %d", got.status)
	}
	list := c.server.Faults()
	if len(list) != 2 || list[0].ID != first || list[0].Times != 2 || list[0].Skip != 0 || list[1].Times != -1 {
		t.Errorf("faults %+v", list)
	}
	if own := c.instance.Faults(); len(own) != 1 || own[0].ID != first {
		t.Errorf("the instance's faults %+v", own)
	}
	if !c.server.RemoveFault(first) || c.server.RemoveFault(first) {
		t.Error("a fault must be removed once")
	}
	if got := c.send("GET", "/users", nil); got.status != 501 {
		t.Errorf("answered %d", got.status)
	}
	c.instance.ClearFaults()
	if got := c.server.Faults(); len(got) != 1 || got[0].ID != second {
		t.Errorf("faults %+v", got)
	}
	c.server.ClearFaults()
	c.send("GET", "/users", nil).ok()
}

func TestFaultsStrikeUnknownKeysToo(t *testing.T) {
	t.Parallel()
	c := faulty(t)
	c.server.InjectFault(emulator.Fault{Status: 503})
	c.key = "sk_test_unknown"
	if got := c.send("GET", "/users", nil); got.status != 503 {
		t.Errorf("answered %d", got.status)
	}
}
