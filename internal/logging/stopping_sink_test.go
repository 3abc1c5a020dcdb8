// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package logging

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-logr/logr"
)

func TestErrorsOfAStopAreNoErrors(t *testing.T) {
	t.Parallel()
	lost := errors.New("leader election lost")
	cut := fmt.Errorf("Get %q: %w", "https://10.0.0.1/leases", context.Canceled)
	for name, tc := range map[string]struct {
		stopped bool
		level   int8
		err     error
		message string
		want    string
	}{
		"Running":      {false, 0, cut, "Error retrieving lease lock", "error"},
		"Stopped":      {true, 0, cut, "Error retrieving lease lock", ""},
		"StoppedDebug": {true, 1, cut, "Error retrieving lease lock", "debug"},
		"InMessage":    {true, 1, nil, "no lease: context canceled", "debug"},
		"AfterStop":    {true, 0, lost, afterStop, ""},
		"OtherFailure": {true, 0, lost, "the manager failed", "error"},
		"NoError":      {true, 0, nil, "no", "error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			logger := Stopping(ctx, New(&out, JSON, tc.level)).WithName("klog").WithValues("a", 1)
			if tc.stopped {
				stop()
			}
			logger.Error(tc.err, tc.message, "b", 2)
			got := out.String()
			if tc.want == "" && got != "" || tc.want != "" && (!strings.Contains(got, `"level":"`+tc.want+`"`) || !strings.Contains(got, `"logger":"klog"`) ||
				!strings.Contains(got, `"a":1,"b":2`)) {
				t.Errorf("the line is %s", got)
			}
		})
	}
	Stopping(t.Context(), logr.Logger{}).Error(lost, "failed")
}
