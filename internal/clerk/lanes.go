// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"maps"
	"net/http"
	"regexp"
	"time"
)

// lanes are the users whose writes Clerk limits one by one: 10 in 10 seconds for PATCH of a user and PATCH and PUT of its
// metadata, shared with everything else that uses the instance. See
// https://clerk.com/docs/guides/how-clerk-works/system-limits.
type lanes struct {
	closedUntil map[string]time.Time
	// all is when the last of them opens.
	all time.Time
	// last is the lane closed last, at lastAt.
	last   string
	lastAt time.Time
}

// together is how close 429s on two users' lanes come for them to mean the instance.
const together = time.Second

var (
	userPath     = regexp.MustCompile(`^/users/(user_[A-Za-z0-9]+)$`)
	metadataPath = regexp.MustCompile(`^/users/(user_[A-Za-z0-9]+)/metadata$`)
)

// laneOf returns the id of the user whose lane a call takes, "" for none.
func laneOf(method, path string) string {
	var match []string
	switch method {
	case http.MethodPatch:
		if match = userPath.FindStringSubmatch(path); match == nil {
			match = metadataPath.FindStringSubmatch(path)
		}
	case http.MethodPut:
		match = metadataPath.FindStringSubmatch(path)
	}
	if match == nil {
		return ""
	}
	return match[1]
}

// closed returns until when a lane is closed, if it is. The lane "" never is.
func (l *lanes) closed(lane string, now time.Time) (time.Time, bool) {
	if !l.all.After(now) {
		l.closedUntil = nil
	}
	until, ok := l.closedUntil[lane]
	return until, ok && until.After(now)
}

// close closes a lane. It returns true if another lane was closed a moment ago, for then the limit that was met is the
// instance's.
func (l *lanes) close(lane string, now, until time.Time) bool {
	many := l.last != "" && l.last != lane && now.Sub(l.lastAt) <= together
	l.last, l.lastAt = lane, now
	if l.closedUntil == nil {
		l.closedUntil = map[string]time.Time{}
	}
	maps.DeleteFunc(l.closedUntil, func(_ string, until time.Time) bool { return !until.After(now) })
	l.closedUntil[lane] = later(until, l.closedUntil[lane])
	l.all = later(l.all, until)
	return many
}
