// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	eventsapi "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
)

// refusingSink answers every event with an error.
type refusingSink struct {
	events.EventSink

	err error
}

func (s refusingSink) Create(context.Context, *eventsapi.Event) (*eventsapi.Event, error) {
	return nil, s.err
}

func TestEventsInADeletedNamespaceAreDropped(t *testing.T) {
	t.Parallel()
	resource := schema.GroupResource{Group: "events.k8s.io", Resource: "events"}
	terminating := apierrors.NewForbidden(resource, "ann", errors.New("namespace team-a is being terminated"))
	terminating.ErrStatus.Details.Causes = []metav1.StatusCause{{Type: corev1.NamespaceTerminatingCause}}
	for name, tc := range map[string]struct {
		err     error
		dropped bool
	}{
		"Terminating":     {terminating, true},
		"Gone":            {apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "team-a"), true},
		"Forbidden":       {apierrors.NewForbidden(resource, "ann", errors.New("no right")), false},
		"NotFound":        {apierrors.NewNotFound(resource, "ann"), false},
		"NotFoundAtAll":   {&apierrors.StatusError{ErrStatus: metav1.Status{Reason: metav1.StatusReasonNotFound}}, false},
		"NoAnswer":        {errors.New("connection refused"), false},
		"WrittenAsBefore": {nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sink{refusingSink{err: tc.err}}.Create(t.Context(), &eventsapi.Event{})
			if (err == nil) != tc.dropped {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestNotesOfEventsAreBounded(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ note, want string }{
		"Short":   {"100 % refused", "100 % refused"},
		"AtMost":  {strings.Repeat("a", 1024), strings.Repeat("a", 1024)},
		"TooLong": {strings.Repeat("a", 1025), strings.Repeat("a", 1020) + " …"},
		// The limit is within a letter of two bytes.
		"LongLetters": {"a" + strings.Repeat("é", 600), "a" + strings.Repeat("é", 509) + " …"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fake := events.NewFakeRecorder(1)
			boundedRecorder{fake}.Eventf(&corev1.Secret{}, nil, corev1.EventTypeWarning, "Reason", "RunAction", "%s", tc.note)
			if got := <-fake.Events; got != "Warning Reason "+tc.want {
				t.Errorf("the event is %q, %d bytes", got, len(got))
			}
		})
	}
}
