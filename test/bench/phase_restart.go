// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

const (
	// silence at Clerk is taken for the end of the work after a restart.
	silence = 2 * time.Second
	// noSilence is how long silence is waited for once every user was looked at.
	noSilence = 15 * time.Second
	// restartLimit is how long every user to be looked at is waited for, beside what the budget asks for.
	restartLimit = time.Minute
)

// measureRestart kills the operator and starts another, until every user was looked at and Clerk hears nothing more.
//
// There is one restart before: the number of users at Clerk is counted once an hour and at the start, so that the first start
// after the creation has something new to write.
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

// awaitChecked waits for the end of the work after a start at began, which it writes down as the phase's length.
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
