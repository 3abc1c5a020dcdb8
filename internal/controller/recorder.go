// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
)

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
