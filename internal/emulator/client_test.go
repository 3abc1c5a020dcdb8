// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// noon is when the clock of every test stands still.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// client sends plain HTTP to one instance and checks the form of every answer.
type client struct {
	t        *testing.T
	server   *emulator.Server
	instance *emulator.Instance
	base     string
	key      string
	version  string
	http     *http.Client
	// dishonest means that faults change the answers, whose form is then not checked.
	dishonest bool
}

// start serves a server with one instance whose clock stands at noon.
func start(t *testing.T, config emulator.InstanceConfig) *client {
	t.Helper()
	server := emulator.New(emulator.Config{Now: func() time.Time { return noon }})
	return startOn(t, server, server.AddInstance(config))
}

func startOn(t *testing.T, server *emulator.Server, instance *emulator.Instance) *client {
	t.Helper()
	serving := httptest.NewServer(contract.EnforceAnswers(t, server))
	t.Cleanup(func() {
		server.Close()
		serving.Close()
	})
	return &client{
		t: t, server: server, instance: instance, base: serving.URL, key: instance.Key(), version: "2026-05-12",
		http: serving.Client(),
	}
}

// in returns the client for a subtest.
func (c *client) in(t *testing.T) *client {
	t.Helper()
	within := *c
	within.t = t
	return &within
}

// answer is a response, read to its end.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// send makes a request to the API; body is sent as it is if it is a string, as JSON otherwise, and not at all if nil.
func (c *client) send(method, path string, body any, edits ...func(*http.Request)) answer {
	c.t.Helper()
	response, err := c.try(method, path, body, edits...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response
}

func (c *client) try(method, path string, body any, edits ...func(*http.Request)) (answer, error) {
	c.t.Helper()
	var payload io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		payload = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			c.t.Fatal(err)
		}
		payload = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.base+emulator.BasePath+path, payload)
	if err != nil {
		c.t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Clerk-Api-Version", c.version)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	for _, edit := range edits {
		edit(request)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{t: c.t, status: response.StatusCode, header: response.Header, body: raw}
	if !c.dishonest {
		a.checkForm()
	}
	return a, nil
}

// checkForm asserts what holds for every answer of Clerk.
func (a answer) checkForm() {
	a.t.Helper()
	if got := a.header.Get("Content-Type"); got != "application/json" {
		a.t.Errorf("Content-Type = %q, want application/json", got)
	}
	if a.status < http.StatusBadRequest {
		if a.status != http.StatusOK {
			a.t.Errorf("status = %d, and Clerk knows no success but 200", a.status)
		}
		return
	}
	refusal := a.refusal()
	if len(refusal.Errors) == 0 || refusal.TraceID == "" {
		a.t.Errorf("error body without errors or trace: %s", a.body)
	}
	for _, header := range []string{"Clerk-Trace-Id", "X-Cloud-Trace-Context"} {
		if a.header.Get(header) != refusal.TraceID {
			a.t.Errorf("%s = %q, want the body's trace %q", header, a.header.Get(header), refusal.TraceID)
		}
	}
	for _, e := range refusal.Errors {
		if e.Code == "" || e.Message == "" || e.LongMessage == "" {
			a.t.Errorf("error entry is not complete: %+v", e)
		}
	}
}

type refusal struct {
	Errors []struct {
		Message     string `json:"message"`
		LongMessage string `json:"long_message"`
		Code        string `json:"code"`
		Meta        struct {
			ParamName           string   `json:"param_name"`
			ParamNames          []string `json:"param_names"`
			UnsupportedFeatures []string `json:"unsupported_features"`
		} `json:"meta"`
	} `json:"errors"`
	TraceID string `json:"clerk_trace_id"`
}

func (a answer) refusal() refusal {
	a.t.Helper()
	var r refusal
	a.decode(&r)
	return r
}

func (a answer) decode(target any) {
	a.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	if err := decoder.Decode(target); err != nil {
		a.t.Fatalf("decoding %s: %v", a.body, err)
	}
}

// ok asserts success.
func (a answer) ok() answer {
	a.t.Helper()
	if a.status != http.StatusOK {
		a.t.Fatalf("status = %d, want 200: %s", a.status, a.body)
	}
	return a
}

// refused asserts a refusal with the status and, in this order, the codes, each written code or code/param.
func (a answer) refused(status int, codes ...string) {
	a.t.Helper()
	var got []string
	for _, e := range a.refusal().Errors {
		code := e.Code
		if e.Meta.ParamName != "" {
			code += "/" + e.Meta.ParamName
		}
		got = append(got, code)
	}
	if a.status != status || strings.Join(got, " ") != strings.Join(codes, " ") {
		a.t.Errorf("refused with %d %v, want %d %v", a.status, got, status, codes)
	}
}

func (a answer) user() *emulator.User {
	a.t.Helper()
	var u emulator.User
	a.ok().decode(&u)
	return &u
}

func (a answer) users() []*emulator.User {
	a.t.Helper()
	var list []*emulator.User
	a.ok().decode(&list)
	return list
}

func (a answer) email() emulator.EmailAddress {
	a.t.Helper()
	var e emulator.EmailAddress
	a.ok().decode(&e)
	return e
}

func (a answer) phone() emulator.PhoneNumber {
	a.t.Helper()
	var p emulator.PhoneNumber
	a.ok().decode(&p)
	return p
}

// create makes a user with the body's fields.
func (c *client) create(body any) *emulator.User {
	c.t.Helper()
	return c.send("POST", "/users", body).user()
}

// m is a JSON object.
type m map[string]any

// text returns what p points to, or <nil>.
func text(p *string) string {
	if p == nil {
		return "<nil>"
	}
	return *p
}

// noLimits switches every limit off.
func noLimits(s *emulator.Settings) {
	s.InstanceRateLimit, s.UserRateLimit, s.MaxUsers = -1, -1, -1
}
