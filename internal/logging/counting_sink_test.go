// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"errors"
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

func TestNothingIsCountedWithoutASink(t *testing.T) {
	t.Parallel()
	failures, _ := newFailures()
	failures.Counting(logr.Logger{}, ByText).Error(errors.New("no"), "failed")
}
