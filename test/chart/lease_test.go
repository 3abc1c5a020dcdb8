// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// TestLeaseTimingsAreThoseOfTheOperator renders many timings of the lease, each of them also left out. The chart refuses those that the
// operator refuses, and no others.
func TestLeaseTimingsAreThoseOfTheOperator(t *testing.T) {
	t.Parallel()
	c := only(loaded(t), "deployment.yaml")
	accepted, refused := 0, 0
	for _, duration := range []string{"", "2s", "10s", "15500ms", "1m0.5s", "1m1s"} {
		for _, renew := range []string{"", "1200ms", "1201ms", "1.5s", "1m"} {
			for _, retry := range []string{"", "0s", "1s", "1250ms", "9s"} {
				timings := lease.DefaultTimings()
				given := values{}
				for _, g := range []struct {
					name, text string
					to         *time.Duration
				}{
					{"leaseDuration", duration, &timings.Duration},
					{"renewDeadline", renew, &timings.RenewDeadline},
					{"retryPeriod", retry, &timings.RetryPeriod},
				} {
					given[g.name] = g.text
					if g.text != "" {
						*g.to = parsed(t, g.text)
					}
				}
				_, err := render(c, values{"leaderElection": given})
				if want := timings.Validate(); (err == nil) != (want == nil) {
					t.Errorf("%v: the chart says %v, the operator %v", given, err, want)
				}
				if err == nil {
					accepted++
				} else {
					refused++
				}
			}
		}
	}
	if accepted < 20 || refused < 20 {
		t.Errorf("%d timings are accepted and %d refused", accepted, refused)
	}
}

func parsed(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
