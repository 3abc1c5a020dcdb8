// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"slices"
	"sync"
	"time"
)

// maxEdits is how many edits are remembered.
const maxEdits = 200

// somebody is who makes an edit, in the column with who sends requests.
const somebody = "Somebody at Clerk"

// edit is what somebody did by a button of these pages.
type edit struct {
	time time.Time
	user string
	// what says what was done, without a value.
	what string
}

// editLog remembers the latest edits, which the journal does not have.
type editLog struct {
	mu    sync.Mutex
	edits []edit
}

func (l *editLog) add(e edit) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.edits = append(l.edits, e)
	if len(l.edits) > maxEdits {
		l.edits = slices.Clone(l.edits[len(l.edits)-maxEdits/2:])
	}
}

// of returns the edits of a user, newest first.
func (l *editLog) of(user string) []line {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []line
	for _, e := range slices.Backward(l.edits) {
		if e.user == user {
			lines = append(lines, line{Time: e.time, Who: somebody, What: e.what, Edit: true})
		}
	}
	return lines
}
