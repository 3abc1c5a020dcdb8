// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

func TestLagLeftCountsFromTheLatestWrite(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, tc := range map[string]struct {
		written []time.Time
		want    time.Duration
	}{
		"NothingWasWritten":  {nil, 0},
		"ZeroTimeIsNone":     {[]time.Time{{}}, 0},
		"Now":                {[]time.Time{now}, clerk.LagTime},
		"AMomentAgo":         {[]time.Time{ago(time.Second)}, clerk.LagTime - time.Second},
		"LastInstant":        {[]time.Time{ago(clerk.LagTime - 1)}, 1},
		"Over":               {[]time.Time{ago(clerk.LagTime)}, 0},
		"LatestCounts":       {[]time.Time{ago(time.Hour), ago(20 * time.Second), {}, ago(30 * time.Second)}, clerk.LagTime - 20*time.Second},
		"AskedBeforeTheCall": {[]time.Time{ago(-time.Hour)}, time.Hour + clerk.LagTime},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := clerk.LagLeft(now, tc.written...); got != tc.want {
				t.Errorf("%s is left, want %s", got, tc.want)
			}
		})
	}
}

// A deleted user must be searched neither often nor long.
func TestLagIsWaitedOutWithFewCalls(t *testing.T) {
	t.Parallel()
	calls, waited := 0, time.Duration(0)
	for left := clerk.LagTime; left > 0; left = clerk.LagTime - waited {
		pause := clerk.LagRetry(left)
		if pause <= 0 || pause > clerk.LagTime/6 {
			t.Fatalf("with %s left the pause is %s", left, pause)
		}
		calls++
		waited += pause
	}
	if waited != clerk.LagTime || calls > 10 {
		t.Errorf("%d calls in %s", calls, waited)
	}
	if first := clerk.LagRetry(clerk.LagTime); first > 3*time.Second {
		t.Errorf("the first pause is %s", first)
	}
	if pause := clerk.LagRetry(2 * clerk.LagTime); pause <= 0 || pause > clerk.LagTime/6 {
		t.Errorf("with a clock that is ahead the pause is %s", pause)
	}
}

func TestTimeOnRecordThatNobodyCouldHaveWrittenCountsForNothing(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for name, tc := range map[string]struct {
		ahead time.Duration
		want  bool
	}{
		"Past":             {-time.Hour, true},
		"Now":              {0, true},
		"OfAClockAhead":    {clerk.LagTime, true},
		"OfATimeFarToCome": {clerk.LagTime + 1, false},
		"OfAnotherCentury": {100 * 365 * 24 * time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := !clerk.Recorded(now.Add(tc.ahead), now).IsZero(); got != tc.want {
				t.Errorf("it counts: %t, want %t", got, tc.want)
			}
		})
	}
}
