// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"sync"
	"time"
)

const (
	// quiet is how long no write may be in flight until the last one counts as the last. Events are written by goroutines that
	// nobody can wait for, a moment after they were recorded.
	quiet = 200 * time.Millisecond
	// looks is how often that is looked at in this time.
	looks = 10
	// patience is how long to wait for that.
	patience = 2 * time.Second
)

// writes are the writes to the API server. The zero value is ready to use.
type writes struct {
	mu sync.Mutex
	// begun is how many have begun, and inFlight is how many of them have not ended.
	begun, inFlight int
}

func (w *writes) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun++
	w.inFlight++
}

func (w *writes) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
}

func (w *writes) count() (begun, inFlight int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.begun, w.inFlight
}

// wait returns when no write has been in flight for a while, when patience is over, or when the context ends.
func (w *writes) wait(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	ticker := time.NewTicker(quiet / looks)
	defer ticker.Stop()
	known := -1
	for idle := 0; idle <= looks; idle++ {
		begun, inFlight := w.count()
		if inFlight > 0 || begun != known {
			idle = 0
		}
		known = begun
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
