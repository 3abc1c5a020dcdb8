// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// observed are the descriptions of the calls of a client, in their order.
type observed []RequestInfo

// by returns an option with which a client records its calls.
func (o *observed) by() func(*Config) {
	return func(c *Config) { c.Observe = func(_ context.Context, r RequestInfo) { *o = append(*o, r) } }
}

// ignoringTime compares what does not differ from run to run.
func ignoringTime() cmp.Option { return cmpopts.IgnoreFields(RequestInfo{}, "Duration") }

func read(ctx context.Context, c *Client) error {
	_, err := c.User(ctx, testUserID)
	return err
}

func write(ctx context.Context, c *Client) error {
	_, err := c.UpdateUser(ctx, testUserID, UpdateUserParams{FirstName: new("Ann")})
	return err
}

const traced = "105445aa7843bc8bf206b12000100000"

// tracing answers with a trace id in the header, as Clerk does.
func tracing(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(cloudTraceHeader, traced)
		answering(status, body)(w, r)
	}
}

func cutOff(w http.ResponseWriter, _ *http.Request) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = connection.Close()
	}
}

func TestEveryCallIsObserved(t *testing.T) {
	t.Parallel()
	const refusal = `{"errors":[{"code":"form_invalid","message":"no"}],"clerk_trace_id":"` + traced + `"}`
	of := func(r RequestInfo) RequestInfo { r.Operation, r.Write = OperationUpdateUser, true; return r }
	tests := map[string]struct {
		answer http.HandlerFunc
		call   func(context.Context, *Client) error
		want   RequestInfo
	}{
		"Read":           {answering(200, userBody), read, RequestInfo{Operation: OperationUser, Sent: true, Status: 200}},
		"ReadWithATrace": {tracing(200, userBody), read, RequestInfo{Operation: OperationUser, Sent: true, Status: 200}},
		"ReadRefused":    {answering(422, refusal), read, RequestInfo{Operation: OperationUser, Sent: true, Status: 422, TraceID: traced}},
		"ReadUnusable":   {answering(200, "{}"), read, RequestInfo{Operation: OperationUser, Sent: true, Status: 200, Unusable: true}},
		"ReadCutOff":     {cutOff, read, RequestInfo{Operation: OperationUser, Sent: true}},
		"StatusOfAProxy": {answering(999, "<html>"), read, RequestInfo{Operation: OperationUser, Sent: true, Status: 999}},
		"Write":          {answering(200, userBody), write, of(RequestInfo{Sent: true, Status: 200})},
		"WriteWithATrace": {tracing(200, userBody), write,
			of(RequestInfo{Sent: true, Status: 200, TraceID: traced})},
		"WriteRefused":  {answering(422, refusal), write, of(RequestInfo{Sent: true, Status: 422, TraceID: traced})},
		"WriteUnusable": {answering(200, "[]"), write, of(RequestInfo{Sent: true, Status: 200, Unusable: true, AnswerLost: true})},
		"WriteFailed":   {tracing(503, ""), write, of(RequestInfo{Sent: true, Status: 503, TraceID: traced, AnswerLost: true})},
		"WriteCutOff":   {cutOff, write, of(RequestInfo{Sent: true, AnswerLost: true})},
		"Limited":       {answering(429, refusal), write, of(RequestInfo{Sent: true, Status: 429, TraceID: traced})},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got observed
			c := newTestClient(t, newStub(t, tc.answer).URL, got.by())
			err := tc.call(t.Context(), c)
			if diff := cmp.Diff(observed{tc.want}, got, ignoringTime()); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
			if AnswerLost(err) != tc.want.AnswerLost {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestCreatedUserIsObserved(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{userBody: testUserID, "{}": ""} {
		var got observed
		c := newTestClient(t, newStub(t, answering(200, answer)).URL, got.by())
		_, err := c.CreateUser(t.Context(), CreateUserParams{})
		if len(got) != 1 || got[0].CreatedUserID != want || (err == nil) != (want != "") {
			t.Errorf("after the answer %s: observed %+v, error %v; want the id %q", answer, got, err, want)
		}
	}
}

// A list of other users than requested is as useless as no answer.
func TestListsOfOtherUsersAreObservedAsUnusable(t *testing.T) {
	t.Parallel()
	var got observed
	c := newTestClient(t, newStub(t, answering(200, "["+userBody+"]")).URL, got.by())
	_, byID := c.UsersByID(t.Context(), "user_Other")
	_, listed := c.Listed(t.Context(), "user_Other")
	_, found := c.UsersBy(t.Context(), KindExternalID, "other")
	if byID == nil || listed == nil || found == nil {
		t.Errorf("the errors are %v, %v, %v", byID, listed, found)
	}
	want := observed{
		{Operation: OperationUsersByID, Sent: true, Status: 200, Unusable: true},
		{Operation: OperationListed, Sent: true, Status: 200, Unusable: true},
		{Operation: OperationUsersBy, Sent: true, Status: 200, Unusable: true},
	}
	if diff := cmp.Diff(want, got, ignoringTime()); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}

func TestWhatIsNotSentIsObserved(t *testing.T) {
	t.Parallel()
	refused := errors.New("somebody else leads")
	tests := map[string]struct {
		option func(*Config)
		want   RequestInfo
	}{
		"NotTheLeader": {
			func(c *Config) { c.MayWrite = func() error { return refused } },
			RequestInfo{Operation: OperationUpdateUser, Write: true, Withheld: true},
		},
		"NoConnection": {
			func(c *Config) {
				c.Transport = &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused }}
			},
			RequestInfo{Operation: OperationUpdateUser, Write: true},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got observed
			c := newTestClient(t, newStub(t, answering(200, userBody)).URL, got.by(), tc.option)
			if err := write(t.Context(), c); !errors.Is(err, refused) {
				t.Errorf("the error is %v", err)
			}
			if diff := cmp.Diff(observed{tc.want}, got, ignoringTime()); diff != "" {
				t.Errorf("observed (-want +got):\n%s", diff)
			}
		})
	}
}

// A call without a token is none.
func TestCallWithoutATokenIsNotObserved(t *testing.T) {
	t.Parallel()
	at := time.Unix(0, 0)
	now := func() time.Time { return at }
	var got observed
	c := newTestClient(t, newStub(t, answering(200, userBody)).URL, got.by(), func(c *Config) {
		c.RateLimiter, c.Now = NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10, Now: now}), now
	})
	if err := read(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if _, waiting := Waiting(read(t.Context(), c)); !waiting {
		t.Error("the second call has a token too")
	}
	if _, err := c.User(t.Context(), "no id"); err == nil {
		t.Error("a call with an invalid id is made")
	}
	if len(got) != 1 {
		t.Errorf("observed %v, want the first call alone", got)
	}
}

func TestObserverHasTheContextOfTheCallerAndTheTimeOfTheExchange(t *testing.T) {
	t.Parallel()
	type key struct{}
	const took = 20 * time.Millisecond
	var c *Client
	calls := 0
	c = newTestClient(t, newStub(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(took)
		answering(200, userBody)(w, r)
	}).URL, func(config *Config) {
		config.Observe = func(ctx context.Context, r RequestInfo) {
			calls++
			if ctx.Value(key{}) != "caller" || ctx.Err() != nil {
				t.Error("the context is not the one of the caller")
			}
			if r.Duration < took || r.Duration > time.Minute {
				t.Errorf("the exchange took %v", r.Duration)
			}
		}
	})
	if err := read(context.WithValue(t.Context(), key{}, "caller"), c); err != nil || calls != 1 {
		t.Errorf("%v, observed %d times", err, calls)
	}
}

// A server that repeats what it was sent as its trace id puts it nowhere.
func TestTraceOfAWriteHasNoValueOfIt(t *testing.T) {
	t.Parallel()
	const password = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
	for _, echoed := range []string{password, testKey, "trace_" + password, "id/" + password} {
		var got observed
		c := newTestClient(t, newStub(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set(traceHeader, echoed)
			answering(200, userBody)(w, r)
		}).URL, got.by())
		if _, err := c.UpdateUser(t.Context(), testUserID, UpdateUserParams{Password: new(NewSecret(password))}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 || got[0].TraceID != "" {
			t.Errorf("observed %+v", got)
		}
	}
}

// A proxy that repeats what it was sent could show an image, or a part of it, as a trace id.
func TestTraceOfAnImageIsNotTold(t *testing.T) {
	t.Parallel()
	var got observed
	c := newTestClient(t, newStub(t, tracing(422, `{"errors":[{"code":"image_too_large"}],"clerk_trace_id":"`+traced+`"}`)).URL, got.by())
	_, err := c.SetProfileImage(t.Context(), testUserID, ProfileImage{ContentType: "image/png", Content: NewSecret(traced)})
	e, refused := Rejected(err)
	if len(got) != 1 || got[0].TraceID != "" || !refused || e.TraceID != "" {
		t.Errorf("observed %+v, error %+v", got, e)
	}
}
