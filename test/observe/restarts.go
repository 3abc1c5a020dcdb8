// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/common/model"
)

func restarting() scenario {
	return scenario{
		title: "restart loop", alerts: []string{"ClerkOperatorRestarting"}, alone: true,
		causing: "The standby is killed (kill -9) again and again, each time after a scrape.",
		mending: "Nobody kills it any more.",
		cause: func(ctx context.Context, s *stage) error {
			standby, err := s.env.standby(ctx)
			if err != nil {
				return err
			}
			s.inBackground(ctx, func(ctx context.Context) {
				for start, err := s.env.awaitStart(ctx, standby, 0); err == nil; start, err = s.env.awaitStart(ctx, standby, start) {
					if err := s.env.restart(ctx, standby); err != nil {
						s.env.Say("%s: %v", s.scenario.title, err)
						return
					}
				}
			})
			return nil
		},
		mend: func(_ context.Context, s *stage) error {
			s.stop()
			return nil
		},
	}
}

// inBackground runs act until somebody calls stop, which waits for its end.
func (s *stage) inBackground(ctx context.Context, act func(context.Context)) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	s.stop = func() { cancel(); <-ended }
	go func() {
		defer close(ended)
		act(ctx)
	}()
}

// standby returns the replica that does not lead.
func (env *Environment) standby(ctx context.Context) (found *replica, err error) {
	if err := env.startOperator(ctx); err != nil {
		return nil, err
	}
	err = env.await(ctx, "a standby", func(ctx context.Context) error {
		value, _, err := env.prometheus.Query(ctx, "clerk_operator_leader == 0 and on () (sum(clerk_operator_leader) == 1)", time.Now())
		if err != nil {
			return err
		}
		for _, sample := range value.(model.Vector) {
			for _, r := range env.replicas {
				if string(sample.Metric[model.InstanceLabel]) == r.address {
					found = r
					return nil
				}
			}
		}
		return fmt.Errorf("no replica stands by: %v", value)
	})
	return found, err
}

// restart kills a replica and starts it again.
func (env *Environment) restart(ctx context.Context, r *replica) error {
	if err := r.process.Kill(); err != nil {
		return err
	}
	r.process = nil
	return env.startOperator(ctx)
}

// awaitStart waits until Prometheus has a start time of a replica other than the former one, and returns it.
func (env *Environment) awaitStart(ctx context.Context, r *replica, former model.SampleValue) (start model.SampleValue, err error) {
	query := fmt.Sprintf("process_start_time_seconds{instance=%q}", r.address)
	err = env.await(ctx, "a scrape of "+r.name, func(ctx context.Context) error {
		value, _, err := env.prometheus.Query(ctx, query, time.Now())
		if err != nil {
			return err
		}
		samples := value.(model.Vector)
		if len(samples) != 1 || samples[0].Value == former {
			return fmt.Errorf("%s has %v", query, value)
		}
		start = samples[0].Value
		return nil
	})
	return start, err
}
