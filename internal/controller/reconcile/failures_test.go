// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/internal/logging"
)

func TestWhatAFailureIsOf(t *testing.T) {
	t.Parallel()
	users := schema.GroupResource{Group: "clerk-operator.io", Resource: "clerkusers"}
	patching := func(name string, err error) error {
		return fmt.Errorf("writing status: %w", &url.Error{Op: "Patch", URL: "https://10.0.0.1/" + name, Err: fmt.Errorf("dial tcp 10.0.0.1: %w", err)})
	}
	tests := map[string]struct {
		err  error
		want logging.Failure
	}{
		"Shared": {
			fmt.Errorf("x: %w", &SharedError{Of: "ClerkInstance a/b", Text: "no answer", Err: errors.New("creating the user: no answer")}),
			logging.Failure{Kind: sharedKind, Of: "ClerkInstance a/b", Text: "no answer"},
		},
		"NoConnection":    {patching("ann", syscall.ECONNREFUSED), logging.Failure{Kind: apiServer, Of: apiServer, Text: "connection refused"}},
		"Forbidden":       {apierrors.NewForbidden(users, "ann", nil), logging.Failure{Kind: apiServer, Of: apiServer, Text: "the API server answers Forbidden"}},
		"Overloaded":      {apierrors.NewTooManyRequests("", 1), logging.Failure{Kind: apiServer, Of: apiServer, Text: "the API server answers TooManyRequests"}},
		"InvalidObject":   {apierrors.NewInvalid(schema.GroupKind{}, "ann", nil), logging.Failure{Kind: "clerkuser", Of: "ann", Text: "the API server answers Invalid"}},
		"AnyOtherFailure": {errors.New("unsettled"), logging.Failure{Kind: "clerkuser", Of: "ann", Text: "unsettled"}},
	}
	for name, tc := range tests {
		if got := (&FailureLog{Controller: "clerkuser"}).failureOf("ann", tc.err); got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
}

func TestErrorsOfReconciliationsAreWrittenOnce(t *testing.T) {
	t.Parallel()
	var lines []string
	base := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
	clock := newClock()
	failures := &FailureLog{Controller: "clerkuser", Failures: logging.NewFailures(clock.now)}
	loggerOf := failures.Logger(base)
	loggerOf(nil).Info("Starting workers")
	if len(lines) != 1 || !strings.Contains(lines[0], `"controller"="clerkuser"`) {
		t.Errorf("the controller's own lines are %q", lines)
	}
	ann := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "team-a", Name: "ann"}}
	fail := func() {
		loggerOf(&ann).WithValues("reconcileID", "1").WithName("x").Error(errors.New("unsettled"), errorMessage, "n", 1)
	}
	count := func(text string) int {
		return len(slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, text) }))
	}
	for range 5 {
		fail()
	}
	loggerOf(&ann).Error(errors.New("unsettled"), "another message")
	loggerOf(&ann).Error(errors.New("unsettled"), "another message")
	if count(errorMessage) != 1 || count("another message") != 2 || count("repeated") != 0 || count(`"name"="ann"`) != 3 || count(`"reconcileID"="1"`) != 1 {
		t.Errorf("the lines are %q", lines)
	}
	clock.advance(logging.FirstRepeat)
	fail()
	if count(errorMessage) != 2 || count(`"repeated"=5 "lasts"="1m0s" "objects"=1`) != 1 {
		t.Errorf("the lines after a minute are %q", lines)
	}
	ctx := log.IntoContext(t.Context(), loggerOf(&ann))
	failures.succeeded(ctx, object("u", "1"))
	failures.succeeded(ctx, object("u", "1"))
	if count("failure ended") != 1 || count(`"error"="unsettled" "of"="clerkuser team-a/ann" "repeated"=5 "lasted"="1m0s"`) != 1 {
		t.Errorf("the lines after the end are %q", lines)
	}
	fail()
	failures.Forget(object("u", "1"))
	fail()
	if count(errorMessage) != 4 {
		t.Errorf("the lines about another object of the name are %q", lines)
	}
}

func TestEndOfASharedFailureIsWrittenWithItsLastObject(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want int
	}{
		"Shared": {&SharedError{Of: "ClerkInstance a/b", Text: "no answer", Err: errors.New("creating the user: no answer")}, 1},
		"Own":    {errors.New("unsettled"), 0},
	} {
		var lines []string
		base := funcr.New(func(_, line string) { lines = append(lines, line) }, funcr.Options{})
		failures := &FailureLog{Controller: "clerkuser", Failures: logging.NewFailures(newClock().now), Log: base}
		ann := ctrl.Request{NamespacedName: types.NamespacedName{Namespace: "team-a", Name: "ann"}}
		for range 2 {
			failures.Logger(base)(&ann).Error(tc.err, errorMessage)
		}
		lines = nil
		failures.Forget(object("u", "1"))
		if len(lines) != tc.want || tc.want > 0 && !strings.Contains(lines[0], `"failure ended" "controller"="clerkuser"`) {
			t.Errorf("%s: the lines are %q", name, lines)
		}
	}
}

func TestWithoutALogEveryErrorIsWritten(t *testing.T) {
	t.Parallel()
	var none *FailureLog
	none.succeeded(log.IntoContext(t.Context(), logr.Discard()), object("u", "1"))
	none.Forget(object("u", "1"))
	(&FailureLog{}).Logger(logr.Logger{})(&ctrl.Request{}).Error(errors.New("unsettled"), errorMessage)
}
