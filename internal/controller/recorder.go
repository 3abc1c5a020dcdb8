// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsapi "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	eventsv1 "k8s.io/client-go/kubernetes/typed/events/v1"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

const (
	// recorderName is the source of events.
	recorderName = "clerk-operator"
	// lastEventsTime is how long events are written after the end began: longer than a manager takes to end.
	lastEventsTime = time.Minute
)

// newRecorder returns a recorder that still writes events after ctx has ended. The manager's own drops what is not written when the
// caches stop, which is right after the last reconciliation.
func newRecorder(ctx context.Context, mgr ctrl.Manager) (events.EventRecorder, error) {
	client, err := eventsv1.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return nil, fmt.Errorf("building the client for events: %w", err)
	}
	writing, stop := context.WithCancel(log.IntoContext(context.WithoutCancel(ctx), mgr.GetLogger().WithName("events")))
	broadcaster := events.NewBroadcaster(sink{&events.EventSinkImpl{Interface: client}})
	if err := broadcaster.StartRecordingToSinkWithContext(writing); err != nil {
		stop()
		return nil, fmt.Errorf("starting to write events: %w", err)
	}
	context.AfterFunc(ctx, func() {
		time.AfterFunc(lastEventsTime, func() {
			stop()
			broadcaster.Shutdown()
		})
	})
	return boundedRecorder{broadcaster.NewRecorder(mgr.GetScheme(), recorderName)}, nil
}

// sink writes events. An event about an object in a namespace that is being deleted, or that is gone, is dropped: the API server
// refuses new objects there, and client-go would log each refusal as an error.
type sink struct{ events.EventSink }

// Create writes an event, unless its namespace takes no new objects.
func (s sink) Create(ctx context.Context, event *eventsapi.Event) (*eventsapi.Event, error) {
	written, err := s.EventSink.Create(ctx, event)
	if !takesNoObjects(err) {
		return written, err
	}
	log.FromContext(ctx).V(1).Info("an event was dropped, since its namespace is being deleted", "reason", event.Reason, "regarding", event.Regarding)
	return event, nil
}

// takesNoObjects reports whether the API server refused an object because its namespace is being deleted or is gone.
func takesNoObjects(err error) bool {
	status := apierrors.APIStatus(nil)
	if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return true
	}
	return apierrors.IsNotFound(err) && errors.As(err, &status) && status.Status().Details != nil && status.Status().Details.Kind == "namespaces"
}

// maxNote is how many bytes the note of an event may have, by the API server's validation.
const maxNote = 1024

// ellipsis ends a shortened note. The conditions have the whole text.
const ellipsis = " …"

// boundedRecorder shortens the notes of events to the length that the API server accepts.
type boundedRecorder struct{ events.EventRecorder }

// Eventf writes an event, with a note that is shortened if need be.
//
//nolint:revive // client-go's method has as many parameters
func (r boundedRecorder) Eventf(regarding, related runtime.Object, kind, reason, action, format string, args ...any) {
	note := fmt.Sprintf(format, args...)
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote-len(ellipsis)], "") + ellipsis
	}
	r.EventRecorder.Eventf(regarding, related, kind, reason, action, "%s", note)
}
