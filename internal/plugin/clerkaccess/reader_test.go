// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// opened returns the Reader of an environment, whose Secret has a key.
func (w *environment) opened(key string) Reader {
	w.t.Helper()
	access, err := w.opener(secret(key)).open(w.t.Context(), w.instance)
	if err != nil {
		w.t.Fatal(err)
	}
	w.ours.ResetJournal()
	return access.Reader
}

// What passes is tried again, with growing pauses. What does not pass is not.
func TestCallsAreTriedAgain(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault emulator.Fault
		calls int
		lasts time.Duration
		says  string
	}{
		"ServerError":       {emulator.Fault{Status: 503, Times: 2}, 3, 3 * time.Second, ""},
		"ConnectionCut":     {emulator.Fault{Status: 502, Body: "<html>", Times: 1}, 2, time.Second, ""},
		"ServerErrorStays":  {emulator.Fault{Status: 500, Times: -1}, 5, 15 * time.Second, "5 calls failed, the last one so: clerk answered 500"},
		"ClerkLimits":       {emulator.Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}, Times: 2}, 3, 14 * time.Second, ""},
		"ClerkLimitsAlways": {emulator.Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}, Times: -1}, 5, 28 * time.Second, "try again later"},
		"Refused":           {emulator.Fault{Status: 422, Code: "form_param_unknown", Times: -1}, 1, 0, "form_param_unknown"},
		"KeyRejected": {
			emulator.Fault{Status: 401, Code: "authentication_invalid", Times: -1}, 1, 0, "the key of Secret team-a/clerk is not accepted; use one that Clerk's dashboard shows",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newEnvironment(t)
				reader := w.opened(ourKey)
				w.ours.InjectFault(tc.fault)
				began := time.Now()
				_, err := reader.CountUsers(t.Context())
				if lasted := time.Since(began).Round(100 * time.Millisecond); lasted < tc.lasts || lasted > tc.lasts+2*time.Second {
					t.Errorf("it lasted %s, want %s", lasted, tc.lasts)
				}
				if n := len(w.ours.Journal()); n != tc.calls {
					t.Errorf("%d calls were made, want %d", n, tc.calls)
				}
				switch {
				case tc.says == "" && err != nil:
					t.Error(err)
				case tc.says != "":
					expectRefusal(t, err, tc.says)
				}
			})
		})
	}
}

// By default the plugin takes a tenth of what Clerk allows.
func TestCallsKeepToATenthOfTheLimit(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		key   string
		given int32
		// most is how many calls fit into ten seconds.
		most int
	}{
		"Development": {ourKey, 0, 10},
		"Production":  {ourLiveKey, 0, 100},
		"Given":       {ourLiveKey, 5, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newEnvironment(t)
				w.instance.Status.Environment = ""
				w.flags.RequestsPer10s = tc.given
				reader := w.opened(tc.key)
				for range 3 * tc.most {
					if _, err := reader.CountUsers(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				journal := w.ours.Journal()
				for i := range journal {
					if j := i + tc.most; j < len(journal) && journal[j].Time.Sub(journal[i].Time) < 9*time.Second {
						t.Fatalf("%d calls were made in %s", tc.most+1, journal[j].Time.Sub(journal[i].Time))
					}
				}
				if lasted := journal[len(journal)-1].Time.Sub(journal[0].Time); lasted > 35*time.Second {
					t.Errorf("%d calls lasted %s", len(journal), lasted)
				}
			})
		})
	}
}

// Whoever types Ctrl-C does not wait for an answer of Clerk, nor for a token.
func TestInterruptIsPrompt(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"NoAnswer": {Hang: true, Times: -1},
		"Pause":    {Status: 429, Header: map[string]string{"Retry-After": "300"}, Times: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newEnvironment(t)
				reader := w.opened(ourKey)
				w.ours.InjectFault(fault)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(2*time.Second, cancel)
				began := time.Now()
				_, err := reader.UsersAfter(ctx, clerk.UserMatch{}, "", 10)
				if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "interrupted") {
					t.Errorf("it ended with %v", err)
				}
				if lasted := time.Since(began); lasted != 2*time.Second {
					t.Errorf("it ended after %s, want 2s", lasted)
				}
				w.ours.ClearFaults()
			})
		})
	}
}

// The operator's calls and the plugin's are told apart in Clerk's logs.
func TestUserAgent(t *testing.T) {
	t.Parallel()
	w := newEnvironment(t)
	o := w.opener(secret(ourKey))
	var agent atomic.Value
	o.transport = inProcess{http.HandlerFunc(func(answer http.ResponseWriter, call *http.Request) {
		agent.Store(call.UserAgent())
		w.server.ServeHTTP(answer, call)
	})}
	if _, err := o.open(t.Context(), w.instance); err != nil {
		t.Fatal(err)
	}
	if got, _ := agent.Load().(string); !strings.HasPrefix(got, "kubectl-clerk/") || len(got) < len("kubectl-clerk/v") {
		t.Errorf("the User-Agent is %q", got)
	}
}
