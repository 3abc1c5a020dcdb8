// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"fmt"
	"strings"
	"time"

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
	broadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client})
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
