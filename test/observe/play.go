// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/prometheus/common/model"
)

// calmTime is how long no alert may fire before the first cause and after the last end, so that the rules, and the rates of the
// dashboard, see a healthy installation.
const calmTime = 3 * time.Second

// Row is one alert of one scenario.
type Row struct {
	Scenario, Alert string
	// For is how long the rule waits in a real installation before the alert fires; "" if it does not wait.
	For string
	// FiredAfter is the time from the cause to the alert, EndedAfter the time from the mending to its end.
	FiredAfter, EndedAfter time.Duration
}

// Result is what a run showed.
type Result struct {
	Rows []Row
	// Begin and End are the times of the run, for queries of its data.
	Begin, End time.Time
}

// Play plays all scenarios. Its error names the alerts that did not fire or did not end, and those that nothing explains.
func (env *Environment) Play(ctx context.Context) (result Result, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watcher{}
	result.Begin = time.Now()
	defer func() { result.End, result.Rows = time.Now(), env.rows() }()
	go env.watch(ctx, w)
	defer func() {
		for _, s := range env.stages {
			s.stop()
		}
	}()
	env.Say("Prometheus begins to scrape the operator; no alert may fire for %s.", calmTime)
	if err := env.awaitCalm(ctx, w); err != nil {
		return result, err
	}
	began := time.Now()
	acts := [][]*stage{env.stagesThat(false)}
	for _, s := range env.stagesThat(true) {
		acts = append(acts, []*stage{s})
	}
	for _, act := range acts {
		if err := env.playStages(ctx, w, act); err != nil {
			return result, err
		}
	}
	env.Say("No alert may fire for %s any more.", calmTime)
	if err := env.awaitCalm(ctx, w); err != nil {
		return result, err
	}
	return result, env.checkExplained(ctx, began, time.Now())
}

// stagesThat returns the stages with a cause that are played alone, or those that are not.
func (env *Environment) stagesThat(alone bool) []*stage {
	var chosen []*stage
	for _, s := range env.stages {
		if s.scenario.cause != nil && s.scenario.alone == alone {
			chosen = append(chosen, s)
		}
	}
	return chosen
}

// awaitCalm waits until both replicas are scraped and no alert fires for a while.
func (env *Environment) awaitCalm(ctx context.Context, w *watcher) error {
	calm := time.Now()
	return env.await(ctx, "all replicas to be scraped without an alert", func(ctx context.Context) error {
		value, _, err := env.prometheus.Query(ctx, "sum(clerk_operator_leader) + count(up == 1)", time.Now())
		if err == nil && (len(value.(model.Vector)) != 1 || value.(model.Vector)[0].Value != replicas+1) {
			err = fmt.Errorf("%d replicas are scraped, one of which leads: %v", replicas, value)
		}
		if err = errors.Join(err, w.quiet()); err != nil {
			calm = time.Now()
			return err
		}
		if left := calmTime - time.Since(calm); left > 0 {
			return fmt.Errorf("calm for %s more", left)
		}
		return nil
	})
}

// playStages causes the problems of some stages, mends each when its alerts have fired, and waits until they have ended.
func (env *Environment) playStages(ctx context.Context, w *watcher, stages []*stage) error {
	for _, s := range stages {
		env.Say("%s: %s", s.scenario.title, s.scenario.causing)
		s.causedAt = time.Now()
		if err := s.scenario.cause(ctx, s); err != nil {
			return fmt.Errorf("causing %q: %w", s.scenario.title, err)
		}
	}
	err := env.await(ctx, "alerts to fire and to end", func(ctx context.Context) error {
		var waiting []string
		for _, s := range stages {
			missing, err := s.advance(ctx, w)
			if err != nil {
				return err
			}
			waiting = append(waiting, missing...)
		}
		if len(waiting) > 0 {
			return errors.New(strings.Join(waiting, "; "))
		}
		return w.quiet()
	})
	return errors.Join(err, env.await(ctx, "all objects to be Ready", env.checkReady))
}

// advance notes which alerts of a stage fire, mends its cause as soon as all do, and notes which have ended. It returns what the
// stage waits for.
func (s *stage) advance(ctx context.Context, w *watcher) (waiting []string, err error) {
	title := s.scenario.title
	if s.mendedAt.IsZero() {
		for _, alert := range s.scenario.alerts {
			if s.noteFired(w, alert); s.fired[alert].IsZero() {
				waiting = append(waiting, title+": "+alert+" has not fired")
			}
		}
		if len(waiting) > 0 {
			return waiting, nil
		}
		s.env.Say("%s: %s", title, s.scenario.mending)
		s.mendedAt = time.Now()
		if err := s.scenario.mend(ctx, s); err != nil {
			return nil, fmt.Errorf("mending %q: %w", title, err)
		}
	}
	for _, alert := range s.scenario.alerts {
		if s.noteEnded(w, alert); s.ended[alert].IsZero() {
			waiting = append(waiting, title+": "+alert+" has not ended")
		}
	}
	return waiting, nil
}

func (s *stage) noteFired(w *watcher, alert string) {
	for _, f := range w.all() {
		if s.fired[alert].IsZero() && f.name() == alert && s.env.concerns(f.labels, s) && f.began.After(s.causedAt) {
			s.fired[alert] = f.began
			s.env.Say("%s: alert %s fires, %.1f s after the cause", s.scenario.title, alert, f.began.Sub(s.causedAt).Seconds())
		}
	}
}

func (s *stage) noteEnded(w *watcher, alert string) {
	if !s.ended[alert].IsZero() {
		return
	}
	var ended time.Time
	for _, f := range w.all() {
		if f.name() != alert || !s.env.concerns(f.labels, s) {
			continue
		}
		if f.ended.IsZero() {
			return
		}
		ended = f.ended
	}
	s.ended[alert] = ended
	s.env.Say("%s: alert %s has ended, %.1f s after the cause was mended", s.scenario.title, alert, ended.Sub(s.mendedAt).Seconds())
}

// rows returns the alerts of all scenarios.
func (env *Environment) rows() []Row {
	var rows []Row
	for _, s := range env.stages {
		for _, alert := range s.scenario.alerts {
			row := Row{Scenario: s.scenario.title, Alert: alert, For: env.alerts[alert]}
			if !s.fired[alert].IsZero() {
				row.FiredAfter = s.fired[alert].Sub(s.causedAt)
			}
			if !s.ended[alert].IsZero() {
				row.EndedAfter = s.ended[alert].Sub(s.mendedAt)
			}
			rows = append(rows, row)
		}
	}
	return rows
}
