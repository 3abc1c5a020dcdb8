// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// concerns reports whether an alert is about a stage: it names its ClerkInstance or its Clerk instance, or it names none and the
// stage expects it.
func (env *Environment) concerns(labels model.LabelSet, s *stage) bool {
	resource, clerk := string(labels["resource_name"]), string(labels["clerk_instance"])
	switch {
	case resource != "":
		return resource == s.scenario.instance
	case clerk != "":
		return s.clerk != nil && (clerk == s.clerk.ID() || clerk == s.other.ID()) || clerk == noInstance && s.leadsNowhere(labels)
	}
	return slices.Contains(s.scenario.alerts, string(labels[model.AlertNameLabel]))
}

// noInstance is the clerk_instance of users that lead to no usable instance.
const noInstance = "none"

// leadsNowhere reports whether an alert may be about users of a stage that lead to no usable instance.
func (s *stage) leadsNowhere(labels model.LabelSet) bool {
	const alert = "ClerkOperatorUsersOutOfSync"
	return labels[model.AlertNameLabel] == alert && slices.Contains(s.scenario.also, alert)
}

// explained reports whether a scenario expects an alert or allows it.
func (env *Environment) explained(labels model.LabelSet) bool {
	name := string(labels[model.AlertNameLabel])
	return slices.ContainsFunc(env.stages, func(s *stage) bool {
		return env.concerns(labels, s) && (slices.Contains(s.scenario.alerts, name) || slices.Contains(s.scenario.also, name))
	})
}

// checkExplained asks Prometheus for all alerts that fired, however shortly, and returns an error that names those that no scenario
// explains, and the alerts of the rule file that no scenario expects.
func (env *Environment) checkExplained(ctx context.Context, begin, end time.Time) error {
	value, _, err := env.prometheus.QueryRange(ctx, `ALERTS{alertstate="firing"}`, prometheusv1.Range{Start: begin, End: end, Step: scrapeInterval})
	if err != nil {
		return fmt.Errorf("asking Prometheus which alerts fired: %w", err)
	}
	var wrong []string
	for _, series := range value.(model.Matrix) {
		if labels := model.LabelSet(series.Metric); !env.explained(labels) {
			wrong = append(wrong, fmt.Sprintf("%v fired unexpectedly %s after the beginning", labels, series.Values[0].Timestamp.Time().Sub(begin)))
		}
	}
	for alert := range env.alerts {
		if !slices.ContainsFunc(env.stages, func(s *stage) bool { return slices.Contains(s.scenario.alerts, alert) }) {
			wrong = append(wrong, "no scenario has alert "+alert)
		}
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%d alerts are wrong:\n%s", len(wrong), strings.Join(wrong, "\n"))
	}
	return nil
}
