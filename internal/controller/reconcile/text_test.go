// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestWorkEndsBeforeTheReconciliation(t *testing.T) {
	t.Parallel()
	free, cancel := WorkingTime(t.Context())
	if _, limited := free.Deadline(); limited {
		t.Error("the work of an endless reconciliation ends")
	}
	cancel()
	if free.Err() == nil {
		t.Error("the work goes on when the reconciliation is over")
	}
	deadline := time.Now().Add(time.Minute)
	limited, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	work, cancel := WorkingTime(limited)
	defer cancel()
	if got, _ := work.Deadline(); !got.Equal(deadline.Add(-ReportingTime)) {
		t.Errorf("the work ends %s before the reconciliation, want %s", deadline.Sub(got), ReportingTime)
	}
}

func TestTextsOfErrorsAreStable(t *testing.T) {
	t.Parallel()
	known := errors.New("what is waited for")
	refusal := &clerk.Error{Status: 503, TraceID: "trace-1"}
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"AnswerOfClerk":  {fmt.Errorf("reading user user_1: %w", refusal), refusal.Error()},
		"AnswerLost":     {fmt.Errorf("x: %w", &clerk.AnswerLostError{Err: refusal}), refusal.Error()},
		"NoAnswer":       {fmt.Errorf("x: %w", &clerk.AnswerLostError{Err: errors.New("timed out")}), (&clerk.AnswerLostError{Err: errors.New("timed out")}).Error()},
		"AnswerOfTheAPI": {fmt.Errorf("x: %w", apierrors.NewConflict(schema.GroupResource{}, "at version 7", nil)), "the API server answers Conflict"},
		"RightThatIsMissing": {
			fmt.Errorf("x: %w", apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "ann", errors.New(
				`User "system:serviceaccount:a:b" cannot create resource "secrets" in API group "" in the namespace "c"`))),
			"the API server answers Forbidden; grant the operator's ServiceAccount the right to create secrets",
		},
		"RightOnAPart": {
			apierrors.NewForbidden(schema.GroupResource{}, "", errors.New(`User "a" cannot patch resource "clerkusers/status" in API group "clerk-operator.io"`)),
			"the API server answers Forbidden; grant the operator's ServiceAccount the right to patch clerkusers.clerk-operator.io/status",
		},
		"ForbiddenByAPolicy": {apierrors.NewForbidden(schema.GroupResource{}, "", errors.New("denied: value-of-somebody")), "the API server answers Forbidden"},
		"OneThatIsKnown":     {fmt.Errorf("after 3 s: %w", known), known.Error()},
		"OneThatIsNot":       {errors.New("as it is"), "as it is"},
		"AnotherWrapping":    {fmt.Errorf("outer: %w", errors.New("inner")), "outer: inner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := StableText(tc.err, known); got != tc.want {
				t.Errorf("the text is %q, want %q", got, tc.want)
			}
		})
	}
}
