// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestFlagsAreJudged(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args []string
		code int
		out  string
		err  string
	}{
		"Help":             {[]string{"--help"}, 0, "--latency duration", ""},
		"Version":          {[]string{"--version"}, 0, "clerk-emulator ", ""},
		"UnknownFlag":      {[]string{"--port", "1"}, 2, "", "-port"},
		"Argument":         {[]string{"serve"}, 2, "", `unexpected argument "serve"`},
		"BadLatency":       {[]string{"--latency", "slow"}, 2, "", "latency"},
		"NegativeLatency":  {[]string{"--latency", "-1s"}, 2, "", "must not be negative"},
		"KeyWithoutPrefix": {[]string{"--key", "hunter2"}, 2, "", "write sk_test_… or sk_live_…"},
		"KeyOfPrefixOnly":  {[]string{"--key", "sk_test_"}, 2, "", "--key"},
		"InstanceNotAnID":  {[]string{"--key", "sk_test_hunter2=shop"}, 2, "", "--key"},
		"AddressNotOurs":   {[]string{"--addr", "192.0.2.1:1"}, 1, "", "listening on 192.0.2.1:1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errOut bytes.Buffer
			if code := run(t.Context(), test.args, &out, &errOut); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if !strings.Contains(out.String(), test.out) || !strings.Contains(errOut.String(), test.err) || test.out == "" && out.Len() > 0 {
				t.Errorf("stdout %q, stderr %q", out.String(), errOut.String())
			}
			if strings.Contains(errOut.String(), "hunter2") {
				t.Errorf("a rejected key is printed: %q", errOut.String())
			}
		})
	}
}

func TestServesUntilASignal(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan int, 1)
	var errOut bytes.Buffer
	go func() {
		done <- run(ctx, []string{"--addr", "127.0.0.1:0", "--key", "sk_test_a", "--key", "sk_live_b=ins_x", "--key", "sk_live_c=ins_x", "--latency", "1ms"}, write, &errOut)
	}()
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "http://127.0.0.1:") {
		t.Fatalf("printed %q, %v, %s", line, err, errOut.String())
	}
	instance := func(key string) (id, environment string) {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.TrimSpace(line)+"/v1/instance", nil)
		request.Header.Set("Authorization", "Bearer "+key)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		var document struct {
			ID          string `json:"id"`
			Environment string `json:"environment_type"`
		}
		if err := json.NewDecoder(response.Body).Decode(&document); err != nil {
			t.Fatal(err)
		}
		return document.ID, document.Environment
	}
	if _, environment := instance("sk_test_a"); environment != "development" {
		t.Errorf("sk_test_ opens a %s instance", environment)
	}
	for _, key := range []string{"sk_live_b", "sk_live_c"} {
		if id, environment := instance(key); id != "ins_x" || environment != "production" {
			t.Errorf("%s opens %s, %s", key, id, environment)
		}
	}
	stop()
	select {
	case code := <-done:
		if code != 0 || errOut.Len() > 0 {
			t.Errorf("exit code %d, stderr %q", code, errOut.String())
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it does not end")
	}
}

func TestWithoutKeysThereIsOne(t *testing.T) {
	t.Parallel()
	o, err := parse(nil)
	if err != nil || len(o.keys) != 1 || o.keys[0].secret != defaultKey || o.address != defaultAddress || o.latency != 0 {
		t.Errorf("options %+v, %v", o, err)
	}
}

func TestOnlyLoopbackIsSilent(t *testing.T) {
	t.Parallel()
	for listening, want := range map[string]struct {
		address string
		exposed bool
	}{
		"127.0.0.1:8910":  {"127.0.0.1:8910", false},
		"[::1]:8910":      {"[::1]:8910", false},
		"[::]:8910":       {"127.0.0.1:8910", true},
		"0.0.0.0:8910":    {"127.0.0.1:8910", true},
		"192.0.2.1:8910":  {"192.0.2.1:8910", true},
		"[2001:db8::1]:1": {"[2001:db8::1]:1", true},
	} {
		if address, exposed, err := reach(listening); err != nil || address != want.address || exposed != want.exposed {
			t.Errorf("reach(%s) = %s, %t, %v, want %+v", listening, address, exposed, err, want)
		}
	}
}
