// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/logging"
)

func TestLogLevelIsLimited(t *testing.T) {
	for _, level := range []int{0, logging.MaxLevel} {
		if o, err := parseOptions([]string{fmt.Sprintf("--log-level=%d", level)}); err != nil || int(o.logLevel) != level {
			t.Errorf("level %d: %v, %v", level, o.logLevel, err)
		}
	}
	for _, level := range []int{-1, logging.MaxLevel + 1, 10, 127} {
		if _, err := parseOptions([]string{fmt.Sprintf("--log-level=%d", level)}); err == nil {
			t.Errorf("level %d is accepted", level)
		}
	}
}

func TestVersionNeedsNoOtherFlag(t *testing.T) {
	if o, err := parseOptions([]string{"--version", "--watch-namespaces=a"}); err != nil || !o.showVersion {
		t.Errorf("the options are %+v (%v)", o, err)
	}
}

func TestDefaultInstanceIsWatched(t *testing.T) {
	watched := []string{"--watch-namespaces=a,b", "--cluster-id=c"}
	if _, err := parseOptions(append(watched, "--default-instance=b/default")); err != nil {
		t.Errorf("a watched namespace: %v", err)
	}
	_, err := parseOptions(append(watched, "--default-instance=d/default"))
	if want := `--default-instance: namespace "d" is not one of --watch-namespaces`; err == nil || err.Error() != want {
		t.Errorf("another namespace: %v, want %s", err, want)
	}
}

// TestNoLogLevelShowsSecrets reads a Secret with client-go, which logs what it reads at a level of its own choice: if that comes
// to be one that the operator can be started with, this fails.
func TestNoLogLevelShowsSecrets(t *testing.T) {
	const value = "bm90LXRvLWJlLWxvZ2dlZA=="
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"b"},"data":{"key":"`+value+`"}}`)
	}))
	t.Cleanup(server.Close)
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	reader, err := client.New(&rest.Config{Host: server.URL}, client.Options{Scheme: scheme.Scheme, Mapper: mapper})
	if err != nil {
		t.Fatal(err)
	}
	shows := func(level int8) bool {
		var logs bytes.Buffer
		logger := logging.New(&logs, logging.JSON, level)
		err := reader.Get(logr.NewContext(t.Context(), logger), client.ObjectKey{Namespace: "b", Name: "a"}, &corev1.Secret{})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(logs.String(), value)
	}
	if shows(logging.MaxLevel) {
		t.Errorf("at level %d Secrets are logged", logging.MaxLevel)
	}
	if !shows(127) {
		t.Error("not even at the highest level: this test does not see what it looks for")
	}
}

func TestWrongCommandLinesAreRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"UnknownFlag":      {[]string{"--no-such-flag"}, "unknown flag: --no-such-flag"},
		"UnknownShorthand": {[]string{"-x"}, "unknown shorthand flag"},
		"StrayArgument":    {[]string{"run"}, `unexpected argument "run"`},
		"ValueOfABool":     {[]string{"--leader-elect", "false"}, `unexpected argument "false"; write values as --flag=value`},
		"AfterTwoDashes":   {[]string{"--", "--leader-elect=false"}, "unexpected argument"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseOptions(tc.args); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "--help") {
				t.Errorf("the error is %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestChangedFlagsAreThoseWithAnotherValue(t *testing.T) {
	o, err := parseOptions([]string{
		"--leader-elect=true", "--concurrency=32", "--cluster-id=c", "--watch-namespaces=a,b", "--secret-interval=5s",
	})
	want := map[string]string{"cluster-id": "c", "watch-namespaces": "[a,b]", "secret-interval": "5s"}
	if err != nil || !maps.Equal(o.changed, want) {
		t.Errorf("the changed flags are %v (%v), want %v", o.changed, err, want)
	}
}
