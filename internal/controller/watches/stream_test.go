// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watches

import (
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// TestStoppedStreamLeavesNoGoroutine stops a watch while an event waits for its reader. A goroutine that stays fails the test.
func TestStoppedStreamLeavesNoGoroutine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, seen := watch.NewFake(), 0
		s := newStream(source, func(watch.Event) { seen++ })
		source.Add(&corev1.Namespace{})
		synctest.Wait()
		s.Stop()
		s.Stop()
		synctest.Wait()
		if _, open := <-s.ResultChan(); open || seen != 1 {
			t.Errorf("the stream is open: %t; %d events were observed, want 1", open, seen)
		}
	})
}

func TestStreamPassesEventsOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, seen := watch.NewFake(), 0
		s := newStream(source, func(watch.Event) { seen++ })
		go func() {
			source.Add(&corev1.Namespace{})
			source.Delete(&corev1.Namespace{})
			source.Stop()
		}()
		var got []watch.EventType
		for e := range s.ResultChan() {
			got = append(got, e.Type)
		}
		if len(got) != 2 || got[0] != watch.Added || got[1] != watch.Deleted || seen != 2 {
			t.Errorf("the events are %v, and %d were observed", got, seen)
		}
	})
}
