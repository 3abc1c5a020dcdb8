// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// limiterSeries are the metrics of rate limiters.
func limiterSeries() []series {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	return []series{
		newSingle("rate_limiter_requests_per_second", "API budget: the number of calls to Clerk that the operator allows itself per second.", gauge,
			func(s snapshot) float64 { return s.limiter.RequestsPerSecond }),
		newSingle("rate_limiter_tokens",
			"Number of calls to Clerk that the API budget allows at once; 0 while Clerk limits all calls.", gauge,
			func(s snapshot) float64 { return s.limiter.Tokens }),
		newSingle("rate_limiter_tokens_max", "Maximum of clerk_operator_rate_limiter_tokens.", gauge,
			func(s snapshot) float64 { return s.limiter.MaxTokens }),
		newSeries("rate_limiter_waiting_requests",
			"Number of calls that wait for the API budget, by priority level: interactive for changes of manifests, drift for corrections, background for reads of the mirror.",
			gauge, []string{"level"}, func(s snapshot, add func(float64, ...string)) {
				for _, level := range ratelimit.Levels() {
					add(float64(s.limiter.Waiting[level]), level.String())
				}
			}),
		newSingle("rate_limiter_paused", "1 while no call is made because Clerk answered that there are too many (429), else 0.", gauge,
			func(s snapshot) float64 { return oneIf(s.limiter.Paused) }),
		newSeries("rate_limiter_pauses_total",
			"Number of times that Clerk began to limit calls (429), by scope: user for the calls about one user, instance for all calls.",
			counter, []string{"scope"}, func(s snapshot, add func(float64, ...string)) {
				add(float64(s.limiter.UserPauses), "user")
				add(float64(s.limiter.Pauses), "instance")
			}),
	}
}
