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
	// patience is how long to wait for that.
	patience = 2 * time.Second
)

// writes are the writes to the API server that are in flight. The zero value is ready to use.
type writes struct {
	mu       sync.Mutex
	inFlight int
	// ended is when the last one ended; zero if none did.
	ended time.Time
}

func (w *writes) begin() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight++
}

func (w *writes) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
	w.ended = time.Now()
}

// quietSince reports since when no write is in flight.
func (w *writes) quietSince() (since time.Time, isQuiet bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended, w.inFlight == 0
}

// wait returns when no write has been in flight for a while, when patience is over, or when the context ends.
func (w *writes) wait(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	ticker := time.NewTicker(quiet / 10)
	defer ticker.Stop()
	for {
		since, isQuiet := w.quietSince()
		if since.Before(began) {
			since = began
		}
		if isQuiet && time.Since(since) >= quiet {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
