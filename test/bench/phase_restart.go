// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

const (
	// silence is the time without calls to Clerk after which the work after a restart counts as done.
	silence = 2 * time.Second
	// noSilence is how long to wait for silence after every user was read.
	noSilence = 15 * time.Second
	// restartLimit is how long to wait until every user was read, in addition to the time of the budget.
	restartLimit = time.Minute
)

// measureRestart kills the operator and starts another, until every user was read and no more calls reach Clerk.
//
// There is one restart before that. The operator counts the users at Clerk once an hour and at its start, so the first
// start after the creation writes a new number.
func (env *environment) measureRestart(ctx context.Context) error {
	env.clerk.ResetJournal()
	if err := env.restartOperator(ctx); err != nil {
		return err
	}
	if err := env.awaitChecked(ctx, &phase{}, time.Now()); err != nil {
		return err
	}
	return env.measure(ctx, phaseRestart, env.size, func(ctx context.Context, p *phase) error {
		if err := env.killOperator(); err != nil {
			return err
		}
		began := time.Now()
		if err := env.startOperator(ctx); err != nil {
			return err
		}
		return env.awaitChecked(ctx, p, began)
	})
}

// awaitChecked waits for the end of the work after a start at began, and records it as the phase's length.
func (env *environment) awaitChecked(ctx context.Context, p *phase, began time.Time) error {
	const tick = 200 * time.Millisecond
	limit := restartLimit + 2*time.Duration(floorSeconds(env.size, env.budget))*time.Second
	var covered time.Time
	for time.Since(began) < limit {
		if err := pause(ctx, tick); err != nil {
			return err
		}
		journal := env.operatorJournal()
		if covered.IsZero() && checkedIn(journal, env.size) == env.size {
			covered = time.Now()
		}
		if covered.IsZero() {
			continue
		}
		last := journal[len(journal)-1].Time
		if time.Since(last) > silence {
			p.Seconds = round((last.Sub(began) + env.latency).Seconds(), 2)
			return nil
		}
		if time.Since(covered) > noSilence {
			p.Seconds = round(covered.Sub(began).Seconds(), 2)
			p.notef("calls went on after every user was looked at, which is taken for the end")
			return nil
		}
	}
	p.notef("only %d of %d users were looked at within %s", checkedIn(env.operatorJournal(), env.size), env.size, limit)
	return nil
}
