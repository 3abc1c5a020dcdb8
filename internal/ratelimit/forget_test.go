// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestForget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := New(50, time.Now)
		if _, ok := l.Reserve(Caller{ID: "reserved", Level: Interactive}, "old"); !ok {
			t.Fatal("a full bucket has no token")
		}
		for i := range 1000 {
			l.Take(Caller{ID: fmt.Sprint(i), Level: Interactive}, "old", "")
		}
		l.Take(Caller{ID: "other", Level: Interactive}, "new", "")
		l.Forget("old")
		if wait := waitFor(t, l, "mine"); wait > 2*interval(50)+time.Millisecond {
			t.Errorf("told to wait %v, want the second token to come", wait)
		}
		if n := len(l.scheduler.requests); n != 2 {
			t.Errorf("%d requests, want those with another credential", n)
		}
		if kept := l.scheduler.window.kept; kept != 0 {
			t.Errorf("room is kept for %d tokens", kept)
		}
	})
}
