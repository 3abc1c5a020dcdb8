// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package options

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
		if o, err := Parse([]string{fmt.Sprintf("--log-level=%d", level)}, io.Discard); err != nil || int(o.LogLevel) != level {
			t.Errorf("level %d: %v, %v", level, o.LogLevel, err)
		}
	}
	for _, level := range []int{-1, logging.MaxLevel + 1, 10, 127} {
		if _, err := Parse([]string{fmt.Sprintf("--log-level=%d", level)}, io.Discard); err == nil {
			t.Errorf("level %d is accepted", level)
		}
	}
}

func TestVersionNeedsNoOtherFlag(t *testing.T) {
	if o, err := Parse([]string{"--version", "--watch-namespaces=a"}, io.Discard); err != nil || !o.ShowVersion {
		t.Errorf("the options are %+v (%v)", o, err)
	}
}

func TestDefaultInstanceIsWatched(t *testing.T) {
	watched := []string{"--watch-namespaces=a,b", "--cluster-id=c"}
	if _, err := Parse(append(watched, "--default-instance=b/default"), io.Discard); err != nil {
		t.Errorf("a watched namespace: %v", err)
	}
	_, err := Parse(append(watched, "--default-instance=d/default"), io.Discard)
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
			if _, err := Parse(tc.args, io.Discard); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "--help") {
				t.Errorf("the error is %v, want %q in it", err, tc.want)
			}
		})
	}
}

func TestChangedFlagsAreThoseWithAnotherValue(t *testing.T) {
	o, err := Parse([]string{
		"--leader-elect=true", "--concurrency=32", "--cluster-id=c", "--watch-namespaces=a,b", "--secret-interval=5s",
	}, io.Discard)
	want := map[string]string{"cluster-id": "c", "watch-namespaces": "[a,b]", "secret-interval": "5s"}
	if err != nil || !maps.Equal(o.Changed, want) {
		t.Errorf("the changed flags are %v (%v), want %v", o.Changed, err, want)
	}
}
