// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
)

// recorded is a kind that records what it is asked.
type recorded struct {
	delay     time.Duration
	result    Result
	reportErr error

	calls []string
	// limited says whether Run and Report had a deadline, and by how much later Report's was.
	runUntil, reportUntil time.Time
}

func (k *recorded) Delay(*corev1.ConfigMap) time.Duration {
	k.calls = append(k.calls, "Delay")
	return k.delay
}

func (k *recorded) Run(ctx context.Context, o *corev1.ConfigMap) string {
	k.calls = append(k.calls, "Run")
	k.runUntil, _ = ctx.Deadline()
	o.Data = map[string]string{"changed": "by Run"}
	return "learned"
}

func (k *recorded) ResultFor(o *corev1.ConfigMap, outcome string) Result {
	k.calls = append(k.calls, fmt.Sprintf("ResultFor %d %s", len(o.Data), outcome))
	return k.result
}

func (k *recorded) Report(ctx context.Context, before, o *corev1.ConfigMap, outcome string, r Result) error {
	k.calls = append(k.calls, fmt.Sprintf("Report %d %d %s %s", len(before.Data), len(o.Data), outcome, r.Reason))
	k.reportUntil, _ = ctx.Deadline()
	return k.reportErr
}

func TestOneReconciliation(t *testing.T) {
	t.Parallel()
	conflict := apierrors.NewConflict(schema.GroupResource{}, "ann", errors.New("modified"))
	other := errors.New("any other")
	all := []string{"Delay", "Run", "ResultFor 1 learned", "Report 0 1 learned Known"}
	tests := map[string]struct {
		version string
		kind    recorded
		want    ctrl.Result
		err     error
		calls   []string
	}{
		"Whole":            {"5", recorded{result: Result{RequeueAfter: time.Hour}}, ctrl.Result{RequeueAfter: time.Hour}, nil, all},
		"SameVersion":      {"4", recorded{}, ctrl.Result{}, nil, all},
		"OldCopy":          {"3", recorded{delay: time.Second}, ctrl.Result{}, nil, nil},
		"NotItsTurn":       {"5", recorded{delay: time.Second}, ctrl.Result{RequeueAfter: time.Second}, nil, []string{"Delay"}},
		"Failed":           {"5", recorded{result: Result{Err: other, RequeueAfter: time.Hour}}, ctrl.Result{}, other, all},
		"Conflict":         {"5", recorded{result: Result{Err: other}, reportErr: conflict}, ctrl.Result{RequeueAfter: ConflictPause}, nil, all},
		"ConflictWrapped":  {"5", recorded{reportErr: fmt.Errorf("x: %w", conflict)}, ctrl.Result{RequeueAfter: ConflictPause}, nil, all},
		"OutdatedAtReport": {"5", recorded{reportErr: fmt.Errorf("x: %w", ErrOutdated)}, ctrl.Result{RequeueAfter: ConflictPause}, nil, all},
		"NotReported":      {"5", recorded{result: Result{RequeueAfter: time.Hour}, reportErr: other}, ctrl.Result{}, other, all},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			kind := tc.kind
			kind.result.Reason = "Known"
			objects := NewStore[struct{}]()
			objects.Wrote(object("a", "4"))
			r := Reconciler[*corev1.ConfigMap, string, Result]{Kind: &kind, Objects: objects}
			got, err := r.Reconcile(t.Context(), object("a", tc.version))
			if got != tc.want || !errors.Is(err, tc.err) || tc.err == nil && err != nil {
				t.Errorf("%+v, %v, want %+v, %v", got, err, tc.want, tc.err)
			}
			if diff := cmp.Diff(tc.calls, kind.calls); diff != "" {
				t.Errorf("steps (-want +got):\n%s", diff)
			}
		})
	}
}

// TestReportHasTimeThatRunDoesNotHave checks that steps which take all the time do not keep their result from being written.
func TestReportHasTimeThatRunDoesNotHave(t *testing.T) {
	t.Parallel()
	deadline := time.Now().Add(time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	kind := &recorded{}
	r := Reconciler[*corev1.ConfigMap, string, Result]{Kind: kind, Objects: NewStore[struct{}]()}
	if _, err := r.Reconcile(ctx, object("a", "1")); err != nil {
		t.Fatal(err)
	}
	if !kind.runUntil.Equal(deadline.Add(-ReportingTime)) || !kind.reportUntil.Equal(deadline) {
		t.Errorf("Run ends at %s and Report at %s, want %s before %s", kind.runUntil, kind.reportUntil, ReportingTime, deadline)
	}
}

func TestErrorsOfOldCopies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"None":     {nil, false},
		"Other":    {errors.New("x"), false},
		"NotFound": {apierrors.NewNotFound(schema.GroupResource{}, "ann"), false},
		"Conflict": {apierrors.NewConflict(schema.GroupResource{}, "ann", errors.New("x")), true},
		"Outdated": {errors.Join(ErrOutdated), true},
	} {
		if got := IsOutdated(tc.err); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}

func TestErrorsSpeakForThemselves(t *testing.T) {
	t.Parallel()
	problem := &Problem{Reason: "Why", Message: "what to do"}
	if problem.Error() != "what to do" {
		t.Errorf("a problem reads %q", problem)
	}
	wait := &WaitError{After: time.Second, Err: ErrOutdated}
	if !errors.Is(wait, ErrOutdated) || !strings.Contains(wait.Error(), ErrOutdated.Error()) {
		t.Errorf("a wait reads %q", wait)
	}
}
