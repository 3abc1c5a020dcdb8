// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func TestWhatTheQueueIsTold(t *testing.T) {
	t.Parallel()
	failure := errors.New("x")
	for name, tc := range map[string]struct {
		result Result
		want   ctrl.Result
		err    error
	}{
		"Nothing":  {Result{}, ctrl.Result{}, nil},
		"Later":    {Result{RequeueAfter: time.Minute}, ctrl.Result{RequeueAfter: time.Minute}, nil},
		"Low":      {Result{Priority: ptr.To(PriorityLow)}, ctrl.Result{Priority: ptr.To(PriorityLow)}, nil},
		"Failed":   {Result{RequeueAfter: time.Minute, Err: failure}, ctrl.Result{}, failure},
		"FailsLow": {Result{Err: failure, Priority: ptr.To(PriorityLow)}, ctrl.Result{Priority: ptr.To(PriorityLow)}, failure},
	} {
		got, err := tc.result.Queue()
		if diff := cmp.Diff(tc.want, got); diff != "" || !errors.Is(err, tc.err) {
			t.Errorf("%s: error %v, (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestFailingFor(t *testing.T) {
	t.Parallel()
	if got := FailingFor(time.Time{}, start); got != 0 {
		t.Errorf("the first failure has lasted %s", got)
	}
	if got := FailingFor(start, start.Add(time.Minute)); got != time.Minute {
		t.Errorf("a failure has lasted %s, want a minute", got)
	}
}
