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
	// acceleration is how much faster than an hour the quiet hour runs: the default intervals of 1m and 1h become 1s and 1m.
	acceleration = 60
	// intoQuiet is when, after a full compare, the quiet hour begins, so that the next one falls wholly into it.
	intoQuiet = 20 * time.Second
	hour      = 3600.0
)

// quietFigures are what the quiet hour shows beside what every phase does.
type quietFigures struct {
	// Acceleration is how many times faster than an hour the phase ran.
	Acceleration int `json:"acceleration"`
	// Tails, CompareCalls and Counts are the calls that look at what changed, that compare everything, and that count users.
	Tails        int `json:"tails"`
	CompareCalls int `json:"compareCalls"`
	Counts       int `json:"counts"`
	// CPUMillisPerTail is the CPU time of the seconds without a full compare, per tail in them; CPUMillisPerCompare is what
	// the seconds with one took beyond that, in all.
	CPUMillisPerTail    float64 `json:"cpuMillisPerTail"`
	CPUMillisPerCompare float64 `json:"cpuMillisPerCompare"`
	// CoreShare is the share of one core that 60 such tails and one such compare take in a real hour.
	CoreShare float64 `json:"coreShare"`
}

// second is one second of the quiet hour.
type second struct {
	cpu             time.Duration
	tails, compares int
}

// measureQuietHour watches an operator that has nothing to do.
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
		p.notef("drift.interval is 1s and drift.fullInterval 1m here: %s hold as many looks as %.0f times as long by default", env.quiet, float64(acceleration))
		p.Quiet = quietOf(seconds)
		p.Quiet.Counts = callsOf(env.operatorJournal())["GET /users/count"]
		return nil
	})
	if err != nil {
		return err
	}
	return env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) { s.Drift = nil })
}

// awaitQuiet waits for the moment at which the next full compare is neither near nor just over. An operator that makes none
// is not waited for.
func (env *environment) awaitQuiet(ctx context.Context) error {
	if env.quiet < shortestFull {
		return nil
	}
	begun, err := env.awaitFull(ctx)
	if err != nil || !begun {
		return err
	}
	for env.comparing() {
		if err := pause(ctx, fullPause); err != nil {
			return err
		}
	}
	return pause(ctx, intoQuiet)
}

// watchQuiet notes what every second takes.
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
		seconds = append(seconds, second{cpu: after.cpu - before.cpu, tails: lists[listTail], compares: lists[listByID] + lists[listWalk]})
		before, seen = after, len(journal)
	}
	return seconds, nil
}

// quietOf tells what tails and full compares cost apart.
func quietOf(seconds []second) *quietFigures {
	q := &quietFigures{Acceleration: acceleration}
	var calm, busy second
	for _, s := range seconds {
		q.Tails += s.tails
		q.CompareCalls += s.compares
		into := &calm
		if s.compares > 0 {
			into = &busy
		}
		into.cpu += s.cpu
		into.tails += s.tails
	}
	// Without tails, what the calm seconds took is spread over the looks that there would have been.
	looks := max(calm.tails, 1)
	perTail := float64(calm.cpu) / float64(looks)
	perCompare := max(float64(busy.cpu)-perTail*float64(busy.tails), 0)
	q.CPUMillisPerTail = round(perTail/float64(time.Millisecond), 3)
	q.CPUMillisPerCompare = round(perCompare/float64(time.Millisecond), 1)
	q.CoreShare = round((60*perTail+perCompare)/float64(time.Second)/hour, 6)
	return q
}
