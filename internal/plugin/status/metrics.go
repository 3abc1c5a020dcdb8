// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"io"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// Metrics of the operator that a report can show.
const (
	metricInstance        = "clerk_operator_clerkinstance_info"
	metricTokens          = "clerk_operator_rate_limiter_tokens"
	metricTokensMax       = "clerk_operator_rate_limiter_tokens_max"
	metricIncrementalSync = "clerk_operator_mirror_last_incremental_sync_timestamp_seconds"
	metricFullSync        = "clerk_operator_mirror_last_full_sync_timestamp_seconds"
)

// measured is what the metrics of the operator say about a Clerk instance.
type measured struct {
	// usedPercent is the part of the API budget that is in use; nil if there is no such metric.
	usedPercent *int
	// incremental and full are when the last syncs began; nil for none since the operator started.
	incremental, full *metav1.Time
}

// metrics are what the metrics of the operator say, by ClerkInstance.
type metrics map[types.NamespacedName]measured

// readMetrics reads what the operator's /metrics answers. It is an error if there is no ClerkInstance in it: a standby has none.
func readMetrics(in io.Reader) (metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(in)
	if err != nil {
		return nil, fmt.Errorf("--metrics: reading the operator's metrics: %w", err)
	}
	all := metrics{}
	for _, one := range families[metricInstance].GetMetric() {
		labels := labelsOf(one)
		of := gauges{families, labels["clerk_instance"]}
		all[types.NamespacedName{Namespace: labels["resource_namespace"], Name: labels["resource_name"]}] = measured{
			usedPercent: of.used(), incremental: of.time(metricIncrementalSync), full: of.time(metricFullSync),
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("--metrics: there is no %s; read /metrics of the replica that leads", metricInstance)
	}
	return all, nil
}

func labelsOf(m *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, l := range m.GetLabel() {
		labels[l.GetName()] = l.GetValue()
	}
	return labels
}

// gauges are those of one Clerk instance.
type gauges struct {
	families map[string]*dto.MetricFamily
	instance string
}

// value returns a gauge; false if there is none.
func (g gauges) value(name string) (float64, bool) {
	for _, one := range g.families[name].GetMetric() {
		if labelsOf(one)["clerk_instance"] == g.instance {
			return one.GetGauge().GetValue(), true
		}
	}
	return 0, false
}

// used returns which part of the API budget is in use, in percent.
func (g gauges) used() *int {
	left, found := g.value(metricTokens)
	most, foundMost := g.value(metricTokensMax)
	if !found || !foundMost || most <= 0 {
		return nil
	}
	return ptr.To(min(100, max(0, int(100*(1-left/most)))))
}

// time returns a gauge with a time; nil for one that is 0 or not there.
func (g gauges) time(name string) *metav1.Time {
	seconds, found := g.value(name)
	if !found || seconds <= 0 {
		return nil
	}
	return ptr.To(metav1.NewTime(time.Unix(int64(seconds), 0).UTC()))
}
