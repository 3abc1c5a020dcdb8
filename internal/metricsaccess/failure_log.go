// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// failureLogInterval is the minimum time between two log messages about requests with the same status.
const failureLogInterval = 30 * time.Second

// failureLog logs that requests were not reviewed. Anybody can cause such failures, so it leaves most of them out. It is safe for
// concurrent use.
type failureLog struct {
	log logr.Logger
	now func() time.Time

	mu sync.Mutex
	// last has the time of the last message about each status.
	last map[int]time.Time
	// omitted has the number of failures since then.
	omitted map[int]int
}

func newFailureLog(log logr.Logger, now func() time.Time) *failureLog {
	return &failureLog{log: log, now: now, last: map[int]time.Time{}, omitted: map[int]int{}}
}

// add logs a failure, or counts it for the next message.
func (l *failureLog) add(status int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if last, found := l.last[status]; found && now.Sub(last) < failureLogInterval {
		l.omitted[status]++
		return
	}
	l.log.Error(err, "cannot find out who may read metrics", "status", status, "omittedFailures", l.omitted[status])
	l.last[status], l.omitted[status] = now, 0
}
