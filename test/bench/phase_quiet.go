// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// acceleration is how much faster than an hour the quiet hour runs: the default intervals of 1m and 1h become 1s and
	// 1m.
	acceleration = 60
	// intoQuiet is the time from a full sync to the beginning of the quiet hour, so that the quiet hour contains the whole
	// next one.
	intoQuiet = 20 * time.Second
	hour      = 3600.0
)

// quietFigures are the additional figures of the quiet hour.
type quietFigures struct {
	// Acceleration is how many times faster than an hour the phase ran.
	Acceleration int `json:"acceleration"`
	// IncrementalSyncs, FullSyncCalls and Counts are the calls of incremental syncs, of full syncs, and of counts of
	// users.
	IncrementalSyncs int `json:"incrementalSyncs"`
	FullSyncCalls    int `json:"fullSyncCalls"`
	Counts           int `json:"counts"`
	// CPUMillisPerIncrementalSync is the CPU time of the seconds without a full sync, per incremental sync.
	// CPUMillisPerFullSync is the additional CPU time of the seconds with a full sync, in total.
	CPUMillisPerIncrementalSync float64 `json:"cpuMillisPerIncrementalSync"`
	CPUMillisPerFullSync        float64 `json:"cpuMillisPerFullSync"`
	// CoreShare is the share of one core for 60 such incremental syncs and one such full sync in a real hour.
	CoreShare float64 `json:"coreShare"`
}

// second is one second of the quiet hour.
type second struct {
	cpu               time.Duration
	incremental, full int
}

// measureQuietHour measures an idle operator.
func (env *environment) measureQuietHour(ctx context.Context) error {
	err := env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) {
		s.Drift = &v1alpha1.DriftCheck{
			Interval:     &metav1.Duration{Duration: v1alpha1.DefaultDriftInterval / acceleration},
			FullInterval: &metav1.Duration{Duration: v1alpha1.DefaultFullInterval / acceleration},
		}
	})
	if err != nil {
		return err
	}
	env.clerk.ResetJournal()
	if err := env.awaitQuiet(ctx); err != nil {
		return err
	}
	err = env.measure(ctx, phaseQuietHour, env.size, func(ctx context.Context, p *phase) error {
		seconds, err := env.watchQuiet(ctx)
		if err != nil {
			return err
		}
		p.notef("drift.interval is 1s and drift.fullInterval 1m here: %s hold as many expected as %.0f times as long by default", env.quiet, float64(acceleration))
		p.Quiet = quietOf(seconds)
		p.Quiet.Counts = callsOf(env.operatorJournal())["GET /users/count"]
		return nil
	})
	if err != nil {
		return err
	}
	return env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) { s.Drift = nil })
}

// awaitQuiet waits for the time at which the next full sync is neither near nor just over. It does not wait if the
// operator makes none.
func (env *environment) awaitQuiet(ctx context.Context) error {
	if env.quiet < shortestFull {
		return nil
	}
	begun, err := env.awaitFull(ctx)
	if err != nil || !begun {
		return err
	}
	for env.inFullSync() {
		if err := pause(ctx, fullPause); err != nil {
			return err
		}
	}
	return pause(ctx, intoQuiet)
}

// watchQuiet records the figures of every second.
func (env *environment) watchQuiet(ctx context.Context) ([]second, error) {
	var seconds []second
	before, err := readStat(env.operator.pid)
	if err != nil {
		return nil, err
	}
	seen := 0
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for began := time.Now(); time.Since(began) < env.quiet; {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		after, err := readStat(env.operator.pid)
		if err != nil {
			return nil, err
		}
		journal := env.operatorJournal()
		lists := listsOf(journal[seen:])
		seconds = append(seconds, second{cpu: after.cpu - before.cpu, incremental: lists[listChanged], full: lists[listByID] + lists[listWalk]})
		before, seen = after, len(journal)
	}
	return seconds, nil
}

// quietOf separates the costs of incremental and full syncs.
func quietOf(seconds []second) *quietFigures {
	q := &quietFigures{Acceleration: acceleration}
	var calm, busy second
	for _, s := range seconds {
		q.IncrementalSyncs += s.incremental
		q.FullSyncCalls += s.full
		into := &calm
		if s.full > 0 {
			into = &busy
		}
		into.cpu += s.cpu
		into.incremental += s.incremental
	}
	// Without incremental syncs, the CPU time of the calm seconds is divided by the expected number of them.
	expected := max(calm.incremental, 1)
	perIncremental := float64(calm.cpu) / float64(expected)
	perFull := max(float64(busy.cpu)-perIncremental*float64(busy.incremental), 0)
	q.CPUMillisPerIncrementalSync = round(perIncremental/float64(time.Millisecond), 3)
	q.CPUMillisPerFullSync = round(perFull/float64(time.Millisecond), 1)
	q.CoreShare = round((60*perIncremental+perFull)/float64(time.Second)/hour, 6)
	return q
}
