// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"
)

// number is what a query of a panel shows, by the values of some labels. Values of 0 are left out.
type number struct {
	panel  string
	query  int // the number of the query in the panel
	labels []string
	want   map[string]float64
	// per is, for a rate, the seconds to which it relates. The rate is then summed up over the run, and compared with how often
	// something happened. rate() extrapolates to the edges of its interval, so that the sum is right within a tolerance only.
	// Without per, the last value counts, exactly.
	per float64
	// among leaves out series whose labels want does not have.
	among bool
}

// toleranceShare and toleranceRest bound the difference of a sum of rates. What a leader did before its first scrape and after its last
// one is missing, too. What counts twice is far outside.
const (
	toleranceShare = 0.35
	toleranceRest  = 0.3
)

const (
	// numbersLimit is how long scrapes and rates may take to show what is the case.
	numbersLimit = 40 * time.Second
	// rateInterval is long enough for scrapes that fail one after the other, as on a machine that is busy with other tests. rate() does
	// not see what happens between two scrapes that are further apart.
	rateInterval = "10s"
)

// only is a number without labels.
func only(value float64) map[string]float64 { return map[string]float64{"": value} }

// expectTrueNumbers brings the users of usualChanges to a known end, and compares each number of the dashboard that can be known with
// it. Both replicas were killed in the run, so that another process has led since, and the counters began again at 0. After that, the
// numbers must stay the same with the series of a former leader.
func expectTrueNumbers(t *testing.T, env *Environment, result Result) {
	s := env.stageOf(t, "usual")
	end := s.reachEnd(t)
	dashboard := readDashboard(t)
	for _, leaders := range []int{1, 2} {
		if leaders > 1 {
			env.addFormerLeader(t)
		}
		compare := func() error {
			// A leader that is too slow to renew the lease has ended by itself.
			if err := env.startOperator(t.Context()); err != nil {
				return err
			}
			// A scrape that fails at that time has been noted by now.
			at := time.Now().Add(-2 * scrapeInterval)
			numbers := end.numbers(at, result.Begin, leaders)
			expectKnownPanels(t, dashboard, numbers)
			return env.compare(t.Context(), dashboard, numbers, run{begin: result.Begin, at: at, instance: s.clerk.ID()})
		}
		err, began := compare(), time.Now()
		for err != nil && time.Since(began) < numbersLimit && sleep(t.Context(), scrapeInterval) == nil {
			err = compare()
		}
		if err != nil {
			t.Errorf("with the series of %d leaders: %v", leaders, err)
		}
	}
}

// run is when and for which Clerk instance the dashboard is looked at.
type run struct {
	begin, at time.Time
	instance  string
}

// variables replaces what Grafana does.
func (r run) variables() *strings.Replacer {
	return strings.NewReplacer(
		"$__rate_interval", rateInterval, "$__range", model.Duration(r.at.Sub(r.begin).Round(time.Second)).String(),
		"$cluster", ".*", "$job", "(clerk-operator)", "$namespace", ".*", "$clerk_instance", r.instance,
	)
}

// compare returns the numbers that the dashboard does not show.
func (env *Environment) compare(ctx context.Context, dashboard grafana, numbers []number, r run) error {
	var errs []error
	for _, n := range numbers {
		expr := r.variables().Replace(dashboard.query(n.panel, n.query))
		got, err := env.ask(ctx, expr, n, r)
		if err == nil {
			err = n.differ(got)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w: %s", n.panel, err, expr))
		}
	}
	return errors.Join(errs...)
}

// query returns a query of a panel; "" if there is none.
func (g grafana) query(title string, number int) string {
	for _, panel := range g.Panels {
		if panel.Title == title && number < len(panel.Targets) {
			return panel.Targets[number].Expr
		}
	}
	return ""
}

// ask returns what a query shows at the end of a run, or the sum of a rate over the run. Series with the same labels are added up.
func (env *Environment) ask(ctx context.Context, expr string, n number, r run) (map[string]float64, error) {
	got := map[string]float64{}
	add := func(metric model.Metric, value float64) {
		var name []string
		for _, label := range n.labels {
			name = append(name, string(metric[model.LabelName(label)]))
		}
		if key := strings.Join(name, " "); value != 0 {
			got[key] += value
		}
	}
	if n.per == 0 {
		value, _, err := env.prometheus.Query(ctx, expr, r.at)
		if err != nil {
			return nil, err
		}
		for _, sample := range value.(model.Vector) {
			add(sample.Metric, float64(sample.Value))
		}
		return got, nil
	}
	value, _, err := env.prometheus.QueryRange(ctx, expr, prometheusv1.Range{Start: r.begin, End: r.at, Step: scrapeInterval})
	if err != nil {
		return nil, err
	}
	for _, series := range value.(model.Matrix) {
		for _, sample := range series.Values {
			add(series.Metric, float64(sample.Value)*scrapeInterval.Seconds()/n.per)
		}
	}
	return got, nil
}

// differ returns an error if the numbers are others.
func (n number) differ(got map[string]float64) error {
	var wrong []string
	names := maps.Clone(n.want)
	if !n.among {
		maps.Copy(names, got)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		allowed := 2e-3
		if n.per != 0 {
			allowed = toleranceShare*n.want[name] + toleranceRest
		}
		if math.Abs(got[name]-n.want[name]) > allowed {
			wrong = append(wrong, fmt.Sprintf("%q is %v, want %v", name, got[name], n.want[name]))
		}
	}
	if len(wrong) > 0 {
		return errors.New(strings.Join(wrong, ", "))
	}
	return nil
}

// expectKnownPanels wants a number of each panel, or a reason why there is none.
func expectKnownPanels(t *testing.T, dashboard grafana, numbers []number) {
	t.Helper()
	seen := map[string]bool{}
	for _, n := range numbers {
		seen[n.panel] = true
	}
	for _, panel := range dashboard.Panels {
		if len(panel.Targets) > 0 && seen[panel.Title] == (notKnown()[panel.Title] != "") {
			t.Fatalf("the panel %q needs a number, or a reason why its numbers are not known", panel.Title)
		}
		delete(seen, panel.Title)
	}
	if len(seen) > 0 {
		t.Fatalf("there are no panels %v", slices.Collect(maps.Keys(seen)))
	}
}
