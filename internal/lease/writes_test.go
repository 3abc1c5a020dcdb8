// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

func TestLeaseIsReleasedAfterTheLastWrite(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// begins are when writes begin, and each takes the time that is given.
		begins []time.Duration
		takes  time.Duration
		want   time.Duration
	}{
		"NoWrite":          {nil, 0, quiet},
		"OneInFlight":      {[]time.Duration{-time.Second}, 1500 * time.Millisecond, 500*time.Millisecond + quiet},
		"OneThatEnded":     {[]time.Duration{-time.Second}, time.Millisecond, quiet},
		"OneSoonAfter":     {[]time.Duration{quiet / 2}, quiet, quiet/2 + 2*quiet},
		"Several":          {[]time.Duration{0, quiet, 2 * quiet}, quiet, 4 * quiet},
		"OneThatHangs":     {[]time.Duration{-time.Second}, time.Hour, patience},
		"WritesForTooLong": {[]time.Duration{0, patience / 2, patience}, patience / 2, patience},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				g := NewGuard(testDeadline)
				l := &lock{Interface: &fakeLock{}, guard: g}
				if err := l.Update(t.Context(), resourcelock.LeaderElectionRecord{HolderIdentity: us}); err != nil {
					t.Fatal(err)
				}
				carrier := g.Transport(roundTrip(func(*http.Request) (*http.Response, error) { time.Sleep(tc.takes); return nil, nil }))
				for _, at := range tc.begins {
					go func() {
						time.Sleep(time.Second + at)
						r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://api/", nil)
						if err != nil {
							t.Error(err)
							return
						}
						_, _ = carrier.RoundTrip(r) //nolint:bodyclose // there is no answer
					}()
				}
				time.Sleep(time.Second)
				synctest.Wait()
				began := time.Now()
				if err := l.Update(t.Context(), resourcelock.LeaderElectionRecord{}); err != nil {
					t.Errorf("the lease is not released: %v", err)
				}
				if took := time.Since(began); took < tc.want-quiet/5 || took > tc.want+quiet/5 {
					t.Errorf("the lease is released after %s, want %s", took, tc.want)
				}
				if g.Check() == nil {
					t.Error("writes are still sent after that")
				}
				time.Sleep(2 * time.Hour)
			})
		})
	}
}
