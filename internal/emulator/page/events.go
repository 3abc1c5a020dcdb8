// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"io"
	"net/http"
	"time"
)

// sendEvents tells a page of every change by server-sent events, until the page or the emulator is closed. An event says no more than that
// something changed; the page then reads itself again.
func (p *page) sendEvents(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	send := func(text string) bool {
		_, err := io.WriteString(w, text)
		return err == nil && http.NewResponseController(w).Flush() == nil
	}
	changed := p.server.Changed()
	// The browser connects again after a second when the emulator was away.
	if !send("retry: 1000\n\n") {
		return
	}
	for {
		text := ": nothing happened\n\n"
		switch p.next(r, changed, p.timings.alive) {
		case stopped:
			return
		case happened:
			// What happens meanwhile is told with this event.
			if p.next(r, nil, p.timings.quiet) == stopped {
				return
			}
			changed = p.server.Changed()
			text = "data: changed\n\n"
		case elapsed:
		}
		if !send(text) {
			return
		}
	}
}

// outcome is how a wait ended.
type outcome int

const (
	elapsed outcome = iota
	happened
	stopped
)

// next waits for a change, for some time at most.
func (p *page) next(r *http.Request, changed <-chan struct{}, atMost time.Duration) outcome {
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-changed:
		return happened
	case <-timer.C:
		return elapsed
	case <-r.Context().Done():
		return stopped
	case <-p.server.Closed():
		return stopped
	}
}
