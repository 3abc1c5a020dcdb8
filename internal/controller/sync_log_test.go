// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

func TestFailingSyncsAreToldOnce(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 12, 12, 0, 0, 0, time.UTC)
	var lines []string
	l := syncLog{
		log:      funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{}),
		failures: logging.NewFailures(func() time.Time { return now }),
	}
	expect := func(step string, parts ...string) {
		t.Helper()
		if len(lines) != len(parts) {
			t.Fatalf("%s: the lines are %q", step, lines)
		}
		for i, part := range parts {
			if !strings.Contains(lines[i], part) {
				t.Errorf("%s: line %q lacks %q", step, lines[i], part)
			}
		}
		lines = nil
	}
	l.observe("ins_a", "full sync", nil)
	l.observe("ins_a", "full sync", &clerk.KeyRefusedError{})
	expect("nothing to tell")
	for range 3 {
		l.observe("ins_a", "full sync", errors.New("no answer"))
		l.observe("ins_a", "incremental sync", nil)
	}
	l.observe("ins_b", "full sync", errors.New("no answer"))
	expect("first failures", `"of"="full sync of ins_a"`, `"of"="full sync of ins_b"`)
	now = now.Add(logging.FirstRepeat)
	l.observe("ins_a", "full sync", errors.New("no answer"))
	expect("a minute later", `"repeated"=3 "lasts"="1m0s"`)
	l.observe("ins_a", "full sync", nil)
	expect("the end", `"failure ended" "error"="no answer" "of"="full sync of ins_a" "repeated"=3`)
}
