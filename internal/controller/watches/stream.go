// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package watches

import (
	"sync"

	"k8s.io/apimachinery/pkg/watch"
)

// stream is a watch whose events are observed before its reader receives them. Unlike [watch.Filter], it ends when it is stopped
// while nobody reads; the goroutine of a filter then stays for ever, and with it the event.
type stream struct {
	source  watch.Interface
	events  chan watch.Event
	stop    sync.Once
	stopped chan struct{}
}

func newStream(source watch.Interface, observe func(watch.Event)) *stream {
	s := &stream{source: source, events: make(chan watch.Event), stopped: make(chan struct{})}
	go s.pass(observe)
	return s
}

func (s *stream) pass(observe func(watch.Event)) {
	defer close(s.events)
	for e := range s.source.ResultChan() {
		observe(e)
		select {
		case s.events <- e:
		case <-s.stopped:
			return
		}
	}
}

// ResultChan returns the events. It is closed at the end of the watch.
func (s *stream) ResultChan() <-chan watch.Event { return s.events }

// Stop ends the watch.
func (s *stream) Stop() {
	s.stop.Do(func() {
		close(s.stopped)
		s.source.Stop()
	})
}
