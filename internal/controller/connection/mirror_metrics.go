// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"github.com/prometheus/client_golang/prometheus"
)

// mirrorSeries are the metrics of mirrors.
func mirrorSeries() []series {
	const gauge, counter = prometheus.GaugeValue, prometheus.CounterValue
	return []series{
		newSingle("mirror_followed_users", "Number of users at Clerk that ClerkUsers manage or observe.", gauge,
			func(s snapshot) float64 { return float64(s.mirror.Followed) }),
		newSingle("mirror_pending_users", "Number of these users that were not read yet.", gauge,
			func(s snapshot) float64 { return float64(s.mirror.Pending) }),
		newSingle("mirror_stale", "1 if no list of users at Clerk could be read for three intervals, else 0.", gauge,
			func(s snapshot) float64 { return oneIf(s.mirror.Stale) }),
		newSingle("mirror_incremental_syncs_total", "Number of completed incremental syncs, which read the users that changed last.", counter,
			func(s snapshot) float64 { return float64(s.mirror.IncrementalSyncs) }),
		newSingle("mirror_incremental_sync_overruns_total",
			"Number of incremental syncs that stopped because too many users had changed; the next full sync reads the rest.", counter,
			func(s snapshot) float64 { return float64(s.mirror.IncrementalSyncOverruns) }),
		newSingle("mirror_full_syncs_total", "Number of completed full syncs, which compare all users that ClerkUsers manage or observe.", counter,
			func(s snapshot) float64 { return float64(s.mirror.FullSyncs) }),
		newSingle("mirror_last_incremental_sync_timestamp_seconds",
			"Unix time at which the last completed incremental sync began; 0 if none was completed since the start.", gauge,
			func(s snapshot) float64 { return unixSeconds(s.mirror.LastIncrementalSync) }),
		newSingle("mirror_last_full_sync_timestamp_seconds",
			"Unix time at which the last completed full sync began; 0 if none was completed since the start.", gauge,
			func(s snapshot) float64 { return unixSeconds(s.mirror.LastFullSync) }),
		newSingle("mirror_incremental_sync_interval_seconds", "Time from one incremental sync to the next (drift.interval).", gauge,
			func(s snapshot) float64 { return s.mirror.Interval.Seconds() }),
		newSingle("mirror_full_sync_interval_seconds", "Time from one full sync to the next (drift.fullInterval).", gauge,
			func(s snapshot) float64 { return s.mirror.FullInterval.Seconds() }),
	}
}
