// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestLevelsHaveNames(t *testing.T) {
	t.Parallel()
	for format, names := range map[Format][]string{
		JSON: {`"level":"info"`, `"level":"debug"`, `"level":"trace"`, `"level":"trace"`, `"level":"trace"`, `"level":"trace"`},
		Console: {
			"\tinfo\t", "\tdebug\t", "\ttrace\t", "\ttrace\t", "\ttrace\t", "\ttrace\t",
		},
	} {
		for level, name := range names {
			for highest := range int8(MaxLevel + 1) {
				var out bytes.Buffer
				New(&out, format, highest).V(level).Info("said")
				if got := out.String(); (got != "") != (level <= int(highest)) || got != "" && !strings.Contains(got, name) {
					t.Errorf("%s, level %d of at most %d: %q, want %q", format, level, highest, got, name)
				}
			}
		}
	}
}

func TestErrorsHaveNoStackTrace(t *testing.T) {
	t.Parallel()
	for _, format := range []Format{JSON, Console} {
		for level := range int8(MaxLevel + 1) {
			var out bytes.Buffer
			logger := New(&out, format, level)
			logger.Error(errors.New("no answer"), "Reconciler error", "name", "ann")
			logger.Info("said")
			got := out.String()
			if strings.Count(got, "\n") != 2 || !strings.Contains(got, "error") || strings.Contains(got, ".go:") || strings.Contains(got, "stacktrace") {
				t.Errorf("%s, level %d: %q", format, level, got)
			}
		}
	}
}

// Audit lines have the same message, and none may be dropped however many there are in a second.
func TestNoLineIsDropped(t *testing.T) {
	t.Parallel()
	const lines = 5000
	for level := range int8(3) {
		var out bytes.Buffer
		logger := New(&out, JSON, level)
		for n := range lines {
			logger.Info("clerk write", "n", n)
		}
		if got := strings.Count(out.String(), "\n"); got != lines {
			t.Errorf("level %d: %d of %d lines were written", level, got, lines)
		}
	}
}

func TestLinesAreJSONWithATime(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	before := time.Now().Truncate(time.Millisecond)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: "b"}, StringData: map[string]string{"key": "marker"}}
	New(&out, JSON, 0).WithName("audit").Info("clerk write", "fields", []string{"firstName"}, "object", secret)
	var line struct {
		TS     string   `json:"ts"`
		Logger string   `json:"logger"`
		Msg    string   `json:"msg"`
		Fields []string `json:"fields"`
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339Nano, line.TS)
	if err != nil || at.Before(before) || line.Logger != "audit" || line.Msg != "clerk write" || fmt.Sprint(line.Fields) != "[firstName]" {
		t.Errorf("the line is %+v (%v)", line, err)
	}
	if strings.Contains(out.String(), "marker") {
		t.Errorf("the line has the content of an object: %s", out.String())
	}
}
