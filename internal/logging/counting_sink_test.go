// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-logr/logr"
)

func TestErrorsOfLibrariesAreCounted(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	failures, clock := newFailures()
	logger := failures.Counting(New(&out, JSON, 0), ByText).WithValues("event", "ann").WithName("klog")
	for range 10_000 {
		logger.Error(errors.New("events is forbidden"), "Server rejected event")
		logger.Error(nil, "Server rejected event")
	}
	logger.Info("said")
	clock.at = clock.at.Add(FirstRepeat)
	logger.Error(errors.New("events is forbidden"), "Server rejected event")
	got := out.String()
	if strings.Count(got, "\n") != 4 || strings.Count(got, `"repeated":10000,"lasts":"1m0s"`) != 1 || strings.Count(got, `"logger":"klog"`) != 4 ||
		strings.Count(got, `"event":"ann"`) != 4 || strings.Contains(got, `"of"`) {
		t.Errorf("the lines are:\n%s", got)
	}
}

// A tenant can have as many events rejected as it likes, by a quota in its namespace.
func TestRejectedEventsDoNotHideOtherErrors(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	failures, _ := newFailures()
	logger := failures.Counting(New(&out, JSON, 0), ByText)
	for n := range 2 * maxFailures {
		text := `events "ann.18b%x" is forbidden: exceeded quota: q%s, requested: count/events=1, used: count/events=%d`
		logger.Error(fmt.Errorf(text, n, strings.Repeat("x", n), n), "Server rejected event (will not retry!)")
	}
	logger.Error(errors.New("no answer"), "Error retrieving lease lock")
	if got := out.String(); strings.Count(got, "Error retrieving lease lock") != 1 || strings.Count(got, "\n") != maxFailures+2 {
		t.Errorf("%d lines, the last %d bytes of which are:\n%s", strings.Count(got, "\n"), 500, got[max(len(got)-500, 0):])
	}
}

func TestRejectedEventsCountAsOneFailure(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	failures, _ := newFailures()
	logger := failures.Counting(New(&out, JSON, 0), ByText)
	for n := range 100 {
		text := `events "ann.18b%x" is forbidden: exceeded quota: events, requested: count/events=1, used: count/events=%d`
		logger.Error(fmt.Errorf(text, n, n), "Server rejected event (will not retry!)")
	}
	if strings.Count(out.String(), "\n") != 1 {
		t.Errorf("the lines are:\n%s", out.String())
	}
}

func TestNothingIsCountedWithoutASink(t *testing.T) {
	t.Parallel()
	failures, _ := newFailures()
	failures.Counting(logr.Logger{}, ByText).Error(errors.New("no"), "failed")
}
