// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
)

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
